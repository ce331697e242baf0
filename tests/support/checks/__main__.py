"""Runs checks and writes JUnit: one test case a check. Exit status 1 only when it cannot run."""
import argparse
import importlib
import pathlib
import sys
import time
import traceback
import xml.etree.ElementTree as ElementTree

from checks.tree import Exceptions, Tree

SOURCE = ["include_law", "headers", "clang_format", "size", "columns", "calls", "notes", "paths",
          "unit_tests", "plugins", "shell", "documents", "mutants"]
BUILT = ["hooks", "clang_tidy"]
EXCEPTIONS = "tests/support/checks/exceptions.txt"


def run_check(name, tree, options):
    """(failures, notes) of one check, exceptions applied."""
    module = importlib.import_module(f"checks.{name}")
    exceptions = Exceptions(tree.root / EXCEPTIONS)
    found = [f for f in module.check(tree, options) if not exceptions.covers(name, f)]
    found += exceptions.leftovers(name, EXCEPTIONS)
    return [f for f in found if not f.is_note], [f for f in found if f.is_note]


def junit(cases):
    suite = ElementTree.Element("testsuite", name="checks", tests=str(len(cases)))
    for name, seconds, failures in cases:
        case = ElementTree.SubElement(suite, "testcase", classname="checks", name=name,
                                      time=f"{seconds:.2f}")
        if failures:
            failure = ElementTree.SubElement(case, "failure", message=f"{len(failures)} findings")
            failure.text = "\n".join(failures)
    return ElementTree.ElementTree(suite)


def arguments():
    parser = argparse.ArgumentParser(prog="checks", description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path.cwd())
    parser.add_argument("--junit", type=pathlib.Path)
    parser.add_argument("--pattern", default="")
    parser.add_argument("--release", default="build/release", help="build without hooks")
    parser.add_argument("--hooks", default="build/hooks", help="build with hooks")
    parser.add_argument("--compdb", default="build/asan", help="clang's compile_commands.json")
    parser.add_argument("what", nargs="*", default=["source"], help="source, built, or names")
    return parser.parse_args()


def main():
    options = arguments()
    tree = Tree(options.root)
    names = [n for what in options.what
             for n in {"source": SOURCE, "built": BUILT}.get(what, [what]) if options.pattern in n]
    cases = []
    for name in names:
        began = time.monotonic()
        try:
            failures, notes = run_check(name, tree, options)
        except Exception:
            failures, notes = [traceback.format_exc()], []
        for finding in notes + failures:
            print(f"   {name}: {finding}")
        cases.append((name, time.monotonic() - began, [str(f) for f in failures]))
    if options.junit:
        junit(cases).write(options.junit)
        return 0
    return 1 if any(failures for _, _, failures in cases) else 0


if __name__ == "__main__":
    sys.exit(main())
