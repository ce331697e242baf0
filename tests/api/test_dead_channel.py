"""A partner that is down for long: its deliveries are held and not lost, /readyz and the staff hear
of it, its fallback carries the alert, the ladder does not wait; and when it is back it gets what
stands now at once, and nothing that was overtaken.
"""
import json

import pytest
from harness import behaviour
from harness.town import Town
from harness.wait import wait_for

RUNGS = [
    {"name": "police", "after": "0s", "channels": ["mup-ns"]},
    {"name": "region", "after": "2h", "channels": ["bolnica-ns"], "when": {"dead": ["mup-ns"]}},
]


@pytest.fixture
def town(clock, config, receiver, astrad):
    """mup-ns has a fallback and is tried as often as for an actual alert; the next rung waits for
    its death."""
    town = Town(config, receiver, astrad)
    town.reserve = config.journal("reserve", ["night-shift"], tier="restricted")
    config.channels["mup-ns"].update(fallback="reserve", retry={"schedule": ["10s"] * 60})
    config.policy("restricted", rungs=RUNGS)
    return town.open()


def lines(path, event_type):
    """What the journal has of a type, without the exercise's prefix."""
    read = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [line["body"] for line in read
            if line["body"]["type"].removeprefix("exercise.") == event_type]


def rows(town, alert):
    return town.people.operator.items(f"/v1/alerts/{alert}/deliveries?channel=mup-ns")


def reasons(town):
    answer = town.people.operator.get("/readyz")
    assert answer.status == 200, "others can still be alerted"
    return [(r["reason"], r["subject"]) for r in answer.json["reasons"]]


def is_dead(town):
    return ("channel_dead", "mup-ns") in reasons(town)


def pass_until(clock, town, alert, is_done, what):
    """Ten seconds at a time, each to its end; at most an hour."""
    for _ in range(360):
        clock.advance(seconds=10)
        wait_for(lambda: all(row["state"] != "sending" for row in rows(town, alert)))
        if is_done():
            return
    raise AssertionError(f"not within an hour: {what}: {rows(town, alert)}")


def dead_town(clock, town):
    town.mup.always(behaviour.status(500))
    alert = town.alert(town.case())
    town.mup.wait_requests(1)
    pass_until(clock, town, alert, lambda: is_dead(town), "mup-ns is dead")
    return alert


def update(town, alert):
    town.people.operator.post(f"/v1/alerts/{alert}/updates", {
        "kind": "information", "reason": "novi podatak",
        "set": {"message": {"sr-Latn": "Viđen je kod autobuske stanice."}}}).expect(201)
    town.submit(alert)
    town.approve(alert)


def versions(endpoint):
    return [e["data"]["version"] for e in endpoint.events
            if e["type"] in ("exercise.alert.issued", "exercise.alert.updated")]


def test_others_take_over(clock, town):
    began = clock.read()["utc_ms"]
    alert = dead_town(clock, town)
    assert clock.read()["utc_ms"] - began < 60 * 60_000
    wait_for(lambda: lines(town.reserve, "alert.issued"), what="the fallback has the alert")
    issued = town.bolnica.wait_type("exercise.alert.issued")  # long before its time
    assert issued["data"]["alert"] == alert
    wait_for(lambda: lines(town.journal, "notice.channel_dead"), what="the staff hears of it")
    [row] = rows(town, alert)
    assert row["state"] == "retry" and row["reached"] == "none"
    # and everybody who has it gets its end, by the way it came
    town.cancel(alert)
    town.bolnica.wait_type("exercise.alert.ended")
    wait_for(lambda: lines(town.reserve, "alert.ended"), what="the end by the fallback")
    assert len(lines(town.reserve, "alert.issued")) == 1
    assert not town.mup.delivered


def test_back_again_it_gets_the_newest_only(clock, town):
    alert = dead_town(clock, town)
    update(town, alert)
    town.mup.always(behaviour.status(200))
    pass_until(clock, town, alert, lambda: versions(town.mup), "mup-ns has the alert")
    assert versions(town.mup) == [2]
    pass_until(clock, town, alert, lambda: not is_dead(town), "mup-ns is well")
    wait_for(lambda: sorted(row["state"] for row in rows(town, alert)) ==
             ["delivered", "superseded"], what=lambda: rows(town, alert))
    clock.advance(hours=5)
    assert versions(town.mup) == [2]
    town.cancel(alert)
    town.mup.wait_type("exercise.alert.ended")


def test_a_restart_forgets_neither_rows_nor_death(clock, town):
    alert = dead_town(clock, town)
    tries = len(town.mup.requests)
    town.astrad.kill_and_start()
    assert is_dead(town)
    [row] = rows(town, alert)  # killed on the wire it is uncertain
    assert row["state"] in ("retry", "uncertain", "sending")
    wait_for(lambda: lines(town.reserve, "alert.issued"), what="the fallback has the alert")
    told = [json.loads(line)["message"] for line in town.reserve.read_text().splitlines()]
    assert len(set(told)) == 1, "what the fallback sent before is at most repeated"
    town.mup.always(behaviour.status(200))
    pass_until(clock, town, alert, lambda: versions(town.mup), "mup-ns has the alert")
    assert len({r.message_id for r in town.mup.requests if r.json["type"] != "channel.ping"}) == 1
    assert len(town.mup.requests) > tries
