"""Fixtures for every test of the real binary. The tools behind them: tests/support/harness."""
import pathlib
import shutil
import tempfile

import pytest
from harness import Astrad, Config, DrivenClock, Receiver
from harness.town import Town

LOG_TAIL = 6000
CLOCK_START = "2026-11-23T15:31:07Z"


@pytest.fixture
def folder():
    """A folder with a short path: a Unix socket's name has 107 bytes."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="astrad-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def config(folder):
    return Config(folder)


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


@pytest.fixture
def astrad(config, request):
    """A daemon that is not initialised yet. Stopped, or killed if the test failed, at the end."""
    runner = Astrad(config)
    request.node.astrad = runner
    yield runner
    failed = getattr(request.node, "has_failed", False)
    runner.finish(demand_clean=not failed)


@pytest.fixture
def clock(folder, astrad, receiver):
    """The test moves time: both clocks stand at CLOCK_START. Name it before `town`."""
    assert not astrad.is_running, "the clock is chosen at the start: name `clock` before `town`"
    driven = DrivenClock(folder / "clock")
    driven.hold(CLOCK_START)
    astrad.clock = driven
    receiver.checks_time = False
    yield driven
    driven.close()


@pytest.fixture
def town(config, receiver, astrad):
    """The usual place: two partners, a log, policies, persons with tokens; running."""
    return Town(config, receiver, astrad).open()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of its daemon's log."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        item.has_failed = True
        runner = getattr(item, "astrad", None)
        if runner is not None and runner.log:
            report.sections.append(("astrad's log", runner.log[-LOG_TAIL:]))
