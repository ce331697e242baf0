"""Waiting for something to become true. The only place in the tests that looks again and again."""
import time

PAUSE_S = 0.005
PAUSE_MAX_S = 0.1


def wait_for(predicate, timeout=10.0, what=None):
    """The first true value of predicate(). After `timeout` seconds: AssertionError naming `what`,
    which may be a function that tells how things stand."""
    deadline = time.monotonic() + timeout
    pause = PAUSE_S
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            told = what() if callable(what) else what or getattr(predicate, "__doc__", None)
            raise AssertionError(f"not within {timeout} s: {told or predicate}")
        time.sleep(pause)
        pause = min(pause * 1.5, PAUSE_MAX_S)
