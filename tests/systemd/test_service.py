"""The real binary and its service manager: sd_notify, the watchdog, credentials, the process."""
import os
import resource
import select
import signal
import socket
import stat
import subprocess
import time

import pytest
from harness import Client
from harness.config import Config
from harness.places import program
from harness.ports import free_port
from harness.wait import wait_for

WATCHDOG_S = 20


def heard(astrad, word):
    return astrad.notified.count(word)


def test_ready_once_and_stopping(town):
    assert heard(town.astrad, "READY=1") == 1
    assert "STATUS=taking reports" in town.astrad.notified
    Client(port=town.config.port).get("/readyz").expect(200)  # READY means it answers
    town.astrad.send_signal(signal.SIGTERM)
    town.astrad.wait_notified("STOPPING=1")
    told = town.astrad.notified
    assert told.index("STOPPING=1") > told.index("READY=1")
    assert town.astrad.wait_exit() == 0


def test_reloading_is_told_before_ready(town):
    town.astrad.reload()
    words = [w for w in town.astrad.notified if w in ("READY=1", "RELOADING=1")]
    assert words == ["READY=1", "RELOADING=1", "READY=1"]


def test_not_ready_when_it_cannot_start(config, astrad):
    astrad.init()
    config.database.write_bytes(b"this is no database")
    astrad.start(wait=False)
    assert astrad.wait_exit() == 1
    assert "READY=1" not in astrad.told


def test_watchdog_is_fed_at_half_its_period(clock, astrad, town):
    town.astrad.stop()
    astrad.start(env={"WATCHDOG_USEC": str(WATCHDOG_S * 1_000_000)})
    astrad.wait_notified("WATCHDOG=1")  # begins with READY
    for times in range(2, 6):
        clock.advance(seconds=WATCHDOG_S / 2 - 1)
        assert heard(astrad, "WATCHDOG=1") == times - 1
        clock.advance(seconds=1)
        astrad.wait_notified("WATCHDOG=1", count=times)


def test_watchdog_of_another_process_is_not_fed(clock, astrad, town):
    town.astrad.stop()
    astrad.start(env={"WATCHDOG_USEC": str(WATCHDOG_S * 1_000_000), "WATCHDOG_PID": "1"})
    clock.advance(seconds=10 * WATCHDOG_S)
    assert heard(astrad, "WATCHDOG=1") == 0


def test_a_loop_that_hangs_is_not_fed(config, astrad):
    """Its log goes into a pipe that nobody reads: the next line holds the loop, other threads run.
    """
    astrad.init()
    notify = astrad.config.folder / "notify"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(notify))
    reading, writing = os.pipe()
    env = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(notify), "WATCHDOG_USEC": "200000"}
    process = subprocess.Popen([program("astrad"), "--config", config.path], stderr=writing,
                               cwd=config.folder, env=env)
    try:
        manager.settimeout(30)
        while b"WATCHDOG=1" not in manager.recv(4096):
            pass
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"x" * 4096)
        except BlockingIOError:
            pass
        os.set_blocking(writing, True)
        # a request is logged, and the loop stands; its answer never comes
        with pytest.raises(TimeoutError):
            for _ in range(50):
                Client(port=config.port, timeout=2).get("/v1/me")
        while select.select([manager], [], [], 0)[0]:
            manager.recv(4096)
        assert not select.select([manager], [], [], 1.0)[0], "fed while the loop stands"
        os.read(reading, 1 << 20)
        manager.settimeout(30)
        while b"WATCHDOG=1" not in manager.recv(4096):
            pass
    finally:
        process.kill()
        process.wait()
        manager.close()
        os.close(reading)
        os.close(writing)


# --- credentials

@pytest.fixture
def credential(config, folder):
    """The master key as systemd hands it over; the environment that names it."""
    given = folder / "credentials"
    given.mkdir(mode=0o700)
    config.astrad["security"]["master_key"] = {"credential": "master"}
    return {"CREDENTIALS_DIRECTORY": str(given)}


def test_master_key_as_a_credential(config, astrad, credential):
    config.write()
    assert astrad.run("--init", env=credential).returncode == 0
    astrad.start(env=credential)
    assert astrad.control().get("/v1/config").json["astrad"]["security"]["master_key"] == \
        ["credential: master"]
    astrad.stop()


def test_without_the_credential_it_refuses_and_check_warns(config, astrad, credential):
    config.write()
    assert astrad.run("--init", env=credential).returncode == 0
    refused = astrad.run()
    assert refused.returncode == 1
    assert "master" in refused.stderr
    checked = astrad.check()
    assert checked.returncode == 0, checked.stdout
    assert "warning" in checked.stdout


# --- the process

def limits(astrad):
    """{name: (soft, hard)} from /proc."""
    found = {}
    with open(f"/proc/{astrad.process.pid}/limits") as file:
        for line in file.readlines()[1:]:
            found[line[:26].strip()] = tuple(line[26:68].split())
    return found


def test_descriptors_are_raised_and_no_core_is_written(config, astrad):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    astrad.init()
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
    try:
        astrad.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    found = limits(astrad)
    assert found["Max core file size"] == ("0", "0")
    assert found["Max open files"] == (str(hard), str(hard))


def test_callers_leave_descriptors_to_the_channels(town):
    """With few of them fewer callers are let in, not fewer alerts out."""
    town.astrad.stop()
    town.astrad.wrapper = ["prlimit", "--nofile=512:512"]
    town.astrad.start()
    assert "let_in=192 descriptors=512" in town.astrad.log
    callers = [socket.create_connection(("127.0.0.1", town.config.port)) for _ in range(600)]
    try:
        town.alert(town.case())
        town.mup.wait_type("exercise.alert.issued")
    finally:
        for caller in callers:
            caller.close()


def test_files_are_the_daemons_alone(town):
    town.report()
    for path in (town.config.database, town.config.key_file, town.config.key_copy):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to run it as another user")
def test_nobody_else_looks_into_it(folder):
    """A process that is not dumpable belongs to root in /proc, whoever runs it."""
    config = Config(folder)
    config.port = free_port()
    config.write()
    nobody = 65534
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, nobody, nobody, follow_symlinks=False)

    def run(*words):
        return subprocess.Popen([program("astrad"), *words, "--config", config.path],
                                user=nobody, group=nobody, extra_groups=[], cwd=folder,
                                stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        made = run("--init")
    except PermissionError:
        pytest.skip("the build is not readable to others")
    if made.wait(60) != 0:
        pytest.skip(f"cannot run as nobody: {made.stderr.read()}")
    process = run()
    try:
        wait_for(lambda: "listening" in process.stderr.readline(), what="listening")
        status = f"/proc/{process.pid}/status"
        assert f"Uid:\t{nobody}" in open(status).read()
        assert os.stat(f"/proc/{process.pid}/environ").st_uid == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


# --- the journal

def test_lines_carry_the_journals_priority(config, astrad):
    """stderr is the journal's own stream: levels as systemd reads them, and no second time."""
    astrad.init()
    astrad.log_path.touch()
    found = astrad.log_path.stat()
    astrad.start(env={"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"})
    astrad.wait_log(r"(?m)^<5>listening address=127\.0\.0\.1 port=\d+$")
    astrad.stop()
    assert time.strftime("%Y-") not in astrad.log.split("listening")[0].split("at=")[0]
