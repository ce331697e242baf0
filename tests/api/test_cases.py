"""Cases: the operator's present truth, notes, holds, close and reopen, search, worklist.

Covers intake/cases.c, casework/cases.c and casework/cases_read.c.
"""
import pytest

VERIFIED = {"name": "V. Petrović", "unit": "PU Novi Sad", "how": "viđen lično"}


def case_of(town, case, client=None):
    return (client or town.people.operator).get(f"/v1/cases/{case}").expect(200)


def patch(town, case, body, if_match=None):
    return town.people.operator.patch(f"/v1/cases/{case}", body,
                                      if_match=if_match or case_of(town, case).etag)


# --- the truth

def test_patch_is_the_present_truth_with_its_source(town):
    made = town.report()
    case = made["case"]["id"]
    before = case_of(town, case)
    answer = patch(town, case, {"reason": "Majka se setila.",
                                "child": {"clothing": "zelena jakna"}}, before.etag).expect(200)
    after = case_of(town, case)
    assert answer.etag == after.etag != before.etag
    assert before.json["state"] == "intake" and after.json["state"] == "open"
    fields = after.json["truth"]
    assert fields["child"]["clothing"] == "zelena jakna"
    assert fields["child"]["age"] == 7
    sources = str(after.json["truth"])
    assert made["report"]["id"] in sources  # untouched fields keep their report


def test_evidence_never_overwrites_what_an_operator_said(town):
    case = town.case()
    patch(town, case, {"reason": "r", "child": {"clothing": "zelena jakna"}}).expect(200)
    town.report(case_id=case)
    assert case_of(town, case).json["truth"]["child"]["clothing"] == "zelena jakna"


def test_patch_needs_the_etag_that_was_read(town):
    case = town.case()
    body = {"reason": "r", "child": {"age": 8}}
    old = case_of(town, case).etag
    town.people.operator.patch(f"/v1/cases/{case}", body).problem(428)
    patch(town, case, body, old).expect(200)
    patch(town, case, body, old).problem(412)
    patch(town, case, body, '"never"').problem(412)
    patch(town, case, body, "*").expect(200)
    patch(town, case, body, "nonsense").problem(400)


@pytest.mark.parametrize("body, pointers", [
    ({"child": {"age": 8}}, ["/reason"]),
    ({"reason": "r", "child": {"age": 8, "eyes": "octarine"}}, ["/child/eyes"]),
    ({"reason": "r", "status": "actual"}, ["/status"]),
    ({"reason": "r", "chlid": {}}, ["/chlid"]),
])
def test_patch_names_every_wrong_field_and_changes_nothing(town, body, pointers):
    case = town.case()
    before = case_of(town, case)
    assert patch(town, case, body).pointers() == pointers
    assert case_of(town, case).json == before.json


# --- named by id or ref

def test_a_ref_is_accepted_wherever_an_id_is(town):
    ref = town.report()["case"]["ref"]
    people = town.people
    assert case_of(town, ref.lower()).json["ref"] == ref
    patch(town, ref, {"reason": "r", "child": {"age": 8}}).expect(200)
    people.operator.post(f"/v1/cases/{ref}/notes", {"text": "Zvao tetku."}).expect(201)
    people.operator.post(f"/v1/cases/{ref}/assign", {"person": "ana"}).expect(200)
    people.operator.put(f"/v1/cases/{ref}/holds",
                        {"field": "photo", "by": "tužilac", "reference": "KT 1"}).expect(200)
    people.operator.delete(f"/v1/cases/{ref}/holds", {"field": "photo"}).expect(200)
    town.draft(ref)
    close = {"outcome": "found", "verified_by": VERIFIED, "note": "Kod tetke."}
    people.operator.post(f"/v1/cases/{ref}/close", close).expect(200)
    people.operator.post(f"/v1/cases/{ref}/reopen", {"reason": "Greška."}).expect(200)


@pytest.mark.parametrize("name", ["0193a2b4-5c6d-7e8f-9012-3456789abcde", "26-0001-A", "26-9999-Z",
                                  "x", "%00"])
def test_unknown_cases_are_404_everywhere(town, name):
    operator = town.people.operator
    operator.get(f"/v1/cases/{name}").problem(404)
    operator.patch(f"/v1/cases/{name}", {"reason": "r"}, if_match="*").problem(404)
    for act, body in {"notes": {"text": "x"}, "assign": {}, "reopen": {"reason": "r"},
                      "close": {"outcome": "found"}}.items():
        operator.post(f"/v1/cases/{name}/{act}", body).problem(404)
    hold = {"field": "photo", "by": "b", "reference": "r"}
    operator.put(f"/v1/cases/{name}/holds", hold).problem(404)
    operator.delete(f"/v1/cases/{name}/holds", {"field": "photo"}).problem(404)
    operator.post(f"/v1/cases/{name}/alerts", {"tier": "restricted"}).problem(404)


# --- small acts

