"""A disk that is really full or read-only (a small tmpfs): told, and nothing acknowledged is lost.

What the reserve is for is tested in tests/unit/store/test_reserve.c; here the kernel says ENOSPC.
"""
import subprocess

import pytest
from harness.places import BUILD

TOOL = BUILD / "tests" / "crash" / "store_tool"
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]

SCRIPT = """
set -e
mount -t tmpfs -o size=26m none "$1"
status=0
"$2" write "$1" 0 >"$3/said" 2>"$3/told" || status=$?
echo "$status" >"$3/status"
"$2" verify "$1" <"$3/said"
"""


def has_namespaces():
    tried = subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.mark.skipif(not has_namespaces(), reason="no user namespaces here")
def test_full_disk_is_told_and_loses_nothing(folder):
    disk, notes = folder / "disk", folder / "notes"
    disk.mkdir()
    notes.mkdir()
    command = [*NAMESPACE, "sh", "-c", SCRIPT, "sh", disk, TOOL, notes]
    judged = subprocess.run(command, capture_output=True, check=False)
    assert judged.returncode == 0, judged.stderr.decode()
    assert (notes / "status").read_text().strip() == "2"  # it ended by itself, with a reason
    told = (notes / "told").read_text()
    # whoever meets the end first says so: the database, or the key file that makes keys ahead
    assert "the disk is full" in told or "key file: write: No space left on device" in told, told
    assert len((notes / "said").read_text().splitlines()) > 100


READ_ONLY = """
set -e
mount -t tmpfs -o size=26m none "$1"
"$2" write "$1" 0 | head -n 50 >"$3/said" || true
mount -o remount,ro "$1"
status=0
"$2" write "$1" 20000 >"$3/more" 2>"$3/told" || status=$?
echo "$status" >"$3/status"
mount -o remount,rw "$1"
"$2" verify "$1" <"$3/said"
"""


@pytest.mark.skipif(not has_namespaces(), reason="no user namespaces here")
def test_read_only_disk_is_told_and_left_alone(folder):
    disk, notes = folder / "disk", folder / "notes"
    disk.mkdir()
    notes.mkdir()
    command = [*NAMESPACE, "sh", "-c", READ_ONLY, "sh", disk, TOOL, notes]
    judged = subprocess.run(command, capture_output=True, check=False)
    assert judged.returncode == 0, judged.stderr.decode()
    assert (notes / "status").read_text().strip() == "2"
    assert "Read-only file system" in (notes / "told").read_text()
    assert (notes / "more").read_text() == ""
