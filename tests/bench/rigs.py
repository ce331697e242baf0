"""What is measured: the daemon on a tree of its own, the bare baselines, the sink.

Each has close(); those that stand for one figure have round(), which makes one short round and
returns its figures.
"""
import http.client
import json
import os
import pathlib
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench"
TICK_S = os.sysconf("SC_CLK_TCK")
SETTLE_S = 120


def program(name):
    return BUILD / "tests" / "bench" / f"bench_{name}"


def run_json(*words):
    done = subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def cpu_s(pid):
    """Processor time of a process so far, all threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK_S


def memory_mib(pid, row="VmHWM:"):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(row):
            return int(line.split()[1]) / 1024
    return 0.0


class Server:
    """A program that prints its port."""

    def __init__(self, name, *words):
        self.process = subprocess.Popen([program(name), *words], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def close(self):
        self.process.kill()
        self.process.wait()


class Intake:
    """Reports a second into a server that runs already."""

    def __init__(self, pid, port, token, seconds, connections):
        self.pid, self.words = pid, (program("load"), port, token, seconds, connections)

    def round(self):
        before = cpu_s(self.pid)
        result = run_json(*self.words)
        reports = max(1, result["per_second"] * int(self.words[3]))
        return {**result, "cpu_us": (cpu_s(self.pid) - before) * 1e6 / reports}


class Sink(Server):
    def __init__(self):
        super().__init__("sink")

    def ask(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path)
        counted = json.loads(connection.getresponse().read())
        connection.close()
        return counted

    def wait(self, count):
        end = time.monotonic() + SETTLE_S
        while (counted := self.ask("/count"))["count"] < count:
            if time.monotonic() > end:
                raise SystemExit(f"{counted['count']} of {count} deliveries came")
            time.sleep(0.02)
        return counted


class BareFanout:
    """The same number of deliveries by bench_bare_outbox."""

    def __init__(self, folder, sink, deliveries, slots):
        self.words = (program("bare_outbox"), pathlib.Path(folder) / "bare.db",
                      f"http://127.0.0.1:{sink.port}/", deliveries, slots)
        self.deliveries = deliveries

    def round(self):
        return {"per_second": self.deliveries / run_json(*self.words)["seconds"]}


class Daemon:
    """The daemon in a town of `partners`, all of whose webhooks are one sink, or with a crowd of
    recipients of a journal."""

    def __init__(self, folder, sink=None, partners=0, crowd=0):
        from harness.astrad import Astrad
        from harness.config import Config
        from harness.people import People
        config = Config(folder)
        names = [f"partner-{i:04d}" for i in range(partners)]
        for name in names:
            config.webhook_partner(name, f"http://127.0.0.1:{sink.port}/", areas=["RS"])
        config.journal("log")
        if crowd:
            self.lines = config.journal("crowd", crowd, tier="restricted")
            names.append("crowd")
        config.policy("restricted", rungs=[{"name": "all", "after": "0s",
                                            "channels": names or ["log"]}])
        config.astrad["limits"] = {"connections": 2000, "connections_per_address": 1500,
                                   "connections_per_token": 1500}
        self.config, self.astrad = config, Astrad(config)
        self.astrad.init()
        self.astrad.start()
        self.people = People(self.astrad)
        self.approver = self.people.approver  # made now, for threads ask it
        self.pid, self.port = self.astrad.process.pid, config.port

    def town(self):
        """What of harness.town.Town drives alerts, on this daemon."""
        from harness.town import Town
        town = Town.__new__(Town)
        town.config, town.astrad, town.people = self.config, self.astrad, self.people
        return town

    def submitted(self, count):
        """Alerts that only wait for their approval: the words of the request."""
        town = self.town()
        alerts = [town.draft(town.case())["id"] for _ in range(count)]
        return [(alert, town.submit(alert)) for alert in alerts]

    def approve(self, alert, said):
        """Asks a second person's approval; returns when it was answered."""
        self.approver.post(f"/v1/alerts/{alert}/approve", said).expect(200)

    def close(self):
        self.astrad.finish(demand_clean=False)


class Fanout:
    """Alerts to all partners, approved at once by several clients; from the first request at the
    sink to the last, so approving all but the first is inside."""

    def __init__(self, daemon, sink, partners, alerts):
        self.daemon, self.sink = daemon, sink
        self.partners, self.alerts = partners, alerts

    def round(self):
        wanted = self.partners * self.alerts
        ready = self.daemon.submitted(self.alerts)
        self.sink.ask("/reset")
        before = cpu_s(self.daemon.pid)
        threads = [threading.Thread(target=self.daemon.approve, args=one) for one in ready]
        for thread in threads:
            thread.start()
        counted = self.sink.wait(wanted)
        for thread in threads:
            thread.join()
        seconds = (counted["last_ns"] - counted["first_ns"]) / 1e9
        return {"per_second": (counted["count"] - 1) / seconds,
                "cpu_us": (cpu_s(self.daemon.pid) - before) * 1e6 / wanted}


class Crowd:
    """One alert to everybody on a long list, whose channel writes a line each."""

    def __init__(self, daemon, recipients):
        self.daemon, self.recipients, self.seen = daemon, recipients, 0

    def count(self):
        lines = self.daemon.lines
        if not lines.exists():
            return 0
        with open(lines, "rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))

    def round(self):
        ready = self.daemon.submitted(1)
        began, before = time.monotonic(), cpu_s(self.daemon.pid)
        self.daemon.approve(*ready[0])
        answered = time.monotonic()
        self.seen += self.recipients
        while self.count() < self.seen:
            if time.monotonic() > began + SETTLE_S:
                raise SystemExit("the journal does not end")
            time.sleep(0.1)
        return {"per_second": self.recipients / (time.monotonic() - answered),
                "approve_ms": (answered - began) * 1e3,
                "cpu_us": (cpu_s(self.daemon.pid) - before) * 1e6 / self.recipients}
