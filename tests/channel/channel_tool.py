"""Runs channel_tool: one webhook channel against whatever server a test stands up."""
import json
import queue
import subprocess
import threading

from harness.places import BUILD

ANSWER_S = 30
BODY = '{"type":"test.alert.issued","timestamp":"2026-11-23T16:31:07+01:00","data":{}}'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class ChannelTool:
    """Options and limits as keywords; a list is several. A context manager: leaving it ends the
    input and demands that the tool ends well."""

    def __init__(self, env=None, ranges="127.0.0.0/8", **words):
        words = {"secrets": SECRET, "allow_http": "true", "connect": 2000, "timeout": 3000} | words
        pairs = [f"plugins={BUILD / 'plugins'}", "plugin=webhook", f"ranges={ranges}"]
        for name, value in words.items():
            values = value if isinstance(value, list) else [value]
            pairs += [f"{name}={v}" for v in values]
        self.process = subprocess.Popen(
            [BUILD / "tests" / "channel" / "channel_tool", *pairs], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env=env)
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._sent = 0

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.process.kill()
        self.process.stdin.close()
        self.process.wait(ANSWER_S)
        self._reader.join(ANSWER_S)
        assert kind is not None or self.process.returncode == 0

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self):
        """The next line the tool wrote."""
        line = self._lines.get(timeout=ANSWER_S)
        assert line is not None, "the tool ended"
        return line

    def start(self, body=BODY):
        """Starts an attempt; its id."""
        self._sent += 1
        self.tell(f"send msg-{self._sent} {body}")
        return f"msg-{self._sent}"

    def send(self, body=BODY):
        """One attempt to its end."""
        self.start(body)
        return self.answer()

    def state(self):
        """Only while nothing else can answer."""
        self.tell("state")
        return self.answer()
