"""The driven clock's client against a socket that answers as the daemon does."""
import socket
import threading

import pytest
from harness.clock import ClockError, DrivenClock, to_ms

ANSWER = "ok utc_ms=1790000000000 boot_ms=5000 flowing={} synchronised=1 next_due_boot_ms={}"


class Daemon:
    """Answers each command with the next of `answers`."""

    def __init__(self, path, answers):
        self.heard = []
        self._answers = answers
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        for answer in self._answers:
            command, asker = self._socket.recvfrom(4096)
            self.heard.append(command.decode())
            self._socket.sendto(answer.encode(), asker)

    def close(self):
        self._thread.join()
        self._socket.close()


@pytest.fixture
def driven(tmp_path):
    """Makes a clock whose daemon gives these answers."""
    made = []

    def make(*answers):
        path = tmp_path / "clock"
        made.append(Daemon(path, answers))
        made.append(DrivenClock(path))
        return made[1], made[0]

    yield make
    for each in made:
        each.close()


def test_commands(driven):
    clock, daemon = driven(*[ANSWER.format(0, 7500)] * 5)
    clock.advance(hours=1, minutes=30)
    clock.suspend(seconds=1.5)
    clock.set_utc("2026-11-23T16:31:07+01:00")
    assert clock.advance_to_next()
    assert clock.told["next_due_boot_ms"] == 7500
    assert daemon.heard == ["advance 5400000", "suspend 1500", "utc 1795447867000", "get",
                            "advance 2500"]


def test_no_deadline_and_refusal(driven):
    clock, _ = driven(ANSWER.format(1, "none"), "error 'boot' is for the start only")
    assert not clock.advance_to_next()
    with pytest.raises(ClockError, match="start only"):
        clock.ask("boot", 5)


def test_start_and_restart(driven):
    clock, daemon = driven(ANSWER.format(1, "none"), ANSWER.format(0, "none"))
    assert clock.env() == {"ASTRAD_CLOCK": clock.path}
    clock.hold(utc=1790000000000)
    assert clock.env()["ASTRAD_CLOCK"] == \
        f"{clock.path};hold;boot 1000000000;utc 1790000000000"
    clock.read()
    utc, boot, synchronised = clock.env()["ASTRAD_CLOCK"].split(";")[1:]
    assert 1790000000000 <= int(utc.removeprefix("utc ")) < 1790000060000
    assert int(utc.removeprefix("utc ")) - 1790000000000 == int(boot.removeprefix("boot ")) - 5000
    assert synchronised == "synchronised 1"
    clock.hold()
    assert clock.env()["ASTRAD_CLOCK"] == \
        f"{clock.path};hold;utc 1790000000000;boot 5000;synchronised 1"
    assert daemon.heard == ["get", "hold"]


def test_times():
    assert to_ms("1970-01-01T00:00:01Z") == 1000
    assert to_ms(5) == 5
    with pytest.raises(AssertionError):
        to_ms("2026-11-23T15:31:07")
