"""Every file of the daemon has its unit test: daemon/ROOM/x.c, tests/unit/ROOM/test_x.c.

A file that implements another one's header (the first of its own room that it includes) may be
tested in that header's test. A test of several files names the others in its head comment:
"Covers writer.c, reader.c and queue.c." A file that only hands on (a route to an action, an action
to a request of the store) may be tested in the running daemon: a test in tests/api then says in its
docstring "Covers intake/cases.c and casework/cases.c."
"""
import pathlib
import re

from checks.tree import Finding

COVERS = re.compile(r"\bCovers((?:[\s*,]|and\b|(?:\w+/)?\w+\.c\b)+)")


def unit_test(path, stem):
    parts = pathlib.PurePath(path).parts
    return "/".join(["tests/unit", *parts[1:-1], f"test_{stem}.c"])


def header_stem(tree, path):
    """Stem of the first header of its own room that a file includes."""
    room = pathlib.PurePath(path).parts[1]
    match = re.search(rf'#include "{room}/(\w+)\.h"', tree.text(path))
    return match.group(1) if match else None


def covered(tree):
    """{daemon file} that some test of its room says to cover."""
    found = set()
    for path in tree.matching("tests/unit/*/test_*.c"):
        room = pathlib.PurePath(path).parts[2]
        head = tree.text(path).partition("*/")[0]
        for names in COVERS.findall(head):
            found |= {f"daemon/{room}/{name}" for name in re.findall(r"\w+\.c", names)}
    for path in tree.matching("tests/api/test_*.py"):
        docstring = tree.text(path).split('"""')[1:2]
        for names in COVERS.findall("".join(docstring)):
            found |= {f"daemon/{name}" for name in re.findall(r"\w+/\w+\.c", names)}
    return found


def check(tree, options):
    by_word = covered(tree)
    for path in tree.matching("daemon/*/*.c", "daemon/*/*/*.c"):
        stems = [pathlib.PurePath(path).stem, header_stem(tree, path)]
        if path not in by_word and not any(unit_test(path, s) in tree.files for s in stems):
            yield Finding(path, 1, f"has no {unit_test(path, stems[0])}")
    for path in tree.matching("tests/unit/*/test_*.c"):
        build = str(pathlib.PurePath(path).parent / "meson.build")
        stem = pathlib.PurePath(path).stem.removeprefix("test_")
        # a list of names in the build file is fine, with or without the prefix
        if build not in tree.files or stem not in tree.text(build):
            yield Finding(path, 1, f"is not built by {build}")
