"""The release build holds no test hook; the test-hooks build does, or this check sees nothing."""
from checks.tree import Finding

MARKS = [b"hook_pass", b"ASTRAD_HOOK", b"ASTRAD_CLOCK"]
MAGICS = (b"\x7fELF", b"!<arch>", b"!<thin>")


def binaries(folder):
    """What the daemon, its client and the plugins are made of; not the tests."""
    for part in ("daemon", "plugins"):
        for path in sorted((folder / part).rglob("*")):
            if path.is_file() and path.suffix != ".o" and not path.is_symlink():
                data = path.read_bytes()
                if data.startswith(MAGICS):
                    yield path, data


def thin_safe(folder):
    """Thin archives name their objects only, so the objects are read as well."""
    for part in ("daemon", "plugins"):
        for path in sorted((folder / part).rglob("*.o")):
            yield path, path.read_bytes()


def check(tree, options):
    release, hooks = tree.root / options.release, tree.root / options.hooks
    found = 0
    for path, data in [*binaries(release), *thin_safe(release)]:
        found += 1
        for mark in MARKS:
            if mark in data:
                yield Finding(str(path.relative_to(tree.root)), 1, f"holds {mark.decode()}")
    if not found:
        yield Finding(options.release, 1, "is not built")
    with_hooks = b"".join(data for _, data in [*binaries(hooks), *thin_safe(hooks)])
    if b"hook_pass" not in with_hooks:
        yield Finding(options.hooks, 1, "holds no hook: this check would see nothing")
