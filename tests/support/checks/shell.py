"""Bash and Python files parse."""
import ast
import subprocess

from checks.tree import Finding


def language(path, text):
    first = text.split("\n", 1)[0]
    if path.endswith(".py") or (first.startswith("#!") and "python" in first):
        return "python"
    return "bash" if path.endswith(".sh") or first.startswith("#!") else None


def check_bash(tree, path):
    run = subprocess.run(["bash", "-n", path], cwd=tree.root, capture_output=True, text=True)
    if run.returncode != 0:
        yield Finding(path, 1, run.stderr.strip())


def check_python(tree, path):
    try:
        ast.parse(tree.text(path))
    except SyntaxError as error:
        yield Finding(path, error.lineno or 1, error.msg)


def check(tree, options):
    checks = {"python": check_python, "bash": check_bash, None: lambda tree, path: ()}
    for path in tree.scripts():
        yield from checks[language(path, tree.text(path))](tree, path)
