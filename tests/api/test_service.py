"""The service manager's side: the unit file, READY and the watchdog."""
import pathlib
import re
import shutil
import subprocess

from harness.places import BUILD, TOP


def test_the_unit_file_is_valid(tmp_path):
    unit = (TOP / "systemd" / "astrad.service").read_text()
    for name in ("astrad", "astractl"):
        program = next(path for path in pathlib.Path(BUILD).glob(f"daemon/**/{name}")
                       if path.is_file())
        unit = unit.replace(f"/usr/bin/{name}", str(shutil.copy(program, tmp_path / name)))
    copy = tmp_path / "astrad.service"
    copy.write_text(unit)
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True,
                         text=True, timeout=60)
    told = [line for line in run.stderr.splitlines() if "astrad" in line]
    assert told == [] and run.returncode == 0, run.stderr


def test_the_unit_file_keeps_its_promises():
    unit = (TOP / "systemd" / "astrad.service").read_text()
    for line in ("Type=notify", r"WatchdogSec=\d+s", "StateDirectory=astrad", "LimitCORE=0",
                 "LoadCredential=master:.+", r"ExecReload=\+/usr/bin/astractl reload",
                 "NoNewPrivileges=yes", "CapabilityBoundingSet="):
        assert re.search(f"^{line}$", unit, re.MULTILINE), line


def test_the_loop_feeds_the_watchdog(town):
    town.astrad.stop()
    town.astrad.start(env={"WATCHDOG_USEC": "400000"})
    town.astrad.wait_notified("WATCHDOG=1", count=4)
