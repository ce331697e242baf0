"""The commands that README.md and the quickstart tell people to type exist, words and all."""
import pathlib
import re
import runpy
import shlex
import subprocess

import pytest
from harness.places import TOP, program

WORDS = {"CASE": "26-0146-S", "ALERT": "26-0147-T", "DIGEST": "sha256:00", "{case}": "26-0146-S"}
NO_DAEMON = 3  # astractl's exit status: the words were right
FILES = ("report.json", "draft.json", "tokens/vera-operator", "tokens/marko-approver")


def told():
    """Every line of the two that is a command."""
    quickstart = TOP / "config" / "quickstart.d"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(quickstart))
        said = runpy.run_path(str(quickstart / "main.py"))["GO_ON"]
    text = (TOP / "README.md").read_text() + said
    # a command, and after two blanks what it is for
    return [re.split(r"\s{2,}", line.strip())[0] for line in text.split("\n")
            if re.match(r"    \S", line)]


def client_commands():
    return [c for c in told() if re.match(r"(bin/)?astractl .", c)]


def test_there_are_commands():
    assert len(client_commands()) > 8


@pytest.mark.parametrize("command", client_commands())
def test_astractl_knows_the_words(command, folder):
    for name in FILES:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}\n")
    for word, example in WORDS.items():
        command = command.replace(word, example)
    words = shlex.split(command)[1:]
    ran = subprocess.run([program("astractl"), *words], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == NO_DAEMON, ran.stderr


@pytest.mark.parametrize("command", [c for c in told() if re.match(r"(config|tests)/\w+$", c)])
def test_scripts_are_there(command):
    path = pathlib.Path(TOP / command)
    assert path.is_file() and path.stat().st_mode & 0o111


@pytest.mark.parametrize("flag", sorted(set(re.findall(r"--[a-z]+", " ".join(
    c for c in told() if re.match(r"(build/daemon/)?astrad ", c))))))
def test_astrad_knows_the_flag(flag):
    usage = subprocess.run([program("astrad"), "--nonsense"], capture_output=True, text=True)
    assert flag in usage.stdout + usage.stderr


def test_the_check_of_the_towns_files_tells_what_the_readme_says():
    town = TOP / "config" / "quickstart.d" / "town" / "astrad.yaml"
    ran = subprocess.run([program("astrad"), "--check", "--config", town], capture_output=True,
                         text=True)
    assert ran.returncode == 1
    assert "astrad.yaml:" in ran.stdout and "error E" in ran.stdout
