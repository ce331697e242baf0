"""What the two documents of the code name is there: paths in back quotes, links, the code map.

A path is looked for from the top, beside the document, and below daemon/. Only words that look like
one count: a slash or a file's ending, no blank. The map of README.md names every room and no other.
"""
import fnmatch
import pathlib
import re

from checks.include_law import LEVELS
from checks.tree import Finding

QUOTED = re.compile(r"`([^`\s]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)\)")
PATH = re.compile(r"[\w.*-]+(/[\w.*-]+)*(\.(c|h|py|md|sql|yaml|txt)|\.\[ch\]|/)$|"
                  r"(config|daemon|plugins|systemd|tests)/[\w./*-]+$")
MAPPED = re.compile(r"^    (daemon/\w+|plugins|config|tests|systemd)  ")
CODE_MAP = "README.md"
DOCUMENTS = (CODE_MAP, "daemon/README.md")  # others name files that a reader would make


def is_there(tree, folder, path):
    name = path.replace(".[ch]", ".?").rstrip("/")
    for base in ("", folder, "daemon"):
        wanted = str(pathlib.PurePosixPath(base, name)) if base else name
        if (tree.root / wanted).exists() or fnmatch.filter(tree.files, wanted) or \
                ("/" not in name and fnmatch.filter(tree.files, f"{base}*/{name}")):
            return True
    return False


def check_paths(tree, document):
    folder = str(pathlib.PurePosixPath(document).parent)
    folder = "" if folder == "." else folder
    for number, line in tree.lines(document):
        named = [word for word in QUOTED.findall(line) if PATH.fullmatch(word)]
        named += [link for link in LINK.findall(line) if "://" not in link]
        for word in named:
            if not is_there(tree, folder, word):
                yield Finding(document, number, f"{word} is not there")


def check_map(tree):
    if CODE_MAP not in tree.files:
        return
    mapped = {match.group(1): number for number, line in tree.lines(CODE_MAP)
              if (match := MAPPED.match(line))}
    for path, number in mapped.items():
        if not any(name.startswith(f"{path}/") for name in tree.files):
            yield Finding(CODE_MAP, number, f"{path} is not there")
    for room in sorted(LEVELS):
        path = f"daemon/{room}"
        if path not in mapped and any(name.startswith(f"{path}/") for name in tree.files):
            yield Finding(CODE_MAP, 1, f"the code map lacks {path}")


def check(tree, options):
    yield from check_map(tree)
    for document in DOCUMENTS:
        if document in tree.files:
            yield from check_paths(tree, document)
