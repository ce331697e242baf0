"""SIGTERM in the middle of work: what is on the wire is finished, all is committed, exit 0."""
import http.client
import signal
import threading
import time

import pytest
from harness import Client, behaviour
from harness.wait import wait_for


def delivery(town, alert):
    path = f"/v1/alerts/{alert}/deliveries?channel=mup-ns"
    return [d for d in town.people.operator.items(path) if d["message"] == "version"][0]


def on_the_wire(town):
    """An alert whose message the partner has read and not answered; the gate lets it answer."""
    gate = behaviour.Gate()
    town.mup.always(gate.hold())
    alert = town.alert(town.report()["case"]["id"])
    town.mup.wait_requests(1)
    return alert, gate


def test_what_is_on_the_wire_is_finished(town):
    alert, gate = on_the_wire(town)
    town.astrad.send_signal(signal.SIGTERM)
    town.astrad.wait_notified("STOPPING=1")
    assert town.astrad.is_running
    gate.open()
    assert town.astrad.wait_exit() == 0
    town.astrad.start()
    assert delivery(town, alert)["state"] == "delivered"
    assert len(town.mup.requests) == 1, "its answer was stored: nothing is sent again"


def test_a_second_sigterm_changes_nothing(town):
    alert, gate = on_the_wire(town)
    for _ in range(3):
        town.astrad.send_signal(signal.SIGTERM)
    town.astrad.wait_notified("STOPPING=1")
    gate.open()
    assert town.astrad.wait_exit() == 0
    assert town.astrad.log.count("notice stopping ") == 1
    town.astrad.start()
    assert delivery(town, alert)["state"] == "delivered"


def test_what_never_ends_is_cut_and_sent_again(clock, town):
    """Twenty seconds, then it is cut; the next start sends it again under the same id."""
    alert, gate = on_the_wire(town)
    town.astrad.send_signal(signal.SIGTERM)
    town.astrad.wait_notified("STOPPING=1")
    clock.advance(seconds=19)
    assert town.astrad.is_running
    clock.advance(seconds=1)
    town.astrad.wait_log("stop takes too long, cutting what is left")
    clock.advance(seconds=1)  # what a cut is waited for
    assert town.astrad.wait_exit() == 0
    gate.open()
    town.astrad.start()
    clock.advance(minutes=2)
    town.mup.wait_requests(2)
    assert len({request.message_id for request in town.mup.requests}) == 1


def test_every_answered_report_is_there(town):
    """Operators send reports while it stops: 201 is kept, everything else was refused or cut."""
    operator = town.people.operator
    kept, lock = [], threading.Lock()

    def send():
        while True:
            try:
                answer = operator.post("/v1/reports", {
                    "status": "exercise", "circumstances": "Vežba zaustavljanja."})
            except (OSError, http.client.HTTPException):
                return  # it listens no more, or this connection was cut
            if answer.status != 201:
                return
            with lock:
                kept.append(answer.json["report"]["id"])

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(kept) >= 40, what="reports on their way")
    town.astrad.stop()
    for thread in threads:
        thread.join()
    town.astrad.start()
    for report in kept:
        operator.get(f"/v1/reports/{report}").expect(200)


def new_list(config, count=5_000):
    """The recipients of another day: the next load stores all of them."""
    path = config.folder / config.recipients_csv("crowd", count)
    path.write_text(path.read_text().replace("address-", f"address-{time.monotonic_ns()}-"))


def test_stop_right_after_a_reload(town):
    """A reload is under way then, and lists of the one before are still being loaded."""
    town.config.journal("crowd", recipients=1)
    town.config.write()
    for _ in range(3):
        new_list(town.config)
        town.astrad.ctl("reload")
        town.astrad.send_signal(signal.SIGHUP)
        town.astrad.stop()
        town.astrad.start()


def test_stop_before_it_is_ready(config, astrad):
    """A long recipient list is still being loaded: nobody was let in yet."""
    config.journal("log", recipients=100_000)
    astrad.init()
    astrad.start(wait=False)
    astrad.wait_log("configuration loaded")
    astrad.send_signal(signal.SIGTERM)
    assert astrad.wait_exit() == 0
    assert "listening" not in astrad.log
    assert "READY=1" not in astrad.told


@pytest.mark.parametrize("commits", range(1, 9))
def test_stop_at_a_commit_of_the_start(config, astrad, commits):
    """Wherever it comes: the rooms that wait for this commit are still there when it answers. They
    were not once: a list given up in the tear-down made the outbox ready on a closed store."""
    config.journal("crowd", recipients=5_000)
    astrad.init()
    astrad.start(env={"ASTRAD_HOOK": f"store.after_commit:{commits}:stop"}, wait=False)
    astrad.wait_stopped()
    astrad.send_signal(signal.SIGTERM)
    astrad.send_signal(signal.SIGCONT)
    assert astrad.wait_exit() == 0
    astrad.start()


def test_reload_while_it_starts(config, astrad):
    """SIGHUP is taken from the first moment on, and READY=1 is said once, by the start."""
    config.journal("log", recipients=20_000)
    astrad.init()
    astrad.start(wait=False)
    astrad.wait_log("configuration loaded")
    astrad.send_signal(signal.SIGHUP)
    astrad.wait_notified("READY=1", timeout=60)
    Client(port=config.port).get("/readyz").expect(200)
    assert astrad.log.index("configuration reloaded") < astrad.log.index("listening")
    assert astrad.notified.count("READY=1") == 1
