"""POST /v1/reports and GET /v1/reports/{id}: what a caller said, kept as it was said."""
import copy
import uuid

import pytest
from harness.town import REPORT, report_document

LEAST = {"status": "exercise", "circumstances": "Nije došla kući."}


def test_least_report_is_taken_and_says_what_an_alert_lacks(town):
    answer = town.people.operator.post("/v1/reports", LEAST).expect(201).json
    assert answer["case"]["state"] == "intake"
    assert answer["case"]["ref"].startswith("26-")
    assert uuid.UUID(answer["report"]["id"]).version == 7
    assert "child.given" in answer["missing_for_alert"]
    assert "child.given" not in town.report()["missing_for_alert"]


def test_read_as_received(town):
    made = town.report()
    seen = town.people.approver.get(f"/v1/reports/{made['report']['id']}").expect(200).json
    assert seen["report"]["child"] == REPORT["child"]
    assert seen["report"]["reporter"] == REPORT["reporter"]
    assert seen["person"] == "ana"
    assert seen["case"] == {"id": made["case"]["id"], "ref": made["case"]["ref"]}


def test_second_report_is_evidence_for_the_case(town):
    case = town.report()["case"]
    more = {"case_id": case["id"], "circumstances": "Vozač 41 ga je video.", "source": "call"}
    answer = town.people.other_operator.post("/v1/reports", more).expect(201).json
    assert answer["case"]["id"] == case["id"]
    seen = town.people.operator.get(f"/v1/cases/{case['id']}").expect(200).json
    assert [report["person"] for report in seen["reports"]] == ["ana", "vera"]


def test_evidence_by_ref(town):
    case = town.report()["case"]
    more = {"case_id": case["ref"], "circumstances": "Vozač 41 ga je video."}
    assert town.people.operator.post("/v1/reports", more).expect(201).json["case"] == \
        {**case, "state": case["state"]}


REFUSED = [
    ({}, ["/circumstances"]),
    ({"circumstances": ""}, ["/circumstances"]),
    ({"circumstances": "x", "cirumstances": "y"}, ["/cirumstances"]),
    ({"circumstances": 7, "status": "real", "child": {"age": "seven"}},
     ["/circumstances", "/status", "/child/age"]),
    ({"circumstances": "x", "last_seen": {"from": "2026-10-25T02:30:00"}}, ["/last_seen/from"]),
    ({"circumstances": "x", "child": {"names": [{"script": "Grek", "given": "A"}]}},
     ["/child/names/0/script"]),
    ({"circumstances": "x" * 100_000}, ["/circumstances"]),
]


@pytest.mark.parametrize("body, pointers", REFUSED)
def test_every_wrong_field_is_named(town, body, pointers):
    told = town.people.operator.post("/v1/reports", body).pointers(422)
    assert sorted(told) == sorted(pointers)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"circumstances":"a","circumstances":"b"}',
                                  b"\xff\xfe", b'{"circumstances":"a"}x', b"null"])
def test_what_is_no_report_is_refused(town, body):
    answer = town.people.operator.post("/v1/reports", body=body,
                                       headers={"Content-Type": "application/json"})
    answer.problem(answer.status)
    assert answer.status in (400, 422)


def test_evidence_refused(town):
    case = town.case()
    post = town.people.operator.post
    post("/v1/reports", {"circumstances": "x", "case_id": str(uuid.uuid4())}).problem(404)
    post("/v1/reports", {"circumstances": "x", "case_id": "26-9999-A"}).expect(404, 422)
    post("/v1/reports", {"circumstances": "x", "case_id": case, "status": "test"}).problem(409)
    assert post("/v1/reports", {"circumstances": "x", "case_id": "nobody"}).pointers() == \
        ["/case_id"]


def test_unknown_report(town):
    for name in (uuid.uuid4(), "x", "26-0001-A"):
        town.people.operator.get(f"/v1/reports/{name}").problem(404)


def test_actual_reports_are_taken_in_training_too(town):
    """Intake never refuses a frightened caller; only the alert is refused outside production."""
    document = report_document(town.now(), **copy.deepcopy(LEAST))
    document["status"] = "actual"
    case = town.people.operator.post("/v1/reports", document).expect(201).json["case"]["id"]
    listed = [row["id"] for row in town.people.operator.items("/v1/cases")]
    assert listed == [case]
