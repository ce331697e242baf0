"""No notes to nobody: do it now, or open an issue and cite it."""
import re

from checks.tree import Finding

NOTE = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def check(tree, options):
    for path in tree.files:
        for number, line in tree.lines(path):
            match = NOTE.search(line)
            if match:
                yield Finding(path, number, f"{match.group(1)}: do it now or open an issue")
