"""What receivers saw: an append-only list that tests wait on. It is the judge of every delivery."""
import json
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Request:
    """One HTTP request as it arrived. `answer` is what went back: "200", "reset", "hang" ..."""
    number: int
    endpoint: str
    method: str
    path: str
    headers: dict  # lower-case names
    connection: int
    at: float = field(default_factory=time.monotonic)
    body: bytes = b""
    is_complete: bool = False  # the whole body was read
    error: str = ""  # why it was not believed; "" is verified, or the endpoint has no keys
    answer: str = ""
    answered_at: float = 0.0

    @property
    def message_id(self):
        return self.headers.get("webhook-id", "")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def is_delivered(self):
        """Believed, and told so by a complete 2xx."""
        return self.is_complete and not self.error and self.answer[:1] == "2"


class Ledger:
    def __init__(self):
        self._changed = threading.Condition()
        self._requests = []

    def open(self, **fields):
        with self._changed:
            request = Request(number=len(self._requests), **fields)
            self._requests.append(request)
            self._changed.notify_all()
            return request

    def note(self, request, **fields):
        with self._changed:
            for name, value in fields.items():
                setattr(request, name, value)
            self._changed.notify_all()

    def requests(self, endpoint=None):
        with self._changed:
            return [r for r in self._requests if endpoint is None or r.endpoint == endpoint]

    def wait(self, predicate, timeout=10.0, what="the ledger"):
        """Waits until predicate() is true; looked at again whenever the ledger changed."""
        with self._changed:
            if not self._changed.wait_for(predicate, timeout):
                tail = "\n".join(f"  {r.endpoint} {r.message_id} {r.answer} {r.error}"
                                 for r in self._requests[-12:])
                raise AssertionError(f"not within {timeout} s: {what}; last requests:\n{tail}")
