"""astrad --check with the real plugins. What each finding says is kept by compare.py."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("ASTRAD_BUILD", HERE.parents[1] / "build" / "release"))
MASTER = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
DUTY = "whsec_dGVzdCBrZXksIG5vdCBhIHNlY3JldCBvZiBhbnlvbmU="


@pytest.fixture
def tree(tmp_path):
    """The files of the contract's examples, with the plugins of this build."""
    made = tmp_path / "etc"
    shutil.copytree(HERE / "base", made)
    for path in (made / "secrets").iterdir():
        path.chmod(0o600)
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "master").write_text(MASTER + "\n")
    with (made / "astrad.yaml").open("a") as out:
        out.write(f"paths: {{plugins: {BUILD / 'plugins'}}}\n")
    return made


def change(tree, file, old, new):
    text = (tree / file).read_text()
    assert text.count(old) == 1
    (tree / file).write_text(text.replace(old, new))


def check(tree, *words):
    env = {**os.environ, "CREDENTIALS_DIRECTORY": str(tree.parent / "credentials"),
           "ASTRAD_TEST_DUTY": DUTY}
    return subprocess.run([BUILD / "daemon" / "astrad", "--check", *words, "--config",
                           tree / "astrad.yaml"], env=env, capture_output=True, text=True,
                          timeout=60)


def test_the_examples_pass(tree):
    done = check(tree)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == \
        "0 errors, 0 warnings (11 files, 4 channels, 2 policies)"


def test_all_faults_of_all_files(tree):
    change(tree, "astrad.yaml", "Europe/Belgrade", "Europe/Belgrad")
    change(tree, "channels.d/mup-ns.yaml", "allow_http", "alow_http")
    change(tree, "policies.d/wide.yaml", "channels: [mup-ns]", "channels: [mup-n]")
    done = check(tree)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert any(line.startswith("astrad.yaml:4:11: error E102 timezone") for line in lines)
    assert 'channels.d/mup-ns.yaml:13:3: error E101 unknown key "alow_http" ' \
        '(did you mean "allow_http"?)' in lines
    assert 'policies.d/wide.yaml:7:48: error E104 rung "police" names unknown channel "mup-n" ' \
        '(did you mean "mup-ns"?)' in lines
    assert lines[-1].startswith("3 errors, 0 warnings")


def test_json(tree):
    change(tree, "channels.d/duty.yaml", "plugin: webhook", "plugin: fax")
    done = check(tree, "--format", "json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert (told["ok"], told["errors"], told["channels"]) == (False, 1, 4)
    [error] = [issue for issue in told["issues"] if issue["severity"] == "error"]
    assert (error["file"], error["line"], error["code"]) == ("channels.d/duty.yaml", 2, "E109")


def test_plugins_check_their_options(tree):
    """A key that is none is found before anything is signed with it, and is not repeated."""
    (tree / "secrets" / "mup-ns.new").write_text("not a key\n")
    done = check(tree)
    assert done.returncode == 1
    assert "channels.d/mup-ns.yaml:11:3: error E110 webhook refuses its options" in done.stdout
    assert "not a key" not in done.stdout


def test_nothing_is_written(tree):
    before = sorted(str(path) for path in tree.rglob("*"))
    check(tree)
    assert sorted(str(path) for path in tree.rglob("*")) == before
