"""No path of one machine and no registry's address in the tree; every file ends in a newline."""
import re

from checks.tree import Finding

# a path that starts in somebody's own folder; the last part keeps URLs' paths out
MACHINE = re.compile(r"(?<![\w.~$})\]-])/(home|root|work|Users|opt|tmp/(?!\S*XXXXXX))/?\w")
NOT_OURS = {"LICENSE", "tests/support/checks/paths.py"}
REGISTRY = re.compile(r"artifact.?registry|\"resolved\"\s*:", re.IGNORECASE)


def check(tree, options):
    for path in tree.files:
        if path in NOT_OURS or path.startswith("tests/fuzz/corpus/"):
            continue
        text = tree.text(path)
        for number, line in tree.lines(path):
            match = MACHINE.search(line) or REGISTRY.search(line)
            if match:
                yield Finding(path, number, f"names a machine: {match.group(0)}")
        if text and not text.endswith("\n"):
            yield Finding(path, text.count("\n") + 1, "no newline at the end")
