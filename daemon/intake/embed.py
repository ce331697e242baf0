#!/usr/bin/python3
"""embed.py OUTPUT INPUT HEADER NAME: a file as the C constants NAME and NAME_len of HEADER."""
import sys

PER_LINE = 24

output, source, header, name = sys.argv[1:]
with open(source, "rb") as file:
    data = file.read()
with open(output, "w", encoding="utf-8") as file:
    file.write(f"/* made from {source.rsplit('/', 1)[-1]} */\n#include \"{header}\"\n\n")
    # numbers, for a literal of this length is more than C asks of a compiler; the file is ASCII
    file.write(f"const char {name}[] = {{\n")
    for at in range(0, len(data), PER_LINE):
        file.write("\t" + ", ".join(map(str, data[at:at + PER_LINE])) + ",\n")
    file.write(f"}};\nconst size_t {name}_len = sizeof({name});\n")
