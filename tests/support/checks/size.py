"""Functions over 60 lines and files over 600 are listed; over 100 and over 800 they fail."""
from checks.tree import Finding

FUNCTION_LIST, FUNCTION_FAIL = 60, 100
FILE_LIST, FILE_FAIL = 600, 800


def check(tree, options):
    for path in sorted(set(tree.c_files("daemon", "plugins", "tests")) | set(tree.scripts())):
        count = tree.text(path).count("\n")
        if count > FILE_LIST:
            yield Finding(path, 1, f"{count} lines", is_note=count <= FILE_FAIL)
    for path in tree.c_files("daemon", "plugins", "tests"):
        for function in tree.functions(path):
            if function.lines > FUNCTION_LIST:
                yield Finding(path, function.line, f"{function.name}: {function.lines} lines",
                              is_note=function.lines <= FUNCTION_FAIL, subject=function.name)
