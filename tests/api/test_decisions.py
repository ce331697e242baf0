"""Submit, approve, return, reject, withdraw: two persons, one digest, one answer.

Covers intake/alerts.c and intake/act.c.
"""
import pytest

VERIFIED = {"name": "V. Petrović", "unit": "PU Novi Sad", "how": "viđen lično"}


def act(town, client, alert, name, body=None, **how):
    return client.post(f"/v1/alerts/{alert}/{name}", body if body is not None else {}, **how)


def alert_of(town, alert):
    return town.people.operator.get(f"/v1/alerts/{alert}").expect(200).json


@pytest.fixture
def pending(town):
    """A submitted alert's id, and what was submitted."""
    alert = town.draft(town.case())["id"]
    return alert, town.submit(alert)


def second_token(town, person, role):
    return town.astrad.client(town.astrad.token(role, person))


# --- two persons, not two tokens

def test_who_submitted_cannot_approve_by_any_token(town, pending):
    alert, said = pending
    act(town, second_token(town, "ana", "approver"), alert, "approve", said).problem(403)
    assert alert_of(town, alert)["version_state"] == "pending"
    act(town, town.people.approver, alert, "approve", said).expect(200)


def test_who_edited_cannot_approve(town):
    alert = town.draft(town.case())["id"]
    etag = town.people.operator.get(f"/v1/alerts/{alert}").etag
    assert town.people.approver
    second_token(town, "marko", "operator").patch(
        f"/v1/alerts/{alert}/draft", {"areas": ["RS-06"]}, if_match=etag).expect(200)
    said = town.submit(alert)
    act(town, town.people.approver, alert, "approve", said).problem(403)
    town.astrad.person("jovan")
    act(town, second_token(town, "jovan", "approver"), alert, "approve", said).expect(200)


def test_an_operators_token_does_not_approve(town, pending):
    alert, said = pending
    act(town, town.people.other_operator, alert, "approve", said).problem(403)
    act(town, town.people.other_operator, alert, "return", {"reason": "r"}).problem(403)
    act(town, town.people.other_operator, alert, "reject", {"reason": "r"}).problem(403)
    for client in (town.people.auditor, town.people.admin, town.people.partner("mup-ns")):
        act(town, client, alert, "approve", said).problem(403)


def test_a_disabled_approver_is_nobody(town, pending):
    alert, said = pending
    marko = town.people.approver
    town.people.admin.post("/v1/persons/marko/disable", {}).expect(200)
    act(town, marko, alert, "approve", said).problem(401)


def three_persons(town):
    town.config.policy("restricted", rungs=[{"name": "police", "after": "0s",
                                             "channels": ["mup-ns"]}], approvals=3)
    town.config.write()
    town.astrad.reload()
    town.astrad.person("jovan")
    return second_token(town, "jovan", "approver")


def test_three_persons_are_an_author_and_two_more(town):
    """However many edited it, and however many times one says yes."""
    jovan = three_persons(town)
    alert = town.draft(town.case())["id"]
    town.people.other_operator.patch(f"/v1/alerts/{alert}/draft", {"areas": ["RS-06"]},
                                     if_match="*").expect(200)
    said = town.submit(alert)
    for _ in range(2):
        done = act(town, town.people.approver, alert, "approve", said).expect(200).json
        assert (done["state"], done["version_state"]) == ("pending", "pending")
    assert act(town, jovan, alert, "approve", said).expect(200).json["state"] == "active"


def test_who_approved_what_was_returned_has_approved_nothing(town):
    jovan = three_persons(town)
    alert = town.draft(town.case())["id"]
    said = town.submit(alert)
    act(town, town.people.approver, alert, "approve", said).expect(200)
    act(town, jovan, alert, "return", {"reason": "r"}).expect(200)
    town.people.operator.patch(f"/v1/alerts/{alert}/draft", {"areas": ["RS-06"]},
                               if_match="*").expect(200)
    said = town.submit(alert)
    assert act(town, jovan, alert, "approve", said).expect(200).json["state"] == "pending"
    assert town.mup.requests == []
    done = act(town, town.people.approver, alert, "approve", said).expect(200).json
    assert done["state"] == "active"


# --- one approves what one read

STALE = {
    "case": lambda town, case, alert: town.people.operator.patch(
        f"/v1/cases/{case}", {"reason": "r", "child": {"clothing": "zelena jakna"}},
        if_match="*").expect(200),
    "evidence": lambda town, case, alert: town.report(case_id=case),
    "hold": lambda town, case, alert: town.people.operator.put(
        f"/v1/cases/{case}/holds",
        {"field": "child.age", "by": "tužilac", "reference": "KT 1"}).expect(200),
}


def case_without_clothes(town):
    """The evidence of STALE, a whole report, fills it."""
    return town.case(child={"names": [{"script": "Latn", "given": "Đorđe"}], "age": 7})


