"""Where the project and the build under test are. ASTRAD_BUILD names another build."""
import os
import pathlib

TOP = pathlib.Path(os.environ.get("ASTRAD_TOP") or pathlib.Path(__file__).resolve().parents[3])
BUILD = pathlib.Path(os.environ.get("ASTRAD_BUILD") or TOP / "build" / "hooks").resolve()


def program(name):
    """The built program of this name."""
    for path in (BUILD / "daemon" / name, BUILD / "daemon" / name / name, BUILD / name):
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(f"{name} is not built in {BUILD}")


def plugin_files():
    """Every built channel plugin."""
    return sorted(p for p in (BUILD / "plugins").rglob("*.so") if p.is_file())
