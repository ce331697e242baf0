"""Updates, suspend and resume, cancel: what happens to an alert that runs."""
import datetime

import pytest
from harness.wait import wait_for


def act(client, alert, name, body=None):
    return client.post(f"/v1/alerts/{alert}/{name}", body if body is not None else {})


def alert_of(town, alert):
    return town.people.operator.get(f"/v1/alerts/{alert}").expect(200).json


@pytest.fixture
def alert(town):
    return town.alert(town.case())


def update(town, alert, expect=201, **body):
    body = {"kind": "information", "reason": "Javio se vozač.", **body}
    return act(town.people.operator, alert, "updates", body).expect(expect).json


def by_author(town, alert):
    return act(town.people.operator, alert, "approve", town.digest(alert))


# --- updates

def test_update_is_a_complete_version_that_two_persons_make(town, alert):
    made = update(town, alert, set={"message": {"sr-Latn": "Viđen je kod stanice, u crvenom."}})
    assert (made["version"], made["kind"], made["version_state"]) == (2, "update", "draft")
    update(town, alert, 409, areas=[])
    town.submit(alert)
    by_author(town, alert).problem(403)
    assert town.approve(alert)["version"] == 2
    seen = alert_of(town, alert)
    assert (seen["current_version"], seen["kind"]) == (2, "update")
    assert seen["draft"]["fields"] == ["child.given", "child.age", "child.sex", "child.clothing"]


def test_update_sets_case_fields_in_the_case(town):
    case = town.case()
    alert = town.alert(case)
    update(town, alert, kind="correction", set={"child": {"clothing": "zelena jakna"}})
    truth = town.people.operator.get(f"/v1/cases/{case}").json["truth"]
    assert truth["child"]["clothing"] == "zelena jakna"
    town.submit(alert)
    preview = town.people.operator.get(f"/v1/alerts/{alert}/preview").json
    assert "zelena jakna" in str(preview["variants"])
    assert preview["kind"] == "correction"
    town.approve(alert)


def test_update_removes_fields(town, alert):
    update(town, alert, remove=["child.clothing"])
    preview = town.people.operator.get(f"/v1/alerts/{alert}/preview").json
    assert "plava jakna" not in str(preview["variants"])
    assert alert_of(town, alert)["draft"]["fields"] == ["child.given", "child.age", "child.sex"]


NARROWS = [{"remove": ["child.clothing"]}, {"areas": ["RS-06"]},
           {"set": {"exclude": {"channels": ["bolnica-ns"]}}}]


@pytest.mark.parametrize("body", NARROWS)
def test_what_only_narrows_its_author_approves_alone(town, alert, body):
    update(town, alert, **body)
    town.submit(alert)
    done = by_author(town, alert).expect(200).json
    assert (done["state"], done["version"]) == ("active", 2)


def test_an_earlier_end_narrows(town, alert):
    end = (town.now() + datetime.timedelta(hours=2)).isoformat(timespec="seconds")
    update(town, alert, expires_at=end)
    town.submit(alert)
    by_author(town, alert).expect(200)
    seen = alert_of(town, alert)["expires_at"].replace("Z", "+00:00")
    assert datetime.datetime.fromisoformat(seen) == datetime.datetime.fromisoformat(end)


WIDENS = [{"remove": ["child.clothing"], "set": {"message": {"sr-Latn": "Novi tekst o detetu."}}},
          {"set": {"fields": ["child.given", "child.age", "child.hair"]}},
          {"set": {"child": {"clothing": "zelena jakna"}}, "kind": "correction"}]


@pytest.mark.parametrize("body", WIDENS)
def test_what_says_anything_new_takes_two(town, alert, body):
    update(town, alert, **body)
    town.submit(alert)
    by_author(town, alert).problem(403)


def test_what_reaches_somebody_new_takes_two(town, alert):
    """The files name one more channel since: to take a field away would tell it the rest."""
    town.config.journal("second", tier="restricted")
    town.config.policies["restricted"]["alert"]["rungs"][1]["channels"].append("second")
    town.config.write()
    town.astrad.reload()
    update(town, alert, remove=["child.clothing"])
    wait_for(lambda: [c["recipients"] for c in town.people.operator.get(
        f"/v1/alerts/{alert}/preview").json["channels"] if c["name"] == "second"] == [1])
    town.submit(alert)
    by_author(town, alert).problem(403)
    town.approve(alert)


def test_an_open_area_after_a_smaller_one_takes_two(town):
    alert = town.alert(town.case(), areas=["RS-06"])
    update(town, alert, areas=["RS"])
    town.submit(alert)
    by_author(town, alert).problem(403)
    town.approve(alert)


def test_another_operator_is_not_the_author_of_a_narrowing(town, alert):
    """Any operator may take away: the rule is about one person being enough."""
    update(town, alert, remove=["child.clothing"])
    said = town.submit(alert)
    act(town.people.other_operator, alert, "approve", said).expect(200)


