"""Runs the daemon: init, start until it says READY=1, stop, kill -9, restart, and astractl."""
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import tempfile
import time

from harness.client import Client
from harness.openapi import documented
from harness.places import program
from harness.wait import wait_for

START_S = 90.0  # with a list of 100,000 on a machine that has other things to do
STOP_S = 30.0
CUT = "stop takes too long"


class AstradError(Exception):
    """The daemon did what a test did not ask for; holds the end of its log."""


class NotifySocket:
    """The service manager's side of sd_notify."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="notify-")
        self.path = os.path.join(self._folder.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.told = []  # every line, in order

    def drain(self):
        while select.select([self.socket], [], [], 0)[0]:
            self.told += self.socket.recv(4096).decode().split("\n")

    def close(self):
        self.socket.close()
        self._folder.cleanup()


class Astrad:
    """One daemon on one Config. `env` goes into its environment: hooks, credentials. `clock`: a
    DrivenClock (test-hooks build); each start goes on from where it stands. `wrapper`: words before
    the program's name (valgrind).

    Usable as a context manager: leaving it stops the daemon and demands a clean exit, unless the
    test itself killed it.
    """

    def __init__(self, config, env=None, clock=None):
        self.config, self.clock = config, clock
        self.env = dict(env or {})
        self.wrapper = []
        self.process = None
        self.log_path = config.folder / "astrad.log"
        self._notify = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.finish(demand_clean=kind is None)

    # --- once

    def run(self, *words, env=None):
        """astrad WORDS --config FILE, to its end."""
        return subprocess.run([program("astrad"), *words, "--config", self.config.path],
                              env=self._environment(env), capture_output=True, text=True,
                              timeout=60)

    def check(self, *words):
        return self.run("--check", *words)

    def init(self):
        """Writes the files, makes master key, key file and store."""
        self.config.write()
        made = self.run("--init")
        if made.returncode != 0:
            raise AstradError(f"--init: exit {made.returncode}\n{made.stdout}{made.stderr}")
        return made

    # --- running

    def start(self, env=None, wait=True):
        assert self.process is None, "it runs already"
        self._notify = NotifySocket()
        more = {"NOTIFY_SOCKET": self._notify.path, **(self.clock.env() if self.clock else {}),
                **(env or {})}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, program("astrad"), "--config", self.config.path],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.config.folder,
                env=self._environment(more))
        if wait:
            self._wait_ready()
        return self

    def _wait_ready(self):
        try:
            self.wait_notified("READY=1", START_S)
        except AstradError:
            self.kill()  # half started is not started
            raise

    def wait_notified(self, line, timeout=10.0, count=1):
        """Waits until the daemon told the service manager this line, that often."""
        deadline = time.monotonic() + timeout
        exited = os.pidfd_open(self.process.pid)
        try:
            while self._count_notified(line) < count:
                left = deadline - time.monotonic()
                ready = select.select([self._notify.socket, exited], [], [], max(left, 0))[0]
                if exited in ready and self._count_notified(line) < count:
                    raise self._error(f"exit {self.process.wait()} before {line}")
                if not ready:
                    raise self._error(f"no {line} within {timeout} s")
        finally:
            os.close(exited)

    def _count_notified(self, line):
        self._notify.drain()
        return self._notify.told.count(line)

    @property
    def told(self):
        """Every line the service manager heard, also of a daemon that is gone."""
        return list(self._notify.told)

    @property
    def notified(self):
        self._notify.drain()
        return list(self._notify.told)

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait_exit(self, timeout=STOP_S):
        """Its exit status, negative for a signal."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self._forget()
            raise self._error(f"still running after {timeout} s") from None
        self._forget()
        return status

    def _forget(self):
        self.process = None
        self._notify.drain()
        self._notify.close()

    def stop(self, timeout=STOP_S):
        """A graceful stop; anything but exit 0 is an error, and so is one that had to be cut."""
        before = self.log.count(CUT)
        self.process.terminate()
        status = self.wait_exit(timeout)
        if status != 0:
            raise self._error(f"exit {status} after SIGTERM")
        if self.log.count(CUT) > before:
            raise self._error("something under way did not end by itself")

    def kill(self):
        """kill -9, waited for."""
        self.process.kill()
        return self.wait_exit()

    def wait_killed(self, timeout=START_S):
        """A hook kills it (ASTRAD_HOOK="name:count")."""
        status = self.wait_exit(timeout)
        if status != -signal.SIGKILL:
            raise self._error(f"exit {status} instead of a hook's SIGKILL")

    def wait_stopped(self, timeout=START_S):
        """A hook holds it (ASTRAD_HOOK="name:count:stop"); send_signal(SIGCONT) goes on."""
        def stopped():
            return os.waitid(os.P_PID, self.process.pid,
                             os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
        wait_for(stopped, timeout, lambda: f"stopped by its hook; log:\n{self.log[-2000:]}")

    def finish(self, demand_clean=True):
        if self.process is None:
            return
        if demand_clean:
            self.stop()
        else:
            self.kill()

    def restart(self, env=None):
        self.stop()
        return self.start(env)

    def kill_and_start(self, env=None):
        self.kill()
        return self.start(env)

    def reload(self):
        """SIGHUP, and waits until the daemon said that it is ready again."""
        seen = self._count_notified("READY=1")
        self.send_signal(signal.SIGHUP)
        self.wait_notified("READY=1", count=seen + 1)

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def rss_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    # --- what it says

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_log(self, pattern, timeout=10.0):
        return wait_for(lambda: re.search(pattern, self.log), timeout,
                        lambda: f"log line {pattern!r} in:\n{self.log[-2000:]}")

    def _error(self, text):
        return AstradError(f"{text}\n--- log:\n{self.log[-4000:]}")

    # --- talking to it

    def client(self, token=None):
        return Client(port=self.config.port, token=token).judged(documented())

    def control(self, token=None):
        """The Unix socket: without a token its peer is root, an admin."""
        return Client(unix=self.config.socket, token=token).judged(documented())

    def ctl(self, *words, token_file=None, check=True):
        """astractl over the control socket."""
        before = ["--socket", str(self.config.socket)]
        if token_file:
            before += ["--token-file", str(token_file)]
        run = subprocess.run([program("astractl"), *before, *map(str, words)],
                             env=self._environment(), capture_output=True, text=True, timeout=60)
        if check and run.returncode != 0:
            raise AstradError(f"astractl {' '.join(map(str, words))}: exit {run.returncode}\n"
                              f"{run.stdout}{run.stderr}")
        return run

    def person(self, person, name=None):
        asked = {"id": person, "name": name or person}
        self.control().post("/v1/persons", asked).expect(201)
        return person

    def token(self, role=None, person=None, partner=None):
        """A new token's text, made by root over the control socket: a person's with a role, or a
        partner's."""
        if partner:
            asked = {"name": f"{partner}-partner", "partner": partner}
        else:
            asked = {"name": f"{person}-{role}", "person": person, "role": role}
        return self.control().post("/v1/tokens", asked).expect(201).json["token"]

    def _environment(self, more=None):
        kept = {k: v for k, v in os.environ.items()
                if k in ("PATH", "HOME", "LANG", "TZ", "LC_ALL") or k.endswith("SAN_OPTIONS")}
        return {**kept, **self.env, **(more or {})}
