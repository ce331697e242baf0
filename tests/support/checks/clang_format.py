"""C text is as clang-format 14 (Debian 12's) with .clang-format writes it."""
import re
import subprocess

from checks.tree import Finding

WARNING = re.compile(r"^(.+?):(\d+):\d+: (?:warning|error): (.*?)\s*\[")


def check(tree, options):
    files = tree.c_files("daemon", "plugins", "tests")
    if not files:
        return
    run = subprocess.run(["clang-format", "--dry-run", *files], cwd=tree.root,
                         capture_output=True, text=True)
    seen = set()
    for line in run.stderr.split("\n"):
        match = WARNING.match(line)
        if match and match.group(1) not in seen:
            seen.add(match.group(1))
            yield Finding(match.group(1), int(match.group(2)), f"{match.group(3)}: clang-format -i")
    if run.returncode != 0 and not seen:
        yield Finding(".clang-format", 1, run.stderr.strip()[:300])