@pytest.mark.parametrize("body, pointer", [
    ({}, "/kind"), ({"kind": "information"}, "/reason"),
    ({"kind": "issue", "reason": "r"}, "/kind"),
    ({"kind": "information", "reason": "r", "areas": ["XX"]}, "/areas/0"),
    ({"kind": "information", "reason": "r", "set": {"child": {"eyes": "octarine"}}}, "eyes"),
    ({"kind": "information", "reason": "r", "remove": ["child.shoes"]}, "/remove/0"),
    ({"kind": "information", "reason": "r", "expires_at": "2020-01-01T00:00:00Z"},
     "/expires_at"),
    ({"kind": "information", "reason": "r", "tier": "national"}, ""),
])
def test_wrong_updates_name_the_field_and_change_nothing(town, alert, body, pointer):
    told = act(town.people.operator, alert, "updates", body).pointers()
    assert any(pointer in one for one in told), told
    assert alert_of(town, alert)["version"] == 1


def test_only_a_running_alert_is_updated(town):
    alert = town.draft(town.case())["id"]
    body = {"kind": "information", "reason": "r", "areas": ["RS-06"]}
    act(town.people.operator, alert, "updates", body).problem(409)
    town.submit(alert)
    town.approve(alert)
    act(town.people.operator, alert, "suspend").expect(200)
    act(town.people.operator, alert, "updates", body).problem(409)
    town.cancel(alert)
    act(town.people.operator, alert, "updates", body).problem(409)


# --- suspend and resume

def test_one_person_suspends_two_resume(town, alert):
    assert act(town.people.operator, alert, "suspend").expect(200).json["state"] == "suspended"
    act(town.people.operator, alert, "suspend").problem(409)
    made = act(town.people.operator, alert, "resume", {"reason": "r"}).expect(201).json
    assert (made["kind"], made["state"]) == ("resume", "suspended")
    act(town.people.operator, alert, "resume").problem(409)
    town.submit(alert)
    by_author(town, alert).problem(403)
    done = town.approve(alert)
    assert (done["state"], done["version"]) == ("active", 2)
    assert alert_of(town, alert)["current_version"] == 1


def test_resume_is_for_suspended_ones(town, alert):
    act(town.people.operator, alert, "resume").problem(409)


def test_a_running_alert_with_an_open_update_may_be_suspended(town, alert):
    update(town, alert, areas=["RS-06"])
    act(town.people.operator, alert, "suspend").expect(200)
    assert alert_of(town, alert)["state"] == "suspended"


def test_an_update_of_a_suspended_alert_does_not_resume_it(town, alert):
    update(town, alert, areas=["RS-06"])
    said = town.submit(alert)
    act(town.people.operator, alert, "suspend").expect(200)
    act(town.people.approver, alert, "approve", said).problem(409)
    assert alert_of(town, alert)["state"] == "suspended"


# --- cancel

@pytest.mark.parametrize("reason", ["resolved", "withdrawn", "issued_in_error"])
def test_one_operator_cancels(town, alert, reason):
    done = act(town.people.other_operator, alert, "cancel",
               {"reason": reason, "note": "Nađen."}).expect(200).json
    assert (done["state"], done["end"], done["version"]) == ("ended", reason, 2)
    seen = alert_of(town, alert)
    assert (seen["state"], seen["end"], seen["kind"]) == ("ended", reason, "end")
    act(town.people.operator, alert, "cancel", {"reason": reason}).problem(409)


@pytest.mark.parametrize("state", ["suspended", "pending update", "resuming"])
def test_cancel_in_every_state(town, alert, state):
    if state == "pending update":
        update(town, alert, areas=["RS-06"])
        town.submit(alert)
    else:
        act(town.people.operator, alert, "suspend").expect(200)
    if state == "resuming":
        act(town.people.operator, alert, "resume").expect(201)
    said = {"version": 2, "digest": "sha256:" + "0" * 64}
    assert town.cancel(alert)["state"] == "ended"
    act(town.people.approver, alert, "approve", said).problem(409)
    assert alert_of(town, alert)["state"] == "ended"


@pytest.mark.parametrize("body", [{}, {"reason": "expired"}, {"reason": "found"},
                                  {"reason": "resolved", "not": "x"}])
def test_cancel_says_why(town, alert, body):
    assert act(town.people.operator, alert, "cancel", body).pointers()
    assert alert_of(town, alert)["state"] == "active"


def test_a_draft_that_is_cancelled_was_withdrawn(town):
    alert = town.draft(town.case())["id"]
    done = town.cancel(alert)
    assert (done["state"], done["end"]) == ("ended", "withdrawn")


def test_approvers_and_others_do_not_stop(town, alert):
    for client in (town.people.approver, town.people.auditor, town.people.admin,
                   town.people.partner("mup-ns")):
        act(client, alert, "cancel", {"reason": "resolved"}).problem(403)
        act(client, alert, "suspend").problem(403)
