"""The process runner against a stand-in daemon: a script that speaks the same to its manager."""
import os
import signal

import pytest
from harness import Astrad, AstradError, Config, astrad

STAND_IN = """#!/usr/bin/python3
import os, signal, socket, sys
if "--init" in sys.argv:
    sys.exit(int(os.environ.get("INIT_STATUS", "0")))
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
tell = lambda line: manager.sendto(line, os.environ["NOTIFY_SOCKET"])
print("started with", os.environ.get("ASTRAD_HOOK"), flush=True)
if os.environ.get("FAIL"):
    sys.exit(3)
signal.signal(signal.SIGHUP, lambda *_: (tell(b"RELOADING=1"), tell(b"READY=1")))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(int(os.environ.get("STOP_STATUS", "0"))))
tell(b"READY=1\\nSTATUS=fine")
while True:
    signal.pause()
"""


@pytest.fixture
def runner(tmp_path, monkeypatch):
    script = tmp_path / "stand-in"
    script.write_text(STAND_IN)
    script.chmod(0o755)
    monkeypatch.setattr(astrad, "program", lambda name: script)
    folder = tmp_path / "etc"
    folder.mkdir()
    return Astrad(Config(folder))


def test_life(runner):
    runner.init()
    with runner.start():
        assert runner.is_running
        assert "STATUS=fine" in runner.notified
        runner.reload()
        assert runner.notified.count("READY=1") == 2
        runner.restart(env={"ASTRAD_HOOK": "commit:1"})
        runner.wait_log("started with commit:1")
        assert runner.kill() == -signal.SIGKILL
        runner.start()
    assert not runner.is_running


def test_tells_of_failures(runner):
    with pytest.raises(AstradError, match="exit 1"):
        Astrad(runner.config, env={"INIT_STATUS": "1"}).init()
    runner.config.write()
    with pytest.raises(AstradError, match="(?s)exit 3 before READY=1.*started with"):
        runner.start(env={"FAIL": "1"})
    runner.start(env={"STOP_STATUS": "9"})
    with pytest.raises(AstradError, match="exit 9 after SIGTERM"):
        runner.stop()


def test_hooks_kill_and_stop(runner):
    runner.config.write()
    with runner.start():
        runner.send_signal(signal.SIGSTOP)
        runner.wait_stopped()
        runner.send_signal(signal.SIGCONT)
        runner.reload()
        runner.send_signal(signal.SIGKILL)
        runner.wait_killed()
        runner.start()
        runner.send_signal(signal.SIGTERM)
        with pytest.raises(AstradError, match="exit 0 instead"):
            runner.wait_killed()


def test_clock_is_read_at_each_start(runner):
    class Clock:
        starts = 0

        def env(self):
            self.starts += 1
            return {"ASTRAD_HOOK": f"start {self.starts}"}
    runner.clock = Clock()
    runner.config.write()
    with runner.start():
        runner.restart()
        runner.wait_log("(?s)start 1.*start 2")


def test_environment_is_its_own(runner, monkeypatch):
    monkeypatch.setenv("ASTRAD_HOOK", "leaked")
    runner.config.write()
    with runner.start():
        runner.wait_log("started with None")
        assert os.environ["ASTRAD_HOOK"] == "leaked"
