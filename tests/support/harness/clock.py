"""Drives the clock of a daemon (test-hooks build): the test's side of daemon/base/clock_driven.h.

    clock = DrivenClock(folder / "clock")
    clock.hold(utc="2026-11-23T15:31:07Z")   # before the start; leave out for a clock that flows
    with Astrad(config, env=clock.env()) as astrad:
        astrad.start()
        clock.advance(minutes=15)            # returns when what became due has run
"""
import datetime
import os
import socket
import time

ANSWER_S = 30.0
FIRST_BOOT_MS = 1_000_000_000  # room for deadlines before the start


class ClockError(Exception):
    """The daemon refused a command."""


def to_ms(when):
    """Milliseconds of an RFC 3339 text, an aware datetime or a number of milliseconds."""
    if isinstance(when, str):
        when = datetime.datetime.fromisoformat(when.replace("Z", "+00:00"))
    if isinstance(when, datetime.datetime):
        assert when.tzinfo is not None, "a time without offset"
        return round(when.timestamp() * 1000)
    return when


class DrivenClock:
    """Remembers the time it read last, so that a daemon started again goes on from there."""

    def __init__(self, path):
        self.path = os.fspath(path)
        self._start = []  # commands for a first start
        self.told = {}
        self._told_at = 0.0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("")  # the kernel gives a name to answer to
        self._socket.settimeout(ANSWER_S)

    def close(self):
        self._socket.close()

    def env(self):
        """For the daemon's environment, at the first start and after a crash."""
        words = self._continuation() if self.told else self._start
        return {"ASTRAD_CLOCK": ";".join([self.path, *words])}

    def hold(self, utc=None, boot_ms=FIRST_BOOT_MS):
        """Both clocks stand: from the start when it is not running yet, else from now."""
        if self.told:
            return self.ask("hold")
        self._start = ["hold", f"boot {boot_ms}"]
        if utc is not None:
            self._start.append(f"utc {to_ms(utc)}")
        return None

    def flow(self):
        return self.ask("flow")

    def advance(self, **span):
        """As datetime.timedelta: advance(hours=1, minutes=30). Both clocks."""
        return self.ask("advance", span_ms(span))

    def suspend(self, **span):
        """The machine slept that long."""
        return self.ask("suspend", span_ms(span))

    def advance_to_next(self):
        """To the earliest deadline of the loop; False when there is none."""
        due = self.ask("get")["next_due_boot_ms"]
        if due is None:
            return False
        self.ask("advance", max(due - self.told["boot_ms"], 0))
        return True

    def set_utc(self, when):
        """As if an administrator set the wall clock; deadlines on the boot clock stay."""
        return self.ask("utc", to_ms(when))

    def set_synchronised(self, yes):
        return self.ask("synchronised", int(yes))

    def read(self):
        """{utc_ms, boot_ms, flowing, synchronised, next_due_boot_ms}"""
        return self.ask("get")

    def ask(self, *words):
        self._socket.sendto(" ".join(map(str, words)).encode(), self.path)
        verdict, _, rest = self._socket.recv(4096).decode().partition(" ")
        if verdict != "ok":
            raise ClockError(rest)
        pairs = (word.split("=") for word in rest.split())
        self.told = {key: None if value == "none" else int(value) for key, value in pairs}
        self._told_at = time.monotonic()
        return self.told

    def _continuation(self):
        """Where the clock stands now, whoever is there to ask."""
        gone_ms = round((time.monotonic() - self._told_at) * 1000) if self.told["flowing"] else 0
        words = [f"utc {self.told['utc_ms'] + gone_ms}", f"boot {self.told['boot_ms'] + gone_ms}",
                 f"synchronised {self.told['synchronised']}"]
        return words if self.told["flowing"] else ["hold", *words]


def span_ms(span):
    return round(datetime.timedelta(**span).total_seconds() * 1000)
