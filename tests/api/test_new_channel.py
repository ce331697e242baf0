"""plugins/journal/README.md promises a channel in fifteen minutes: what it says is done here."""
import json
import re
import shutil
import subprocess

from harness.places import TOP
from harness.town import Town
from harness.wait import wait_for

README = (TOP / "plugins/journal/README.md").read_text()


def build_siren(folder, change=("", "")):
    """A copy of the journal under another name, built outside the tree as the README says."""
    code = (TOP / "plugins/journal/journal.c").read_text().replace(*change)
    (folder / "siren.c").write_text(code.replace('.name = "journal"', '.name = "siren"'))
    (folder / "plugins").mkdir(exist_ok=True)
    shutil.copy(TOP / "plugins/astrad_channel.h", folder / "plugins")
    command = re.search(r"`(cc [^`]*siren\.so)`", README).group(1)
    subprocess.run(command.split(), cwd=folder, check=True)
    (folder / "siren.so").rename(folder / "plugins/siren.so")


def test_a_channel_of_ones_own(config, receiver, astrad, folder):
    build_siren(folder)
    town = Town(config, receiver, astrad)
    config.channels["log"]["plugin"] = "siren"
    town.open()
    alert = town.draft(town.case())["id"]
    town.submit(alert)
    wait_for(lambda: town.journal.exists() and town.journal.read_text().endswith("\n"),
             what="the new channel's line")
    assert json.loads(town.journal.read_text().splitlines()[0])["recipient"] == "shift-lead"


def test_check_asks_a_channel_that_judges_when_it_is_made(config, receiver, astrad, folder):
    """What create() alone refuses is found by the check, not when the daemon starts at night."""
    build_siren(folder, ("struct journal *journal = calloc",
                         'if (strstr(values[OPTION_PATH].text, "quiet") != NULL) '
                         '{ snprintf(why, why_size, "no such siren"); return NULL; }\n'
                         "\tstruct journal *journal = calloc"))
    Town(config, receiver, astrad)
    config.channels["log"].update(plugin="siren", options={"path": "loud.jsonl"})
    astrad.init()
    said = astrad.check()
    assert (said.returncode, said.stderr) == (0, ""), said.stdout
    config.channels["log"].update(options={"path": "quiet.jsonl"})
    config.write()
    said = astrad.check()
    assert said.returncode == 1
    assert "channels.d/log.yaml:1:7: error E313 no such siren" in said.stdout


def test_check_tells_what_a_new_channel_lacks(config, receiver, astrad, folder):
    build_siren(folder)
    Town(config, receiver, astrad)
    config.channels["log"].update(plugin="siren", options={"pat": "x.jsonl"})
    config.write()
    said = astrad.check()
    assert said.returncode == 1
    for words in ("pat", "did you mean", "path"):
        assert words in said.stdout + said.stderr
