"""Idempotency-Key: every POST does its work once, whatever the network or the power does."""
import copy
import uuid

import pytest
from harness.town import DRAFT, report_document

REPLAYED = "idempotency-replayed"


def again(client, path, body, key):
    """The same request once more; its answer, which must be told, not made."""
    answer = client.post(path, body, key=key)
    assert answer.headers.get(REPLAYED) == "true", answer.body
    return answer


def test_reports_need_a_key(town):
    town.people.operator.post("/v1/reports", {"circumstances": "x"}, key=None).problem(400)
    for bad in ("", "a b", "x" * 200, 'a"b'):
        town.people.operator.request(
            "POST", "/v1/reports", json={"circumstances": "x"},
            headers={"Idempotency-Key": f'"{bad}"'}).problem(400)


def test_once_and_told_again_also_after_a_restart(town):
    document = report_document(town.now())
    key = str(uuid.uuid4())
    first = town.people.operator.post("/v1/reports", document, key=key).expect(201)
    assert REPLAYED not in first.headers
    assert again(town.people.operator, "/v1/reports", document, key).json == first.json
    town.astrad.kill_and_start()
    assert again(town.people.operator, "/v1/reports", document, key).json == first.json
    assert len(town.people.operator.items("/v1/cases?exercise=true")) == 1


def test_another_body_is_422(town):
    key = str(uuid.uuid4())
    town.people.operator.post("/v1/reports", {"circumstances": "x"}, key=key).expect(201)
    town.people.operator.post("/v1/reports", {"circumstances": "y"}, key=key).problem(422)


def test_the_scope_is_person_method_path_and_key(town):
    key = str(uuid.uuid4())
    body = {"circumstances": "x", "status": "exercise"}
    one = town.people.operator.post("/v1/reports", body, key=key).expect(201).json
    two = town.people.other_operator.post("/v1/reports", body, key=key).expect(201).json
    assert one["case"]["id"] != two["case"]["id"]
    for case in (one, two):
        town.people.operator.post(f"/v1/cases/{case['case']['id']}/notes", {"text": "n"},
                                  key=key).expect(201)
    # the same person by another token
    ana = town.astrad.client(town.astrad.token("operator", "ana"))
    assert again(ana, "/v1/reports", body, key).json == one


def test_a_422_is_judged_afresh(town):
    key = str(uuid.uuid4())
    town.people.operator.post("/v1/reports", {"circumstances": ""}, key=key).problem(422)
    town.people.operator.post("/v1/reports", {"circumstances": "x"}, key=key).expect(201)


def test_every_act_of_an_alerts_life_is_told_again(town):
    """Each step once more as soon as it was done, and all of them at the very end."""
    case = town.case()
    operator, approver = town.people.operator, town.people.approver
    done = []

    def do(client, path, body, status=(200, 201)):
        key = str(uuid.uuid4())
        first = client.post(path, body, key=key).expect(*status)
        done.append((client, path, body, key, first))
        assert again(client, path, body, key).json == first.json, path
        return first.json

    alert = do(operator, f"/v1/cases/{case}/alerts", copy.deepcopy(DRAFT))["id"]
    path = f"/v1/alerts/{alert}"
    do(operator, f"{path}/submit", town.digest(alert))
    do(approver, f"{path}/return", {"reason": "r"})
    do(operator, f"{path}/submit", town.digest(alert))
    do(approver, f"{path}/approve", town.digest(alert))
    do(operator, f"{path}/updates", {"kind": "information", "reason": "r", "areas": ["RS-06"]})
    do(operator, f"{path}/withdraw", {})
    do(operator, f"{path}/updates", {"kind": "correction", "reason": "r",
                                     "set": {"child": {"clothing": "zelena jakna"}}})
    do(operator, f"{path}/submit", town.digest(alert))
    do(approver, f"{path}/reject", {"reason": "r"})
    do(operator, f"{path}/suspend", {})
    do(operator, f"{path}/resume", {"reason": "r"})
    do(operator, f"{path}/submit", town.digest(alert))
    do(approver, f"{path}/approve", town.digest(alert))
    do(operator, f"/v1/cases/{case}/notes", {"text": "n"})
    do(operator, f"/v1/cases/{case}/assign", {"person": "ana"})
    do(operator, f"{path}/escalate", {})
    do(operator, f"{path}/acks", {"by": "Dežurni", "how": "phone", "on_behalf_of": "mup-ns"})
    do(operator, f"{path}/cancel", {"reason": "resolved"})
    do(operator, f"/v1/cases/{case}/close", {
        "outcome": "found", "verified_by": {"name": "V", "unit": "PU", "how": "viđen"}})
    do(operator, f"/v1/cases/{case}/reopen", {"reason": "r"})
    town.astrad.restart()
    for client, path, body, key, first in done:
        told = again(client, path, body, key)
        assert (told.status, told.json) == (first.status, first.json), path


def test_persons_are_made_once(town):
    body, key = {"id": "jovan", "name": "J"}, str(uuid.uuid4())
    first = town.people.admin.post("/v1/persons", body, key=key).expect(201)
    assert again(town.people.admin, "/v1/persons", body, key).json == first.json


CONFLICTS = {
    "decided in the store": ("cancel", {"reason": "resolved"}),
    "decided before": ("submit", {"version": 9, "digest": "sha256:" + "0" * 64}),
}


@pytest.mark.parametrize("where", CONFLICTS)
def test_a_409_is_kept(town, where):
    alert = town.draft(town.case())["id"]
    town.cancel(alert)
    name, body = CONFLICTS[where]
    key = str(uuid.uuid4())
    first = town.people.operator.post(f"/v1/alerts/{alert}/{name}", body, key=key).problem(409)
    told = again(town.people.operator, f"/v1/alerts/{alert}/{name}", body, key).problem(409)
    assert told["detail"] == first["detail"]


def test_a_kept_409_stays_when_it_would_succeed_now(town):
    case = town.case()
    alert = town.draft(case)["id"]
    hold = {"field": "child.clothing", "by": "t", "reference": "KT"}
    town.people.operator.put(f"/v1/cases/{case}/holds", hold).expect(200)
    read = town.people.operator.get(f"/v1/alerts/{alert}/preview").json
    body, key = {"version": 1, "digest": read["digest"]}, str(uuid.uuid4())
    path = f"/v1/alerts/{alert}/submit"
    town.people.operator.post(path, body, key=key).problem(409)
    town.people.operator.delete(f"/v1/cases/{case}/holds", {"field": "child.clothing"}).expect(200)
    again(town.people.operator, path, body, key).problem(409)
    town.submit(alert)


def test_a_record_is_kept_72_hours(clock, town):
    body, key = {"circumstances": "x", "status": "exercise"}, str(uuid.uuid4())
    first = town.people.operator.post("/v1/reports", body, key=key).expect(201).json
    clock.advance(hours=71)
    assert again(town.people.operator, "/v1/reports", body, key).json == first
    clock.advance(hours=2)
    later = town.people.operator.post("/v1/reports", body, key=key).expect(201)
    assert REPLAYED not in later.headers and later.json["case"]["id"] != first["case"]["id"]
