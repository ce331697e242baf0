"""clang-tidy with .clang-tidy is silent on the files that changed.

Changed: since the merge base with main, or on main itself in the last commits; and whatever is not
committed. A changed header counts as the .c beside it.
"""
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from checks.tree import Finding

LAST_COMMITS = 15
WARNING = re.compile(r"^(.+?):(\d+):\d+: (?:warning|error): (.*)$", re.MULTILINE)


def git(root, *words):
    run = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
    return run.stdout.strip() if run.returncode == 0 else ""


def base_commit(root):
    for main in ("origin/main", "main"):
        base = git(root, "merge-base", "HEAD", main)
        if base and base != git(root, "rev-parse", "HEAD"):
            return base
    return git(root, "rev-parse", f"HEAD~{LAST_COMMITS}") or \
        git(root, "hash-object", "-t", "tree", "/dev/null")


def changed_files(root):
    base = base_commit(root)
    names = git(root, "diff", "--name-only", "--diff-filter=AMR", base).split("\n")
    names += git(root, "ls-files", "--others", "--exclude-standard").split("\n")
    # not the tests: to the analyser cmocka's failing assertions return
    return [re.sub(r"\.h$", ".c", n) for n in names
            if n.endswith((".c", ".h")) and n.startswith(("daemon/", "plugins/"))]


def relative(root, compdb, path):
    """clang-tidy names files relative to the build or to where it runs."""
    for folder in (root, compdb):
        full = os.path.realpath(os.path.join(folder, path))
        if os.path.exists(full):
            return os.path.relpath(full, root)
    return path


def run_tidy(root, compdb, path):
    words = ["clang-tidy", "--quiet", "-p", compdb]
    if path.startswith("daemon/") and path != "daemon/base/error.c":
        words += ["--extra-arg=-include", f"--extra-arg={root}/tests/support/checks/analyser.h"]
    run = subprocess.run([*words, path], cwd=root, capture_output=True, text=True)
    if run.returncode != 0 and not WARNING.search(run.stdout):
        yield Finding(path, 1, f"clang-tidy: {run.stderr.strip()[-300:]}")
    for line in run.stdout.split("\n"):
        match = WARNING.match(line)
        if match:
            yield Finding(relative(root, compdb, match.group(1)), int(match.group(2)),
                          match.group(3))


def check(tree, options):
    compdb = tree.root / options.compdb
    known = {os.path.relpath(os.path.join(row["directory"], row["file"]), tree.root)
             for row in json.loads((compdb / "compile_commands.json").read_text())}
    paths = [p for p in dict.fromkeys(changed_files(tree.root)) if p in known]
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda p: list(run_tidy(tree.root, str(compdb), p)), paths)
        seen = set()
        for finding in (f for found in results for f in found):
            if finding not in seen:
                seen.add(finding)
                yield finding
