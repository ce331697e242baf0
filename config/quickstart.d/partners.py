"""The partners at the other end: one receiver each, whose own ledger says what it got."""
import json
import re
import signal

from processes import Trouble, wait_for


class Partner:
    def __init__(self, processes, name, title, is_down=False):
        self.name, self.title = name, title
        self._processes = processes
        self._folder = processes.folder / "partners" / name
        self._is_down = is_down
        self.url = None

    def start(self):
        self._processes.start(
            self.name, "receiver.py", "--port", "0", "--secret-file", self._folder / "secret",
            "--ledger", self._folder / "ledger.jsonl", *(["--down"] if self._is_down else []))
        self.url = wait_for(self._listening, 15, f"{self.title} to listen")

    def _listening(self):
        self._processes.must_run(self.name)
        said = self._processes.log_file(self.name).read_text()
        found = re.search(r"^listening on (\S+)$", said, re.MULTILINE)
        return found and found.group(1)

    @property
    def port(self):
        return int(self.url.rstrip("/").rsplit(":", 1)[1])

    def mend(self):
        self._processes.send_signal(self.name, signal.SIGUSR1)
        log = self._processes.log_file(self.name)
        wait_for(lambda: log.read_text().endswith("up\n"), 10, f"{self.title} to work again")

    @property
    def ledger(self):
        """Every entry so far; a line that is just being written is left for next time."""
        try:
            lines = (self._folder / "ledger.jsonl").read_text().split("\n")[:-1]
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines]

    def messages(self, kind):
        """The verified, kept messages of a kind: alert.issued, alert.ended."""
        return [entry["body"] for entry in self.ledger
                if entry["result"] == "kept" and entry["type"].endswith("." + kind)]

    def wait_message(self, kind, seconds):
        try:
            return wait_for(lambda: self.messages(kind), seconds,
                            f"{kind} at {self.title} ({self.name})")[0]
        except Trouble:
            self._processes.must_run("astrad")
            raise

    def wait_failed(self, kind, count, seconds):
        """Waits for so many attempts that the partner could not take."""
        def failed():
            tries = [entry for entry in self.ledger
                     if entry["result"] == "failed" and entry["type"].endswith("." + kind)]
            return tries if len(tries) >= count else None
        return wait_for(failed, seconds, f"{count} attempts to reach {self.title}")
