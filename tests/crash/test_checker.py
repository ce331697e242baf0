"""The judge can fail: each law is broken once in what it is told, and it says which.

A small true story: an alert to mup-ns, after three seconds to bolnica-ns, a death in between, and a
stop.
"""
import copy

import checker
import pytest

RUNG_S = 3


def request(at, partner, kind, version, number, seq, answer="200"):
    return {"at": at, "answered": at + 0.01, "answer": answer, "error": "", "partner": partner,
            "id": f"{partner}-{number}", "type": f"alert.{kind}", "alert": "a1",
            "version": version, "seq": seq}


def step(at, what, on, status=200, body=None, document=None):
    return {"asked": at, "answered": at + 0.1, "status": status, "what": what, "on": on,
            "body": body or {}, "document": document or {}}


def story():
    return copy.deepcopy({
        "plan": {"slots": 2, "rung_s": RUNG_S, "kills": 1,
                 "rungs": {"restricted": [["mup-ns"], ["bolnica-ns"]]}},
        "lives": [{"t": 0, "what": "ready"}, {"t": 12, "what": "dead"}, {"t": 13, "what": "ready"}],
        "steps": [
            step(1, "reports", "v1", 201, document={"case": {"id": "c1"}}),
            step(2, "alerts", "c1", 201, {"policy": "restricted"}, {"id": "a1"}),
            step(3, "approve", "a1", document={"version": 1, "kind": "issue"}),
            step(20, "cancel", "a1"),
            step(1, "reports", "v1", 201, document={"case": {"id": "c2"}}),
            step(2, "alerts", "c2", 201, {"policy": "restricted"}, {"id": "a2"}),
            step(3, "approve", "a2", document={"version": 1, "kind": "issue"}),
        ],
        "requests": [
            request(3.2, "mup-ns", "issued", 1, 1, 1),
            request(6.2, "bolnica-ns", "issued", 1, 1, 1),
            request(11.9, "mup-ns", "updated", 2, 2, 2),
            request(13.1, "mup-ns", "updated", 2, 2, 2),
            request(20.3, "mup-ns", "ended", 3, 3, 3),
            request(20.3, "bolnica-ns", "ended", 3, 2, 2),
            {**request(3.2, "mup-ns", "issued", 1, 4, 4), "alert": "a2"},
            {**request(6.2, "bolnica-ns", "issued", 1, 3, 3), "alert": "a2"},
        ],
        "alerts": {"a1": {"state": "ended", "deliveries": []},
                   "a2": {"state": "active", "deliveries": []}},
        "cases": ["c1", "c2"],
        "events": {"mup-ns": [{"seq": n, "id": f"mup-ns-{n}"} for n in (1, 2, 3, 4)],
                   "bolnica-ns": [{"seq": n, "id": f"bolnica-ns-{i}"}
                                  for n, i in ((1, 1), (2, 2), (3, 3))]},
        "store": {"audit_rows": 7, "half_states": []},
        "points": {"all": ["a"], "met": ["a"]},
    })


def broken(told):
    return [law.says for law in checker.judge(told) if law.broken]


def test_a_true_story_is_believed_and_every_law_tried():
    laws = checker.judge(story())
    assert [law.says for law in laws if law.broken] == []
    assert [law.says for law in laws if not law.tries] == []
    assert checker.report(story())


def of(told, partner, kind, alert="a1"):
    return next(r for r in told["requests"] if r["partner"] == partner and r["alert"] == alert
                and r["type"] == f"alert.{kind}")


def lose(told, partner, kind, alert="a1"):
    told["requests"].remove(of(told, partner, kind, alert))


LIES = {
    "every answered report is there": lambda t: t["cases"].remove("c2"),
    "every answered act is done": lambda t: t["alerts"]["a1"].update(state="active"),
    "each approved version reached its recipients, or is visibly open":
        lambda t: lose(t, "mup-ns", "issued", "a2"),
    "nothing of an alert but its end is sent after its stop was answered":
        lambda t: t["requests"].append(request(21, "bolnica-ns", "issued", 1, 1, 1)),
    "whoever has an alert gets its end": lambda t: lose(t, "bolnica-ns", "ended"),
    "nobody gets the end of an alert who could not have it": lambda t: (
        lose(t, "bolnica-ns", "issued"), t["lives"].clear(),
        t["lives"].append({"t": 0, "what": "ready"})),
    "one message has one id, whatever dies":
        lambda t: t["requests"].append(request(13.5, "mup-ns", "issued", 1, 9, 1)),
    "what is told twice was in flight at a death":
        lambda t: t["requests"].append(request(5, "mup-ns", "issued", 1, 1, 1)),
    "a death repeats no more than was in flight": lambda t: t["requests"].extend(
        request(13.2 + n / 10, "mup-ns", "updated", 2, 2, 2) for n in range(2)),
    "no older version after a newer one":
        lambda t: t["requests"].append(request(13.5, "mup-ns", "issued", 1, 1, 1)),
    "a partner's events have no gap": lambda t: t["events"]["mup-ns"].pop(1),
    "what was pushed is the event of its number":
        lambda t: of(t, "mup-ns", "issued").update(seq=2),
    "a due rung fires within a second, or at the restart":
        lambda t: of(t, "bolnica-ns", "issued", "a2").update(at=14.9, answered=15),
    "no rung fires before it is due, or after an acknowledgement":
        lambda t: of(t, "bolnica-ns", "issued", "a2").update(at=5.2, answered=5.3),
    "the audit chain is whole": lambda t: t["store"].update(audit_rows=0),
    "the store holds no half state": lambda t: t["store"].update(half_states=["a case"]),
}


@pytest.mark.parametrize("law", LIES)
def test_each_law_can_be_broken(law):
    told = story()
    LIES[law](told)
    assert law in broken(told)
    assert not checker.report(told)


def test_every_law_has_its_lie():
    assert {law.says for law in checker.judge(story())} == set(LIES)


def test_an_acknowledged_alert_goes_no_further():
    told = story()
    told["steps"].append(step(4, "acks", "a2", 201))
    assert broken(told) == ["no rung fires before it is due, or after an acknowledgement"]


def test_a_law_that_was_not_tried_is_no_proof():
    told = story()
    told["requests"].clear()
    assert not checker.report(told)
