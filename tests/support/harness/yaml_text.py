"""Writes plain data as the YAML an admin would write: block style, strings quoted, order kept."""
import json


def scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, (int, float)):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def block(value, indent):
    """Lines of a non-empty mapping or list."""
    pad = "  " * indent
    pairs = [(f"{pad}{k}:", v) for k, v in value.items()] if isinstance(value, dict) else \
        [(f"{pad}-", v) for v in value]
    for head, item in pairs:
        if isinstance(item, (dict, list)) and item:
            yield head
            yield from block(item, indent + 1)
        elif isinstance(item, (dict, list)):
            yield f"{head} {json.dumps(item)}"
        else:
            yield f"{head} {scalar(item)}"


def dump(value):
    return "\n".join(block(value, 0)) + "\n" if value else "{}\n"