@pytest.mark.parametrize("change", STALE)
def test_what_changed_since_the_preview_is_409(town, change):
    case = case_without_clothes(town)
    alert = town.draft(case)["id"]
    said = town.digest(alert)
    STALE[change](town, case, alert)
    act(town, town.people.operator, alert, "submit", said).problem(409)


@pytest.mark.parametrize("change", STALE)
def test_what_changed_since_submit_is_409(town, change):
    case = case_without_clothes(town)
    alert = town.draft(case)["id"]
    said = town.submit(alert)
    STALE[change](town, case, alert)
    act(town, town.people.approver, alert, "approve", said).problem(409)
    assert alert_of(town, alert)["state"] == "pending"


def test_what_nobody_would_see_changes_nothing(town, pending):
    """The digest is over what would be sent; a note or a hold of another field is not."""
    alert, said = pending
    case = alert_of(town, alert)["cases"][0]["id"]
    hold = {"field": "photo", "by": "tužilac", "reference": "KT 1"}
    town.people.operator.put(f"/v1/cases/{case}/holds", hold).expect(200)
    town.people.operator.post(f"/v1/cases/{case}/notes", {"text": "n"}).expect(201)
    act(town, town.people.approver, alert, "approve", said).expect(200)


def test_a_draft_edited_since_the_preview_is_409(town):
    alert = town.draft(town.case())["id"]
    said = town.digest(alert)
    town.people.other_operator.patch(f"/v1/alerts/{alert}/draft", {"areas": ["RS-06"]},
                                     if_match="*").expect(200)
    act(town, town.people.operator, alert, "submit", said).problem(409)


def change_phone(config):
    config.astrad["contacts"]["hotline"]["phone"] = "116001"


def add_channel(config):
    config.journal("second", tier="restricted")
    config.policies["restricted"]["alert"]["rungs"][0]["channels"].append("second")


@pytest.mark.parametrize("change", [change_phone, add_channel])
@pytest.mark.parametrize("how", ["restart", "reload"])
def test_other_settings_are_another_digest(town, pending, change, how):
    alert, said = pending
    change(town.config)
    town.config.write()
    getattr(town.astrad, how)()
    act(town, town.people.approver, alert, "approve", said).problem(409)
    assert town.digest(alert)["digest"] != said["digest"]


def test_same_settings_are_the_same_digest_after_a_restart(town, pending):
    alert, said = pending
    town.astrad.restart()
    act(town, town.people.approver, alert, "approve", said).expect(200)


@pytest.mark.parametrize("body, pointers", [
    ({}, ["/digest", "/version"]),
    ({"version": 1}, ["/digest"]),
    ({"version": "1", "digest": 7}, ["/digest", "/version"]),
    ({"version": 1, "digest": "sha256:00", "force": True}, None),
])
def test_decisions_name_version_and_digest(town, pending, body, pointers):
    for client, name in ((town.people.operator, "submit"), (town.people.approver, "approve")):
        told = act(town, client, pending[0], name, body).pointers()
        assert told if pointers is None else sorted(told) == pointers


def test_wrong_version_or_digest_is_409(town, pending):
    alert, said = pending
    for wrong in ({**said, "version": 2}, {**said, "digest": "sha256:" + "0" * 64}):
        act(town, town.people.approver, alert, "approve", wrong).problem(409)


# --- holds

def test_a_held_field_blocks_until_it_is_released_or_left_out(town):
    case = town.case()
    alert = town.draft(case)["id"]
    hold = {"field": "child.clothing", "by": "tužilac", "reference": "KT 1"}
    town.people.operator.put(f"/v1/cases/{case}/holds", hold).expect(200)
    preview = town.people.operator.get(f"/v1/alerts/{alert}/preview").json
    assert [e["pointer"] for e in preview["errors"]] == ["/fields"]
    said = {"version": preview["version"], "digest": preview["digest"]}
    told = act(town, town.people.operator, alert, "submit", said).problem(409)
    assert "child.clothing" in told["detail"]
    town.people.operator.patch(f"/v1/alerts/{alert}/draft",
                               {"fields": ["child.given", "child.age"]},
                               if_match="*").expect(200)
    town.submit(alert)
    town.approve(alert)


def test_a_hold_ends_at_its_time(clock, town):
    case = town.case()
    alert = town.draft(case)["id"]
    until = (town.now().replace(microsecond=0)).isoformat().replace("15:31", "15:41")
    hold = {"field": "child.clothing", "by": "t", "reference": "KT", "until": until}
    town.people.operator.put(f"/v1/cases/{case}/holds", hold).expect(200)
    preview = town.people.operator.get(f"/v1/alerts/{alert}/preview").json
    assert preview["errors"]
    clock.advance(minutes=11)
    town.submit(alert)


# --- return, reject, withdraw

