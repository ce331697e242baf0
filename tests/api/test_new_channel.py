"""plugins/journal/README.md promises a channel in fifteen minutes: what it says is done here."""
import json
import re
import shutil
import subprocess

from harness.places import TOP
from harness.town import Town
from harness.wait import wait_for

README = (TOP / "plugins/journal/README.md").read_text()


def build_siren(folder):
    """A copy of the journal under another name, built outside the tree as the README says."""
    code = (TOP / "plugins/journal/journal.c").read_text()
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


def test_check_tells_what_a_new_channel_lacks(config, receiver, astrad, folder):
    build_siren(folder)
    Town(config, receiver, astrad)
    config.channels["log"].update(plugin="siren", options={"pat": "x.jsonl"})
    config.write()
    said = astrad.check()
    assert said.returncode == 1
    for words in ("pat", "did you mean", "path"):
        assert words in said.stdout + said.stderr
