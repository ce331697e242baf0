#!/usr/bin/python3
"""embed.py OUTPUT INPUT HEADER NAME: a text file as the C constants NAME and NAME_len of HEADER."""
import sys

output, source, header, name = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    lines = file.read().splitlines(keepends=True)
with open(output, "w", encoding="utf-8") as file:
    file.write(f"/* made from {source.rsplit('/', 1)[-1]} */\n#include \"{header}\"\n\n")
    file.write(f"const char {name}[] =\n")
    for line in lines:
        text = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        file.write(f'\t"{text}"\n')
    file.write(f"\t;\nconst size_t {name}_len = sizeof({name}) - 1;\n")
