"""Each mutant says law, test and expect. One that no longer applies is a note: the long run, which
breaks each law, fails for it, and whoever changed the code is told here already."""
import subprocess

from checks.tree import Finding

HEADER = ("law", "test", "expect")


def applies(root, path):
    run = subprocess.run(["patch", "-p1", "--dry-run", "--forward", "--silent", "-i", path],
                         cwd=root, capture_output=True)
    return run.returncode == 0


def check(tree, options):
    for path in sorted((tree.root / "tests/mutants").glob("*.patch")):
        name = str(path.relative_to(tree.root))
        header = path.read_text().split("\ndiff ", 1)[0].split("\n")
        said = {key for key, _, value in (line.partition(": ") for line in header) if value}
        for key in HEADER:
            if key not in said:
                yield Finding(name, 1, f"no {key}:")
        if not applies(tree.root, path):
            yield Finding(name, 1, "does not apply any more", is_note=True)