@pytest.mark.parametrize("act, body, pointers", [
    ("notes", {}, ["/text"]),
    ("notes", {"text": "x", "due_at": "tomorrow"}, ["/due_at"]),
    ("assign", {"person": 7}, ["/person"]),
    ("close", {}, ["/outcome"]),
    ("close", {"outcome": "purged"}, ["/outcome"]),
    ("close", {"outcome": "found", "verified_by": {}},
     ["/verified_by/name", "/verified_by/how"]),
    ("reopen", {}, ["/reason"]),
    ("notes", {"text": "x", "txet": "y"}, ["/txet"]),
])
def test_small_bodies_name_every_wrong_field(town, act, body, pointers):
    told = town.people.operator.post(f"/v1/cases/{town.case()}/{act}", body).pointers()
    assert set(told) >= {p for p in pointers if "verified" not in p}
    assert told


def test_assign(town):
    case = town.case()
    assign = f"/v1/cases/{case}/assign"
    town.people.operator.post(assign, {"person": "nobody"}).problem(422)
    town.people.operator.post(assign, {"person": "ana"}).expect(200)
    seen = case_of(town, case).json
    assert (seen["assigned_to"], seen["state"]) == ("ana", "open")
    town.people.operator.post(assign, {"person": None}).expect(200)
    assert case_of(town, case).json["assigned_to"] is None


def test_hold_is_put_seen_and_released(town):
    case = town.case()
    hold = {"field": "child.clothing", "by": "tužilac M. Ilić", "reference": "KT 12/26"}
    town.people.operator.put(f"/v1/cases/{case}/holds", hold).expect(200)
    seen = case_of(town, case).json["holds"]
    assert [(h["field"], h["person"]) for h in seen] == [("child.clothing", "ana")]
    assert seen[0]["why"]["reference"] == "KT 12/26"
    town.people.operator.delete(f"/v1/cases/{case}/holds", {"field": "photo"}).problem(404)
    town.people.operator.delete(f"/v1/cases/{case}/holds",
                                {"field": "child.clothing"}).expect(200)
    assert case_of(town, case).json["holds"] == []
    wrong = {"field": "child.shoes", "by": "b", "reference": "r"}
    assert town.people.operator.put(f"/v1/cases/{case}/holds", wrong).pointers() == ["/field"]


# --- close and reopen

OUTCOMES = [("found", "resolved"), ("returned", "resolved"), ("deceased", "resolved"),
            ("hoax", "issued_in_error"), ("withdrawn", "withdrawn"), ("aged_out", "withdrawn")]


@pytest.mark.parametrize("outcome, reason", OUTCOMES)
def test_verified_close_ends_its_alerts(town, outcome, reason):
    case = town.case()
    alert = town.alert(case)
    waiting = town.draft(case)["id"]
    body = {"outcome": outcome, "verified_by": VERIFIED, "note": "n"}
    done = town.people.operator.post(f"/v1/cases/{case}/close", body).expect(200).json
    assert done["case"]["state"] == outcome
    assert done["count"] == 2
    seen = town.people.operator.get(f"/v1/alerts/{alert}").expect(200).json
    assert (seen["state"], seen["end"]) == ("ended", reason)
    unsent = town.people.operator.get(f"/v1/alerts/{waiting}").expect(200).json
    assert (unsent["state"], unsent["end"]) == ("ended", "withdrawn")
    town.people.operator.post(f"/v1/cases/{case}/close", body).problem(409)
    town.people.operator.post(f"/v1/cases/{case}/alerts", {"tier": "restricted"}).problem(409)


def test_unverified_close_only_suspends_and_asks_again(town):
    case = town.case()
    alert = town.alert(case)
    body = {"outcome": "found", "note": "Otac javio telefonom."}
    done = town.people.operator.post(f"/v1/cases/{case}/close", body).expect(200).json
    assert done["case"]["state"] == "open"
    seen = town.people.operator.get(f"/v1/alerts/{alert}").expect(200).json
    assert seen["state"] == "suspended"
    work = town.people.operator.get("/v1/worklist?exercise=true").expect(200).json["items"]
    assert "close_unverified" in [item["kind"] for item in work]
    body["verified_by"] = VERIFIED
    town.people.operator.post(f"/v1/cases/{case}/close", body).expect(200)
    assert town.people.operator.get(f"/v1/alerts/{alert}").json["end"] == "resolved"


def test_nobody_more_hears_of_a_child_that_may_be_found(town):
    """Not verified, but said: what waits for approval waits until it is verified or taken back."""
    case = town.case()
    running, waiting, draft = town.alert(case), town.draft(case)["id"], town.draft(case)["id"]
    said = town.submit(waiting)
    close = {"outcome": "found", "note": "Otac javio telefonom."}
    town.people.operator.post(f"/v1/cases/{case}/close", close).expect(200)
    ref = town.people.operator.get(f"/v1/cases/{case}").json["ref"]
    town.people.operator.post(f"/v1/alerts/{running}/resume").expect(201)
    shown = town.people.operator.get(f"/v1/alerts/{waiting}/preview").json
    assert any("without verification" in w["detail"] for w in shown["warnings"])
    for client, alert, act in ((town.people.approver, waiting, "approve"),
                               (town.people.operator, draft, "submit"),
                               (town.people.operator, running, "submit")):
        sent = said if act == "approve" else town.digest(alert)
        detail = client.post(f"/v1/alerts/{alert}/{act}", sent).problem(409)["detail"]
        assert ref in detail and "reopen" in detail
    assert len(town.mup.requests) <= 1  # the first alert's
    town.people.operator.post(f"/v1/cases/{case}/reopen", {"reason": "Nije tačno."}).expect(200)
    town.people.approver.post(f"/v1/alerts/{waiting}/approve", said).expect(200)
    town.submit(running)
    assert town.approve(running)["state"] == "active"


