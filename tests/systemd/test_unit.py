"""The files of systemd/: understood by systemd, tight, and about the programs that exist."""
import re
import shutil
import subprocess

import pytest
from harness.places import TOP, program

UNIT = TOP / "systemd" / "astrad.service"
EXPOSURE_MAX = 20  # tenths of what `systemd-analyze security` counts

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")


@pytest.fixture
def unit(folder):
    """The unit with the built programs in the place of the installed ones."""
    text = UNIT.read_text()
    for name in ("astrad", "astractl"):
        text = re.sub(rf"/usr/bin/{name}\b", str(program(name)), text)
    path = folder / "astrad.service"
    path.write_text(text)
    return path


def analyze(*words):
    run = subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True,
                         timeout=60)
    return run.returncode, run.stdout + run.stderr


def settings():
    """{Name: [values]} of the unit."""
    found = {}
    for line in UNIT.read_text().splitlines():
        name, mark, value = line.partition("=")
        if mark and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_systemd_understands_it(unit):
    status, told = analyze("verify", unit)
    assert (status, told) == (0, "")


def test_a_mistake_would_be_found(unit):
    unit.write_text(unit.read_text().replace("NoNewPrivileges=yes", "NoNewPrivilege=yes"))
    assert "NoNewPrivilege" in analyze("verify", unit)[1]


def test_least_privilege(unit):
    status, told = analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX}", unit)
    assert status == 0, told


@pytest.mark.parametrize("name, value", [
    ("Type", "notify"), ("Restart", "on-failure"), ("WatchdogSec", "30s"), ("LimitCORE", "0"),
    ("ExecReload", "+/usr/bin/astractl reload"), ("StateDirectory", "astrad"),
    ("RuntimeDirectory", "astrad"), ("User", "astrad"), ("CapabilityBoundingSet", ""),
    ("LoadCredential", "master:/etc/astrad/secrets/master"), ("NoNewPrivileges", "yes"),
    ("ProtectSystem", "strict"), ("UMask", "0077"),
])
def test_what_the_daemon_relies_on(name, value):
    assert settings()[name] == [value]


def test_the_synchronised_clock_can_be_read():
    """Without adjtimex no purge is ever done."""
    assert "ProtectClock" not in settings()
    allowed = settings()["SystemCallFilter"]
    assert "adjtimex" in allowed[-1] and not allowed[-1].startswith("~")


def test_the_stop_is_waited_for():
    """Longer than the daemon's own limit of 20 s."""
    assert settings()["TimeoutStopSec"] == ["30s"]


@pytest.mark.skipif(not shutil.which("systemd-sysusers"), reason="needs systemd")
def test_user_and_folders(folder):
    """On an empty system: the user, then the folders of the configuration."""
    (folder / "etc").mkdir()
    for words in (["systemd-sysusers"], ["systemd-tmpfiles", "--create"]):
        file = TOP / "systemd" / f"{words[0].removeprefix('systemd-')}.conf"
        made = subprocess.run([*words, f"--root={folder}", file], capture_output=True, text=True,
                              timeout=60)
        assert made.returncode == 0, made.stderr
    assert "astrad:" in (folder / "etc/passwd").read_text()
    assert (folder / "etc/astrad/channels.d").is_dir()
    assert (folder / "etc/astrad/secrets").stat().st_mode & 0o777 == 0o710