def test_returned_is_edited_and_submitted_again(town, pending):
    alert, said = pending
    assert act(town, town.people.approver, alert, "return", {}).pointers() == ["/reason"]
    done = act(town, town.people.approver, alert, "return", {"reason": "Proverite odeću."})
    assert (done.expect(200).json["state"], done.json["version_state"]) == ("draft", "returned")
    act(town, town.people.approver, alert, "approve", said).problem(409)
    act(town, town.people.approver, alert, "return", {"reason": "r"}).problem(409)
    town.people.operator.patch(f"/v1/alerts/{alert}/draft", {"areas": ["RS-06"]},
                               if_match="*").expect(200)
    assert alert_of(town, alert)["version_state"] == "draft"
    assert town.submit(alert)["version"] == 1
    assert town.approve(alert)["state"] == "active"


def test_returned_is_submitted_again_as_it_is(town, pending):
    alert, said = pending
    act(town, town.people.approver, alert, "return", {"reason": "r"}).expect(200)
    assert town.submit(alert) == said
    town.approve(alert)


def test_reject_is_final(town, pending):
    alert, said = pending
    assert act(town, town.people.approver, alert, "reject", {}).pointers() == ["/reason"]
    done = act(town, town.people.approver, alert, "reject", {"reason": "Nije nestao."})
    assert (done.expect(200).json["state"], done.json["version_state"]) == ("rejected", "rejected")
    for client, name, body in ((town.people.approver, "approve", said),
                               (town.people.operator, "submit", said),
                               (town.people.operator, "withdraw", {}),
                               (town.people.operator, "cancel", {"reason": "withdrawn"}),
                               (town.people.operator, "suspend", {}),
                               (town.people.operator, "resume", {})):
        act(town, client, alert, name, body).problem(409)
    assert town.people.operator.get(f"/v1/alerts/{alert}/preview").status == 200


@pytest.mark.parametrize("submitted", [False, True])
def test_withdrawn_before_anybody_approved_ends_and_sends_nothing(town, submitted):
    alert = town.draft(town.case())["id"]
    if submitted:
        town.submit(alert)
    done = act(town, town.people.operator, alert, "withdraw").expect(200).json
    assert (done["state"], done["end"], done["version_state"]) == \
        ("ended", "withdrawn", "withdrawn")
    assert town.mup.requests == []
    act(town, town.people.operator, alert, "withdraw").problem(409)


@pytest.mark.parametrize("name, body, state", [
    ("return", {"reason": "r"}, "returned"), ("reject", {"reason": "r"}, "rejected"),
    ("withdraw", {}, "withdrawn")])
def test_a_running_alert_stays_active_through_all_three(town, name, body, state):
    alert = town.alert(town.case())
    update = {"kind": "information", "reason": "r",
              "set": {"message": {"sr-Latn": "Viđen je kod autobuske stanice."}}}
    act(town, town.people.operator, alert, "updates", update).expect(201)
    town.submit(alert)
    done = act(town, town.people.approver, alert, name, body).expect(200).json
    assert (done["state"], done["version_state"], done["version"]) == ("active", state, 2)
    seen = alert_of(town, alert)
    assert (seen["state"], seen["current_version"]) == ("active", 1)
    if state != "returned":
        act(town, town.people.operator, alert, "updates", update).expect(201)


# --- unknown

@pytest.mark.parametrize("name", ["01a20a54-c36d-7808-b2ec-39e27ed1503f", "26-0001-A", "x"])
def test_unknown_alerts_are_404_everywhere(town, name):
    said = {"version": 1, "digest": "sha256:" + "0" * 64}
    operator, approver = town.people.operator, town.people.approver
    operator.get(f"/v1/alerts/{name}").problem(404)
    operator.get(f"/v1/alerts/{name}/preview").problem(404)
    operator.patch(f"/v1/alerts/{name}/draft", {"areas": []}, if_match="*").problem(404)
    for client, what, body in ((operator, "submit", said), (approver, "approve", said),
                               (approver, "return", {"reason": "r"}),
                               (approver, "reject", {"reason": "r"}), (operator, "withdraw", {}),
                               (operator, "updates", {"kind": "information", "reason": "r"}),
                               (operator, "cancel", {"reason": "resolved"}),
                               (operator, "suspend", {}), (operator, "resume", {})):
        act(town, client, name, what, body).problem(404)


def test_an_alert_by_its_ref(town):
    ref = town.draft(town.case())["ref"]
    town.submit(ref)
    town.approve(ref)
    act(town, town.people.operator, ref, "suspend").expect(200)
    act(town, town.people.operator, ref, "resume").expect(201)
    act(town, town.people.operator, ref, "withdraw").expect(200)
    act(town, town.people.operator, ref, "cancel", {"reason": "resolved"}).expect(200)
    assert alert_of(town, ref.lower())["state"] == "ended"
