"""What the daemon holds does not grow with what it has done: 200,000 reports, 1,000,000 deliveries.

The figures are printed (pytest -s) and left in build/results/soak.json.
"""
import json
import pathlib
import subprocess
import time

import pytest
from harness.places import BUILD, TOP
from harness.town import Town
from harness.wait import wait_for

REPORTS = 200_000
CONNECTIONS = 64
CROWD = 100_000
ALERTS = 10
GROWTH_KIB = 4096  # from the middle to the end; caches are full long before
pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def note(what, **figures):
    """Keeps a run's figures beside its results."""
    path = pathlib.Path(TOP) / "build/results/soak.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**known, what: figures}, indent=1) + "\n")
    print(f"{what}: {figures}")


def judge(what, rss, began, done):
    """`rss` in KiB after each part of the work."""
    middle, last = rss[len(rss) // 2 - 1], rss[-1]
    note(what, done=done, seconds=round(time.monotonic() - began), rss_kib=rss)
    assert last - middle <= GROWTH_KIB, f"RSS grows: {rss}"


def send_reports(port, token, seconds):
    """How many were answered 201."""
    run = subprocess.run([BUILD / "tests/bench/bench_load", str(port), token, str(seconds),
                          str(CONNECTIONS)], check=True, capture_output=True, text=True)
    said = json.loads(run.stdout)
    assert said["refused"] == 0
    return round(said["per_second"] * seconds)


def test_reports(config, astrad):
    config.journal("log")
    config.policy("restricted", rungs=[{"name": "log", "after": "0s", "channels": ["log"]}])
    config.astrad["limits"] = {"connections": 500, "connections_per_address": 200,
                               "connections_per_token": 200}
    astrad.init()
    astrad.start()
    token = astrad.token("operator", astrad.person("ana"))
    began, done, rss = time.monotonic(), 0, []
    while done < REPORTS or len(rss) < 4:
        done += send_reports(config.port, token, 5)
        rss.append(astrad.rss_kib())
    judge("reports", rss, began, done)


class CrowdTown(Town):
    """A town whose only rung is one long list."""

    def __init__(self, config, receiver, astrad):
        super().__init__(config, receiver, astrad)
        self.lines = config.journal("crowd", CROWD, tier="restricted")
        config.policy("restricted", rungs=[{"name": "all", "after": "0s", "channels": ["crowd"]}])


class Lines:
    """How many lines a growing file has."""

    def __init__(self, path):
        self.path, self.at, self.count = path, 0, 0

    def read(self):
        if self.path.exists():
            with open(self.path, "rb") as file:
                file.seek(self.at)
                for block in iter(lambda: file.read(1 << 20), b""):
                    self.at += len(block)
                    self.count += block.count(b"\n")
        return self.count


def test_deliveries(config, receiver, astrad):
    town = CrowdTown(config, receiver, astrad).open()
    lines = Lines(town.lines)
    began, rss = time.monotonic(), []
    for number in range(1, ALERTS + 1):
        town.alert(town.case())
        wait_for(lambda number=number: lines.read() >= CROWD * number, 600,
                 lambda number=number: f"{lines.count} of {CROWD * number}")
        rss.append(astrad.rss_kib())
    judge("deliveries", rss, began, lines.count)
