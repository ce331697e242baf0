#!/usr/bin/env python3
"""Prints the reference into config/README.md anew: update_readme.py CHECK_TOOL."""
import pathlib
import re
import subprocess
import sys

README = pathlib.Path(__file__).resolve().parents[2] / "config" / "README.md"
PART = re.compile(r"(<!-- reference: [^\n]*-->\n).*?(<!-- end of reference -->\n)", re.DOTALL)


def main():
    reference = subprocess.run([sys.argv[1], "--reference"], check=True, capture_output=True,
                               text=True).stdout
    text = README.read_text()
    new = PART.sub(lambda found: found.group(1) + reference + found.group(2), text)
    if PART.search(text) is None:
        sys.exit("update_readme.py: config/README.md has no part for the reference")
    README.write_text(new)


if __name__ == "__main__":
    main()
