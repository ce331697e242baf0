"""What receivers saw: an append-only list that tests wait on. It is the judge of every delivery."""
import collections
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
        self._changes = 0
        self._requests = []
        self._by_endpoint = collections.defaultdict(list)

    def open(self, **fields):
        with self._changed:
            request = Request(number=len(self._requests), **fields)
            self._requests.append(request)
            self._by_endpoint[request.endpoint].append(request)
            self._note_change()
            return request

    def note(self, request, **fields):
        with self._changed:
            for name, value in fields.items():
                setattr(request, name, value)
            self._note_change()

    def _note_change(self):
        self._changes += 1
        self._changed.notify_all()

    def requests(self, endpoint=None):
        with self._changed:
            return list(self._requests if endpoint is None else self._by_endpoint[endpoint])

    def wait(self, predicate, timeout=10.0, what="the ledger"):
        """Waits until predicate() is true; it is asked again when the ledger changed, but spends at
        most a part of the time, however many requests arrive."""
        deadline = time.monotonic() + timeout
        while True:
            seen, began = self._changes, time.monotonic()
            if predicate():
                return
            spent = time.monotonic() - began
            if time.monotonic() >= deadline:
                raise AssertionError(f"not within {timeout} s: {what}; last requests:\n"
                                     f"{self.tail()}")
            with self._changed:
                self._changed.wait(3 * spent)
                self._changed.wait_for(lambda: self._changes != seen,
                                       max(deadline - time.monotonic(), 0))

    def tail(self, count=12):
        return "\n".join(f"  {r.endpoint} {r.message_id} {r.answer} {r.error}"
                         for r in self.requests()[-count:])
