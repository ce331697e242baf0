"""What the quickstart runs: each program as user astrad, from the quickstart's folder, with a pid
file and a log. A later run finds them by these files and stops them."""
import os
import pathlib
import signal
import subprocess
import time

USER = "astrad"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
STOP_S = 25  # astrad finishes what is on the wire first


class Trouble(Exception):
    """Something that must not happen; says what, in words for an operator."""


def wait_for(found, seconds, what):
    """The first true answer of `found`; Trouble when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = found()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Trouble(f"waited {seconds:.0f} seconds for this in vain: {what}")
        time.sleep(0.05)


class Processes:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.run_folder = self.folder / "run"
        self._children = {}

    def pid_file(self, name):
        return self.run_folder / f"{name}.pid"

    def log_file(self, name):
        return self.folder / "log" / f"{name}.log"

    def once(self, *words):
        """Runs a program of bin/ to its end as the system user."""
        return subprocess.run([self.folder / "bin" / words[0], *words[1:]], cwd=self.folder,
                              env=ENVIRONMENT, user=USER, group=USER, extra_groups=[],
                              capture_output=True, text=True)

    def start(self, name, *words):
        """Starts a program of bin/ that stays; its path in the process list tells whose it is."""
        with open(self.log_file(name), "ab") as log:
            child = subprocess.Popen(
                [self.folder / "bin" / words[0], *words[1:]], cwd=self.folder, env=ENVIRONMENT,
                user=USER, group=USER, extra_groups=[], umask=0o077, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._children[name] = child
        self.pid_file(name).write_text(f"{child.pid}\n")

    def must_run(self, name):
        """Raises Trouble with the end of its log when it has ended."""
        child = self._children.get(name)
        if child and child.poll() is not None:
            tail = self.log_file(name).read_text(errors="replace")[-1500:]
            raise Trouble(f"{name} ended by itself (exit {child.returncode}):\n{tail}")

    def send_signal(self, name, number):
        self._children[name].send_signal(number)

    def stop_all(self):
        """Stops everything with a pid file here, astrad first; the names of what was running."""
        stopped = []
        names = [path.stem for path in self.run_folder.glob("*.pid")]
        for name in sorted(names, key=lambda n: n != "astrad"):
            pid = int(self.pid_file(name).read_text() or 0)
            if self._is_ours(pid):
                self._stop(name, pid)
                stopped.append(name)
            self.pid_file(name).unlink()
        return stopped

    def _stop(self, name, pid):
        os.kill(pid, signal.SIGTERM)
        try:
            wait_for(lambda: self._has_ended(name, pid), STOP_S, f"{name} to stop")
        except Trouble:
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: self._has_ended(name, pid), STOP_S, f"{name} to be gone")

    def _has_ended(self, name, pid):
        if name in self._children:
            return self._children[name].poll() is not None
        return not self._is_ours(pid)

    def _is_ours(self, pid):
        """A pid may belong to somebody else by now."""
        try:
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return os.fsencode(self.folder / "bin") in words
