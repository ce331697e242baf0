#!/usr/bin/env python3
"""Prints the generated parts of config/README.md anew: update_readme.py BUILD."""
import pathlib
import re
import subprocess
import sys

README = pathlib.Path(__file__).resolve().parents[2] / "config" / "README.md"
PARTS = {  # name of the part -> what prints it, in the build folder
    "reference": ["tests/bad_config/check_tool", "--reference"],
    "plugins": ["tests/unit/plugins/test_plugins_reference", "--print"],
}


def part_of(name):
    return re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end of {name} -->\n)", re.DOTALL)


def main():
    text = README.read_text()
    for name, (program, option) in PARTS.items():
        said = subprocess.run([pathlib.Path(sys.argv[1]) / program, option], check=True,
                              capture_output=True, text=True).stdout
        text, count = part_of(name).subn(
            lambda found, said=said: found.group(1) + said + found.group(2), text)
        if count != 1:
            sys.exit(f"update_readme.py: config/README.md has no part for the {name}")
    README.write_text(text)


if __name__ == "__main__":
    main()
