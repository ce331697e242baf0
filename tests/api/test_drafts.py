"""Drafts: made, patched, previewed; what the configuration and the lint have to say."""
import copy
import datetime

import pytest
from harness.town import DRAFT


def alert_of(town, alert):
    return town.people.operator.get(f"/v1/alerts/{alert}").expect(200)


def errors_of(town, alert):
    preview = town.people.operator.get(f"/v1/alerts/{alert}/preview").expect(200).json
    return [error["pointer"] for error in preview["errors"]]


def edit(town, alert, body, if_match=None):
    return town.people.operator.patch(f"/v1/alerts/{alert}/draft", body,
                                      if_match=if_match or alert_of(town, alert).etag)


def test_draft_is_complete_and_opens_the_case(town):
    case = town.case()
    made = town.people.operator.post(f"/v1/cases/{case}/alerts", {"tier": "restricted"})
    made = made.expect(201).json
    assert (made["state"], made["version"], made["version_state"]) == ("draft", 1, "draft")
    assert made["case"]["state"] == "open"
    seen = alert_of(town, made["ref"]).json
    assert seen["id"] == made["id"]
    assert seen["draft"]["policy"] == "restricted"
    assert seen["draft"]["contact"] == "hotline"
    assert seen["draft"]["status"] == "exercise"


def changed(**changes):
    return {**copy.deepcopy(DRAFT), **changes}


WRONG = [
    (changed(tier="internal"), "/tier"),
    (changed(tier="galactic"), "/tier"),
    (changed(tier="national"), "/policy"),  # it is for restricted ones
    (changed(policy="none"), "/policy"),
    (changed(areas=["XX"]), "/areas/0"),
    (changed(contact="mother"), "/contact"),
    (changed(message={"xx": "Dete."}), "/message/xx"),
    (changed(fields=["child.shoes"]), "/fields/0"),
    (changed(fields=["circumstances"]), "/fields/0"),
    (changed(expires_at="2020-01-01T00:00:00Z"), "/expires_at"),
    (changed(expires_at="2099-01-01T00:00:00Z"), "/expires_at"),
    (changed(expires_at="tomorrow"), "/expires_at"),
    (changed(exclude={"partners": ["nobody"]}), "/exclude/partners/0"),
    (changed(exclude={"channels": ["nowhere"]}), "/exclude/channels/0"),
    (changed(flavour="mint"), "/flavour"),
]


@pytest.mark.parametrize("body, pointer", WRONG)
def test_wrong_drafts_name_the_field(town, body, pointer):
    told = town.people.operator.post(f"/v1/cases/{town.case()}/alerts", body).pointers()
    assert pointer in told or pointer.rpartition("/")[0] in told, told


def test_status_is_the_cases(town):
    case = town.case()
    post = town.people.operator.post
    post(f"/v1/cases/{case}/alerts", changed(status="test")).problem(409)
    assert "/status" in post(f"/v1/cases/{case}/alerts", changed(status="actual")).pointers()


def test_no_actual_alert_outside_production(town):
    document = {"status": "actual", "circumstances": "x", "child": {"age": 7}}
    case = town.people.operator.post("/v1/reports", document).expect(201).json["case"]["id"]
    body = changed()
    body.pop("status")
    told = town.people.operator.post(f"/v1/cases/{case}/alerts", body).pointers()
    assert told == ["/status"]


def test_patch_of_a_draft(town):
    alert = town.draft(town.case())["id"]
    town.people.operator.patch(f"/v1/alerts/{alert}/draft", {"areas": ["RS-06"]}).problem(428)
    old = alert_of(town, alert).etag
    town.people.other_operator.patch(f"/v1/alerts/{alert}/draft", {"areas": ["RS-06"]},
                                     if_match=old).expect(200)
    edit(town, alert, {"areas": []}, old).problem(412)
    edit(town, alert, {"areas": []}, "*").expect(200)
    assert edit(town, alert, {"tier": "internal", "contact": "x"}).pointers()
    assert edit(town, alert, {"status": "test"}).pointers() == ["/status"]
    town.submit(alert)
    edit(town, alert, {"areas": ["RS-06"]}).problem(409)


def test_preview_shows_the_bytes_and_a_stable_digest(town):
    alert = town.draft(town.case())["id"]
    read = town.people.approver.get(f"/v1/alerts/{alert}/preview").expect(200).json
    assert read == town.people.operator.get(f"/v1/alerts/{alert}/preview").json
    assert read["digest"].startswith("sha256:") and len(read["digest"]) == 71
    bodies = "".join(v["body"] for v in read["variants"])
    assert "Đorđe" in bodies and "Živković" not in bodies  # only the fields of the draft
    assert "VEŽBA" in bodies.upper()
    messages = {v["message"] for v in read["variants"]}
    assert messages >= {"issued", "end.resolved", "end.expired", "end.withdrawn",
                        "end.issued_in_error"}
    assert {c["name"] for c in read["channels"]} >= {"mup-ns", "bolnica-ns"}
    edit(town, alert, {"message": {"sr-Latn": "Dete se odvojilo od razreda kod reke."}}).expect(200)
    assert town.digest(alert)["digest"] != read["digest"]


LINT = [
    ({"child": {"age": 18}}, {}, ""),
    ({"child": {"born": "2001"}}, {}, ""),
    ({"category": "historic"}, {}, ""),
    ({}, {"message": {"sr-Latn": "Zovite majku na 064 123 4567 odmah."}}, "/message/sr-Latn"),
    ({}, {"exclude": {"channels": ["mup-ns", "bolnica-ns"]}}, ""),
]


@pytest.mark.parametrize("report, draft, pointer", LINT)
def test_lint_refuses_submit(town, report, draft, pointer):
    case = town.case(**report)
    alert = town.draft(case, **draft)["id"]
    assert errors_of(town, alert) == [pointer]
    read = town.people.operator.get(f"/v1/alerts/{alert}/preview").json
    said = {"version": read["version"], "digest": read["digest"]}
    assert town.people.operator.post(f"/v1/alerts/{alert}/submit", said).pointers() == [pointer]
    assert alert_of(town, alert).json["state"] == "draft"


def test_a_contacts_phone_may_stand_in_the_text(town):
    town.alert(town.case(), message={"sr-Latn": "Javite odmah na 116000 ili 192, hvala vam."})


def test_expiry_of_the_draft_counts(town):
    end = (town.now() + datetime.timedelta(hours=3)).isoformat(timespec="seconds")
    alert = town.alert(town.case(), expires_at=end)
    seen = alert_of(town, alert).json["expires_at"]
    assert datetime.datetime.fromisoformat(seen.replace("Z", "+00:00")) == \
        datetime.datetime.fromisoformat(end)


def test_pages_of_alerts(town):
    made = [town.draft(town.case())["id"] for _ in range(4)]
    operator = town.people.operator
    assert operator.get("/v1/alerts").expect(200).json["items"] == []
    rows = operator.items("/v1/alerts?exercise=true&limit=1")
    assert [row["id"] for row in rows] == made[::-1]
    town.submit(made[1])
    rows = operator.items("/v1/alerts?exercise=true&state=pending")
    assert [(row["id"], row["open_state"]) for row in rows] == [(made[1], "pending")]
