"""A plugin folder is complete: code, meson.build, README.md and a test."""
from checks.tree import Finding


def check(tree, options):
    folders = sorted({p.split("/")[1] for p in tree.files if p.startswith("plugins/")
                      and p.count("/") > 1})
    for folder in folders:
        where = f"plugins/{folder}"
        for name in ("meson.build", "README.md"):
            if f"{where}/{name}" not in tree.files:
                yield Finding(where, 1, f"has no {name}")
        tests = tree.matching(f"{where}/test_*", f"{where}/*/test_*",
                              f"tests/unit/plugins/test_{folder}*.c")
        if not tests:
            yield Finding(where, 1, f"has no test (test_*.c or test_*.py beside it)")
