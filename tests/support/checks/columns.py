"""No line of code is wider than 100 columns, a tab being eight."""
from checks.tree import Finding

WIDTH = 100


def check(tree, options):
    for path in sorted(set(tree.c_files("daemon", "plugins", "tests")) | set(tree.scripts())):
        for number, line in tree.lines(path):
            width = len(line.expandtabs(8))
            if width > WIDTH:
                yield Finding(path, number, f"{width} columns")
