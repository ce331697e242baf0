"""The quickstart's folder: programs, configuration, secrets, and what the partners have."""
import base64
import os
import pathlib
import shutil
import socket
import subprocess

from processes import USER, Trouble

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
PROGRAMS = ("build/daemon/astrad", "build/daemon/astractl/astractl",
            "plugins/webhook/example/receiver.py")
PLUGINS = ("build/plugins/webhook.so", "build/plugins/journal.so")
FOLDERS = ("bin", "plugins", "data", "key-copy", "secrets", "log", "run", "tokens", "partners")
PARTNERS = ("mup-ns", "bolnica-ns", "granica-ho", "aerodrom-bg")
SOCKET_PATH_BYTES = 107  # the kernel's limit
PORT = 8116


def make(folder):
    """A new folder in place of an old one. Only user astrad and root may look into it."""
    if len(os.fsencode(folder / "control.sock")) > SOCKET_PATH_BYTES:
        raise Trouble(f"the path {folder} is too long for a Unix socket: put the clone elsewhere")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for name in FOLDERS:
        (folder / name).mkdir(mode=0o700)
    for name in PROGRAMS:
        install(TOP / name, folder / "bin", 0o755)
    for name in PLUGINS:
        install(TOP / name, folder / "plugins", 0o644)
    for partner in PARTNERS:
        (folder / "partners" / partner).mkdir()
        secret = "whsec_" + base64.b64encode(os.urandom(32)).decode() + "\n"
        write(folder / "secrets" / partner, secret)
        write(folder / "partners" / partner / "secret", secret)  # what they were given
    hand_over(folder)


def install(source, target, mode):
    shutil.copy(source, target)
    (target / source.name).chmod(mode)


def write(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def hand_over(folder):
    for where, _, files in os.walk(folder):
        for name in (".", *files):
            shutil.chown(os.path.join(where, name), USER, USER)


def configure(folder, ports):
    """Copies town/, its <words> replaced by `ports`."""
    for source in sorted((HERE / "town").rglob("*")):
        target = folder / source.relative_to(HERE / "town")
        if source.is_dir():
            target.mkdir(mode=0o700)
            continue
        text = source.read_text()
        for name, port in ports.items():
            text = text.replace(f"<{name}>", str(port))
        write(target, text)
    hand_over(folder)


def free_port():
    """8116, or another one where that is taken."""
    for port in (PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return probe.getsockname()[1]
            except OSError:
                continue
    raise Trouble("there is no free port on 127.0.0.1")


# --- the way to the folder ---

def as_user(*words):
    return subprocess.run(words, user=USER, group=USER, extra_groups=[], cwd="/",
                          capture_output=True).returncode == 0


def open_way(folder):
    """Lets the user through closed folders above (a clone in a home); the list of them. They stay
    closed to everybody else, and the user can pass, not look."""
    opened = []
    for above in reversed(folder.parents):
        if as_user("test", "-x", above):
            continue
        if subprocess.run(["setfacl", "-m", f"u:{USER}:x", above], capture_output=True).returncode:
            raise Trouble(f"user {USER} cannot pass through {above}, and it could not be allowed "
                          f"to (setfacl failed). Put the clone elsewhere, for instance in /srv.")
        opened.append(above)
    if opened:
        write(folder / "run" / "opened", "".join(f"{path}\n" for path in opened))
    return opened


def close_way(folder):
    """Takes back what open_way gave."""
    note = folder / "run" / "opened"
    if not note.exists():
        return
    for path in note.read_text().splitlines():
        # without the mask, too, unless somebody else has an entry of his own
        if subprocess.run(["setfacl", "-n", "-x", f"u:{USER},m", path],
                          capture_output=True).returncode:
            subprocess.run(["setfacl", "-x", f"u:{USER}", path], capture_output=True)
    note.unlink()
