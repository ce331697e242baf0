#!/usr/bin/env python3
"""Runs the corpus of bad configurations: compare.py TOOL [--update] [NAME...]. See README.md."""
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MASTER = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OWN_FILES = {"expected", "how"}
# of a bound that would need thousands of files
UNSEEN_CODES = {"E107", "E313", "E901"}  # the last two come only from a running daemon


def read_how(case):
    """The lines of `how` as (word, value)."""
    path = case / "how"
    lines = path.read_text().splitlines() if path.exists() else []
    return [tuple(line.split(" ", 1)) for line in lines if line.strip()]


def lay_over(case, tree):
    for path in sorted(case.rglob("*")):
        if path.is_file() and path.relative_to(case).as_posix() not in OWN_FILES:
            target = tree / path.relative_to(case)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def close_secrets(tree):
    """Version control keeps no modes: a secret is private unless its case says otherwise."""
    for path in (tree / "secrets").iterdir():
        path.chmod(0o600)


def apply_how(how, tree, env):
    """Does what `how` says; gives the tool's arguments and, for a reload, the live channels."""
    arguments, live = [], None
    for word, value in how:
        if word == "arguments":
            arguments = value.split()
        elif word == "remove":
            target = tree / value
            shutil.rmtree(target) if target.is_dir() else target.unlink()
        elif word == "chmod":
            mode, name = value.split()
            (tree / name).chmod(int(mode, 8))
        elif word == "env" and "=" in value:
            env.update([value.split("=", 1)])
        elif word == "env":
            env.pop(value, None)
        elif word == "diff":
            live = value.split()
        else:
            raise SystemExit(f"compare.py: unknown word in how: {word}")
    return arguments, live


def run_case(tool, case, folder):
    tree, credentials = folder / "tree", folder / "credentials"
    shutil.copytree(HERE / "base", tree)
    credentials.mkdir()
    (credentials / "master").write_text(MASTER + "\n")
    lay_over(case, tree)
    close_secrets(tree)
    env = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    env.update(CREDENTIALS_DIRECTORY=str(credentials), ASTRAD_TEST_DUTY="whsec_AAAA")
    arguments, live = apply_how(read_how(case), tree, env)
    files = ["tree/astrad.yaml"]
    if live is not None:
        shutil.copytree(HERE / "base", folder / "base")
        close_secrets(folder / "base")
        arguments, files = ["--diff"], ["base", "tree", *live]
    done = subprocess.run([tool, *arguments, *files], cwd=folder, env=env, capture_output=True,
                          text=True, timeout=60)
    return done.stdout.replace(str(folder), "FOLDER"), done.returncode, done.stderr


def judge(case, text, status, errors):
    """What is wrong with the output of a case, as lines; empty when all is well."""
    path = case / "expected"
    expected = path.read_text() if path.exists() else ""
    wrong = list(difflib.unified_diff(expected.splitlines(), text.splitlines(), "expected",
                                      "printed", lineterm=""))
    has_error = ": error " in text or '"ok":false' in text
    if status != int(has_error):
        wrong.append(f"exit status {status}")
    if errors:
        wrong.append(f"on stderr: {errors}")
    if case.name.startswith("good_") == has_error:
        wrong.append("a good case has an error, or a bad one none")
    return wrong


def unmet_codes(tool, printed):
    """Codes of the reference that no case has."""
    reference = subprocess.run([tool, "--reference"], capture_output=True, text=True).stdout
    known = set(re.findall(r"^\| ([EWN]\d{3}) \|", reference, re.MULTILINE))
    met = set(re.findall(r"\b(?:error|warning|note) ([EWN]\d{3})\b", printed))
    return sorted(known - met - UNSEEN_CODES) + sorted(met - known)


def main():
    tool, *names = sys.argv[1:]
    tool = str(pathlib.Path(tool).resolve())
    update = "--update" in names
    names = [name for name in names if name != "--update"]
    cases = sorted(case for case in (HERE / "cases").iterdir() if not names or case.name in names)
    failed, printed = 0, ""
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="astrad-config-") as folder:
            text, status, errors = run_case(tool, case, pathlib.Path(folder))
        if update:
            (case / "expected").write_text(text)
        printed += text
        wrong = judge(case, text, status, errors)
        if wrong:
            failed += 1
            print("\n".join([f"--- {case.name}", *wrong]))
    if not names and unmet_codes(tool, printed):
        failed += 1
        print("no case for, or not in the reference:", *unmet_codes(tool, printed))
    print(f"{len(cases)} cases, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
