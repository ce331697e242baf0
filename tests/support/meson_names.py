"""Reads `meson introspect --tests` and prints the names of the tests to run, one a line.

    meson_names.py [--built] PATTERN [PREFIX...]

PATTERN must be in the name (it may be empty), and one of the prefixes before it, if there are any.
--built leaves out programs that are not there: meson would run nothing at all because of one.
"""
import json
import os
import sys


def main(words):
    only_built = words[:1] == ["--built"]
    pattern, *prefixes = words[1:] if only_built else words
    for test in json.load(sys.stdin):
        name = test["name"]
        wanted = not prefixes or any(name.startswith(prefix + " ") for prefix in prefixes)
        is_there = os.path.exists(test["cmd"][0]) or not only_built
        if wanted and pattern in name and is_there:
            print(name)


main(sys.argv[1:])
