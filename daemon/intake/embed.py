#!/usr/bin/python3
"""embed.py OUTPUT INPUT NAME: a text file as a C string constant."""
import sys

output, source, name = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    lines = file.read().splitlines(keepends=True)
with open(output, "w", encoding="utf-8") as file:
    file.write(f"/* made from {source.rsplit('/', 1)[-1]} */\nstatic const char {name}[] =\n")
    for line in lines:
        text = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        file.write(f'\t"{text}"\n')
    file.write("\t;\n")