def test_reopened_case_gets_a_new_alert(town):
    case = town.case()
    alert = town.alert(case)
    body = {"outcome": "found", "verified_by": VERIFIED, "note": "n"}
    town.people.operator.post(f"/v1/cases/{case}/close", body).expect(200)
    done = town.people.operator.post(f"/v1/cases/{case}/reopen", {"reason": "Zabuna."})
    assert done.expect(200).json["case"]["state"] == "open"
    assert town.people.operator.get(f"/v1/alerts/{alert}").json["state"] == "ended"
    assert town.alert(case) != alert


# --- search

@pytest.mark.parametrize("query", ["Đorđe", "djordje", "ЂОРЂЕ", "Zivkovic", "živković đorđe",
                                   "Живковић", "0641234567", "+381 64 123-4567"])
def test_search_folds_scripts_and_phones(town, query):
    case = town.case()
    town.people.operator.post("/v1/reports", {"status": "exercise", "circumstances": "x"})
    body = {"query": query, "statuses": ["exercise"]}
    found = town.people.approver.post("/v1/cases/search", body).expect(200).json["items"]
    assert [row["id"] for row in found] == [case]


def test_search_stays_with_actual_cases_unless_told(town):
    town.case()
    operator = town.people.operator
    assert operator.post("/v1/cases/search", {"query": "Đorđe"}).expect(200).json["items"] == []
    assert operator.post("/v1/cases/search", {"query": ""}).pointers() == ["/query"]
    assert operator.post("/v1/cases/search", {}).pointers() == ["/query"]


# --- pages

def test_pages_of_cases(town):
    made = [town.case() for _ in range(7)]
    operator = town.people.operator
    assert operator.get("/v1/cases").expect(200).json["items"] == []  # exercises stay out
    first = operator.get("/v1/cases?exercise=true&limit=3").expect(200).json
    assert [row["id"] for row in first["items"]] == made[:3:-1]
    assert first["next"]
    assert [row["id"] for row in operator.items("/v1/cases?exercise=true&limit=3")] == made[::-1]
    assert operator.get("/v1/cases?exercise=true&limit=7").json["next"] is None
    patch(town, made[2], {"reason": "r", "child": {"age": 8}}).expect(200)
    of_state = operator.items("/v1/cases?exercise=true&state=open&limit=1")
    assert [row["id"] for row in of_state] == [made[2]]


@pytest.mark.parametrize("query", ["state=lost", "limit=0", "limit=x", "after=x", "exercise=1",
                                   "colour=red", "state=open,lost", "limit=100000"])
def test_wrong_queries_are_400(town, query):
    for list_of in ("cases", "alerts"):
        answer = town.people.operator.get(f"/v1/{list_of}?{query}")
        answer.problem(400)


def test_an_ack_from_before_a_raise_is_no_ack(town):
    alert = town.alert(town.case(), areas=["RS-06"])
    operator = town.people.operator

    def kinds():
        return [item["kind"] for item in
                operator.get("/v1/worklist?exercise=true").expect(200).json["items"]]
    town.people.partner("mup-ns").post(f"/v1/alerts/{alert}/acks", {"by": "D"}).expect(201)
    assert kinds() == []
    for areas, waits in ((["RS"], ["no_acknowledgement"]), (["RS-06"], ["no_acknowledgement"])):
        operator.post(f"/v1/alerts/{alert}/updates",
                      {"kind": "information", "reason": "r", "areas": areas}).expect(201)
        town.submit(alert)
        town.approve(alert)
        assert kinds() == waits
    town.people.partner("mup-ns").post(f"/v1/alerts/{alert}/acks", {"by": "D"}).expect(200, 201)
    assert kinds() == []


def test_worklist_tells_what_waits(town):
    case = town.case()
    operator = town.people.operator

    def kinds():
        items = operator.get("/v1/worklist?exercise=true").expect(200).json["items"]
        return [item["kind"] for item in items]
    assert kinds() == ["case_new"]
    alert = town.draft(case)["id"]
    assert kinds() == []
    town.submit(alert)
    assert kinds() == ["approval_waiting"]
    town.people.approver.post(f"/v1/alerts/{alert}/return", {"reason": "r"}).expect(200)
    assert kinds() == ["version_returned"]
    town.submit(alert)
    town.approve(alert)
    assert kinds() == ["no_acknowledgement"]
    assert operator.get("/v1/worklist").expect(200).json["items"] == []
    soon = (town.now()).isoformat(timespec="seconds")
    operator.post(f"/v1/cases/{case}/notes", {"text": "Zvati školu.", "due_at": soon}).expect(
        201, 422)
