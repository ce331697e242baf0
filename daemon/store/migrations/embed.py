#!/usr/bin/env python3
"""Writes migrations.c from the numbered SQL files: embed.py OUTPUT 000_core.sql 001.sql ...

The numbers must run 0, 1, 2 ... without a gap; a database says in user_version how many it has.
"""
import pathlib
import re
import sys


def main(output, sources):
    parts, table = [], []
    for expected, source in enumerate(sorted(sources, key=lambda path: pathlib.Path(path).name)):
        path = pathlib.Path(source)
        number = re.match(r"(\d{3})", path.name)
        if number is None or int(number[1]) != expected:
            sys.exit(f"{path.name}: expected migration {expected:03}")
        data = path.read_bytes()
        octets = ",".join(str(byte) for byte in data) + ",0"
        parts.append(f"static const char sql_{expected}[] = {{{octets}}};\n")
        table.append(f'\t{{"{path.name}", sql_{expected}}},\n')
    pathlib.Path(output).write_text(
        '#include "store/migrate.h"\n\n'
        + "".join(parts)
        + "\nconst struct migration migrations[] = {\n"
        + "".join(table)
        + "};\n"
        + f"const size_t migration_count = {len(table)};\n"
    )


main(sys.argv[1], sys.argv[2:])
