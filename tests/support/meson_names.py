"""Reads `meson introspect --tests` and prints "name" of the tests to run, one a line.

Arguments: a pattern the name must contain (may be empty), then prefixes of which it must have one.
"""
import json
import sys


def main(pattern, prefixes):
    for test in json.load(sys.stdin):
        name = test["name"]
        wanted = not prefixes or any(name.startswith(prefix + " ") for prefix in prefixes)
        if wanted and pattern in name:
            print(name)


main(sys.argv[1], sys.argv[2:])
