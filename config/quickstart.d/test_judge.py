"""The quickstart's judge: silent about good books, and each way to spoil them is told."""
import copy
import pathlib
import re

import pytest
from judge import judge
from story import AIRPORT_S, BORDER_S, HOSPITAL_S, PRIVATE

REF = "26-0002-L"
FORGED = {"bolnica-ns": 1}


def kept(number, kind, version, state, end=None):
    return {"at": "2026-11-23T21:41:04.880+00:00", "result": "kept", "id": f"id-{number}",
            "type": f"exercise.{kind}",
            "body": {"type": f"exercise.{kind}", "data": {
                "ref": REF, "version": version, "state": state, "end": end}}}


def issued(number):
    return kept(number, "alert.issued", 1, "active")


def ended(number):
    return kept(number, "alert.ended", 2, "ended", {"reason": "resolved", "at": "..."})


def failed(kind="alert.issued", message="id-3"):
    return {"at": "...", "result": "failed", "id": message, "type": f"exercise.{kind}"}


def noted(number, kind="alert.acknowledged"):
    return {**kept(number, kind, 1, "active"), "result": "noted"}


REFUSED = {"at": "...", "result": "refused", "why": "no signature matches"}
GOOD = {
    "mup-ns": [issued(1), noted(5), ended(6)],
    "bolnica-ns": [failed(), failed(), failed("alert.acknowledged", "id-7"), failed(), REFUSED],
    "granica-ho": [issued(4), ended(8)],
    "aerodrom-bg": [],
}


def complaints(ledgers):
    return judge(ledgers, REF, PRIVATE, FORGED)


def test_books_as_they_should_be():
    assert complaints(GOOD) == []


def set_end(entry, **changes):
    entry["body"]["data"].update(changes)


SPOILT = {
    "alert lost": lambda b: b["mup-ns"].pop(0),
    "end lost": lambda b: b["granica-ho"].pop(),
    "alert twice under two ids": lambda b: b["mup-ns"].insert(0, issued(9)),
    "end before alert": lambda b: b["granica-ho"].reverse(),
    "end not newer": lambda b: set_end(b["mup-ns"][2], version=1),
    "end says withdrawn": lambda b: set_end(b["mup-ns"][2], end={"reason": "withdrawn"}),
    "end says nothing": lambda b: set_end(b["mup-ns"][2], end=None),
    "end still active": lambda b: set_end(b["mup-ns"][2], state="active"),
    "one id for two": lambda b: b["granica-ho"][1].update(id="id-4"),
    "another alert": lambda b: set_end(b["mup-ns"][0], ref="26-0009-Z"),
    "an update nobody sent": lambda b: b["mup-ns"].append(noted(10, "alert.updated")),
    "older version after": lambda b: b["mup-ns"].append({**issued(11), "result": "older"}),
    "unsigned": lambda b: b["mup-ns"].append(REFUSED),
    "forgery not refused": lambda b: b["bolnica-ns"].pop(),
    "not retried": lambda b: b["bolnica-ns"].__delitem__(slice(0, 2)),
    "retried under another id": lambda b: b["bolnica-ns"].append(failed(message="id-12")),
    "stale alert after repair": lambda b: b["bolnica-ns"].append(issued(3)),
    "end to who had nothing": lambda b: b["bolnica-ns"].append(ended(13)),
    "ladder not stopped": lambda b: b["aerodrom-bg"].append(issued(14)),
    "tried after the ladder stopped": lambda b: b["aerodrom-bg"].append(failed()),
    "mother's words told": lambda b: set_end(b["mup-ns"][0], texts={"sr-Latn": PRIVATE[0]}),
    "mother's phone told": lambda b: set_end(b["granica-ho"][1], contact=PRIVATE[2]),
    "no ledger": lambda b: b.pop("aerodrom-bg"),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_book_is_told(spoil):
    books = copy.deepcopy(GOOD)
    spoil(books)
    assert complaints(books) != []


def test_a_repeated_message_under_its_id_is_fine():
    books = copy.deepcopy(GOOD)
    books["mup-ns"].insert(1, {"at": "...", "result": "duplicate", "id": "id-1",
                               "type": "exercise.alert.issued"})
    assert complaints(books) == []


def test_the_story_knows_the_ladder_of_its_policy():
    policy = pathlib.Path(__file__).with_name("town") / "policies.d" / "restricted.yaml"
    alert = policy.read_text().split("\nalert:")[1]
    assert [int(s) for s in re.findall(r"after: (\d+)s", alert)] == \
        [0, HOSPITAL_S, BORDER_S, AIRPORT_S]
