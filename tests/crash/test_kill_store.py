"""kill -9 of the store: what was acknowledged is there, purged keys are gone, the audit verifies.

The tool (store_tool.c) prints each acknowledgement; this kills it after a random number of lines,
twenty times on one database, and at every named point of a commit and a key file write.
"""
import os
import random
import sqlite3
import subprocess

import pytest
from harness.places import BUILD

TOOL = BUILD / "tests" / "crash" / "store_tool"
STRIDE = 20000  # cases of one run, LAST in store_tool.c

HOOKS = ["store.before_commit", "store.after_commit", "store.before_checkpoint",
         "store.after_checkpoint", "store.file.write", "store.file.sync"]


def run_and_kill(folder, first, lines_before_kill, hook=None):
    """Lines the tool printed in whole until it died; the kill comes from here or from the hook."""
    env = dict(os.environ)
    if hook:
        env["ASTRAD_HOOK"] = hook
    said = []
    command = [TOOL, "write", folder, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as tool:
        for line in tool.stdout:
            said.append(line)
            if len(said) >= lines_before_kill:
                tool.kill()
                said += tool.stdout.readlines()
                break
        status = tool.wait()
    assert status == -9, f"the tool ended by itself: {status}"
    return [line for line in said if line.endswith(b"\n")]


def judge(folder, said):
    return subprocess.run([TOOL, "verify", folder], input=b"".join(said), capture_output=True,
                          check=False)


def verify(folder, said):
    judged = judge(folder, said)
    assert judged.returncode == 0, judged.stderr.decode()


def test_twenty_kills_on_one_database(folder):
    dice = random.Random(20)
    said = []
    for turn in range(20):
        said += run_and_kill(folder, turn * STRIDE, dice.randint(1, 1500))
        verify(folder, said)
    assert sum(line.startswith(b"case") for line in said) > 1000
    assert sum(line.startswith(b"purged") for line in said) > 10


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_killed_at_a_named_point(folder, hook, count):
    """In a build without hooks the kill comes after some lines; the judgement is the same."""
    first = run_and_kill(folder, 0, 200)
    said = first + run_and_kill(folder, STRIDE, 3000, f"{hook}:{count}")
    verify(folder, said)


def test_verify_can_fail(folder):
    said = run_and_kill(folder, 0, 50)
    lie = judge(folder, said + [b"case 19999\n"])
    assert lie.returncode == 1
    assert b"19999" in lie.stderr


def run(*words, hook=None):
    env = dict(os.environ, **({"ASTRAD_HOOK": hook} if hook else {}))
    return subprocess.run([TOOL, *words], env=env, capture_output=True, check=False)


def test_killed_before_a_backup_has_its_name(folder):
    """A file with the backup's name is whole; what a death left is replaced."""
    said = run_and_kill(folder, 0, 300)
    backup = folder / "backup.db"
    part = folder / "backup.db.part"
    assert run("backup", folder, backup, hook="store.before_backup_rename:1").returncode == -9
    assert part.exists() and not backup.exists()
    done = run("backup", folder, backup)
    assert done.returncode == 0, done.stderr.decode()
    assert backup.exists() and not part.exists()
    for path in folder.glob("astrad.db*"):
        path.unlink()
    backup.rename(folder / "astrad.db")
    verify(folder, said)


def database(folder, *statements):
    connection = sqlite3.connect(folder / "astrad.db")
    try:
        with connection:
            for statement in statements:
                connection.execute(statement)
        return connection.execute("PRAGMA user_version").fetchone()[0]
    finally:
        connection.close()


def test_killed_in_a_migration(folder):
    """The schema stays at a whole number: the next start goes on from there."""
    # --init dies before its second migration: what it leaves is nobody's database
    assert run("write", folder, "0", hook="store.before_migration:2").returncode == -9
    assert database(folder) == 1
    refused = run("write", folder, "0")
    assert refused.returncode == 2 and b"not astrad's database" in refused.stderr
    # the same file as an older astrad would have left it
    file_id = (folder / "cases.key").read_bytes()[4096 + 24:4096 + 40].hex()
    database(folder, "PRAGMA application_id = 0x41535452",
             "INSERT INTO meta (name, value) VALUES ('environment', 'training'),"
             f" ('key_file', '{file_id}')")
    for _ in range(2):
        assert run("write", folder, "0", hook="store.before_migration:1").returncode == -9
        assert database(folder) == 1
    said = run_and_kill(folder, 0, 100)
    assert database(folder) > 1
    verify(folder, said)
