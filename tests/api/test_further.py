"""/send and /repolicy: a running alert is brought to more people than its ladder names, and nobody
gets it whom two persons have not approved. Judged by what the receivers got.

Covers casework/alert_act.c and store/alert_standing.c.
"""
import copy
import json

import pytest
from harness import behaviour
from harness.town import RUNGS, Town
from harness.wait import wait_for

OTHER = [{"name": "police", "after": "0s", "channels": ["mup-ns", "kcv"]},
         {"name": "region", "after": "10m", "channels": ["bolnica-ns"]}]


def act(client, alert, name, body=None, **how):
    return client.post(f"/v1/alerts/{alert}/{name}", body if body is not None else {}, **how)


def send(town, alert, channel, **said):
    return act(town.people.operator, alert, "send", {"channel": channel, **said})


def repolicy(town, alert, policy, **said):
    return act(town.people.operator, alert, "repolicy", {"policy": policy, **said})


def alert_of(town, alert):
    return town.people.operator.get(f"/v1/alerts/{alert}").expect(200).json


def preview(town, alert):
    return town.people.operator.get(f"/v1/alerts/{alert}/preview").expect(200).json


def gets(document):
    """{channel: recipients} of those who would newly get it."""
    return {c["name"]: c["recipients"] for c in document["channels"]
            if c["excluded_because"] is None}


def told(endpoint):
    return [(e["type"].removeprefix("exercise."), e["data"]["version"]) for e in endpoint.events]


def recipients(town, channel="list"):
    return [entry["recipient"] for entry in town.lines(channel)]


@pytest.fixture
def wide(config, receiver, astrad):
    """The usual town with a hospital that no ladder names, a list, and further policies."""
    town = Town(config, receiver, astrad)
    town.kcv = town._partner("kcv", "hospital")
    config.journal("list", recipients=["r1", "r2"], tier="restricted")
    config.policy("other", rungs=copy.deepcopy(OTHER))
    config.policy("same", rungs=copy.deepcopy(RUNGS))
    config.policy("three", rungs=copy.deepcopy(RUNGS), approvals=3)

    def lines(channel):
        path = config.journal_path(channel)
        return [json.loads(line) for line in path.read_text().splitlines()] \
            if path.exists() else []
    town.lines = lines
    return town.open()


# --- send

def test_a_send_outside_the_ladder_takes_two(wide):
    town = wide
    alert = town.alert(town.case())
    issued = town.mup.wait_type("exercise.alert.issued")
    made = send(town, alert, "kcv", reason="Vozač je krenuo ka KCV.").expect(201).json
    assert (made["kind"], made["version"], made["version_state"]) == ("send", 2, "draft")
    seen = preview(town, alert)
    assert (seen["kind"], seen["version"], gets(seen)) == ("send", 2, {"kcv": 1})
    said = town.submit(alert)
    act(town.people.operator, alert, "approve", said).problem(403)
    act(town.people.other_operator, alert, "approve", said).problem(403)
    assert told(town.kcv) == []
    done = act(town.people.approver, alert, "approve", said).expect(200).json
    assert (done["state"], done["version_state"]) == ("active", "approved")
    got = town.kcv.wait_type("exercise.alert.issued")
    # the current version, as everybody else got it
    assert got["data"]["version"] == 1 and alert_of(town, alert)["current_version"] == 1
    for member in ("cases", "texts", "kind", "changed", "expires_at", "issued_at", "contact"):
        assert got["data"][member] == issued["data"][member], member
    assert got["data"]["seq"] == 1
    town.cancel(alert)
    for endpoint in (town.mup, town.kcv):
        endpoint.wait_type("exercise.alert.ended")
        assert told(endpoint) == [("alert.issued", 1), ("alert.ended", 3)]
    assert town.bolnica.events == []


def test_the_preview_of_a_send_is_what_arrives(wide):
    """What the case has become since is not told by a send: it sends the approved version."""
    town = wide
    case = town.case()
    alert = town.alert(case)
    town.people.operator.patch(f"/v1/cases/{case}", {
        "reason": "r", "child": {"clothing": "zelena jakna"}}, if_match="*").expect(200)
    send(town, alert, "kcv").expect(201)
    [shown] = [v for v in preview(town, alert)["variants"] if v["message"] == "issued"]
    town.submit(alert)
    town.approve(alert)
    got = town.kcv.wait_type("exercise.alert.issued")
    assert json.loads(shown["body"])["data"]["cases"] == got["data"]["cases"]
    assert "plava jakna" in str(got["data"]["cases"])


def test_a_send_of_an_update_is_that_update(wide):
    town = wide
    alert = town.alert(town.case())
    act(town.people.operator, alert, "updates",
        {"kind": "correction", "reason": "r",
         "set": {"child": {"clothing": "zelena jakna"}}}).expect(201)
    town.submit(alert)
    town.approve(alert)
    updated = town.mup.wait_type("exercise.alert.updated")
    send(town, alert, "kcv").expect(201)
    town.submit(alert)
    town.approve(alert)
    got = town.kcv.wait_type("exercise.alert.updated")
    for member in ("version", "kind", "cases", "texts", "changed", "retracted"):
        assert got["data"][member] == updated["data"][member], member
    # a further version goes to whom a send brought it
    act(town.people.operator, alert, "updates",
        {"kind": "information", "reason": "r", "remove": ["child.clothing"]}).expect(201)
    town.submit(alert)
    town.approve(alert)
    for endpoint in (town.mup, town.kcv):
        wait_for(lambda: told(endpoint)[-1] == ("alert.updated", 4))


def test_one_who_was_sent_to_and_is_down_gets_the_next_version(clock, wide):
    """Nobody at kcv has the alert yet; that no ladder names it does not lose it."""
    town = wide
    town.kcv.script(behaviour.status(500))
    alert = town.alert(town.case())
    send(town, alert, "kcv").expect(201)
    town.submit(alert)
    town.approve(alert)
    town.kcv.wait_requests(1)
    act(town.people.operator, alert, "updates",
        {"kind": "information", "reason": "r", "remove": ["child.clothing"]}).expect(201)
    town.submit(alert)
    town.approve(alert)
    assert town.kcv.wait_type("exercise.alert.updated")["data"]["version"] == 3


def test_a_later_rung_is_sent_at_once(clock, wide):
    """It stands in the plan that was approved: nobody is told whom nobody approved."""
    town = wide
    alert = town.alert(town.case())
    done = send(town, alert, "bolnica-ns").expect(200).json
    assert (done["state"], done["version"], done["count"]) == ("active", 1, 1)
    assert town.bolnica.wait_type("exercise.alert.issued")["data"]["version"] == 1
    send(town, alert, "bolnica-ns").problem(409)
    send(town, alert, "mup-ns").problem(409)
    timeline = town.people.operator.items(f"/v1/alerts/{alert}/timeline")
    [row] = [row for row in timeline if row["action"] == "alert.send"]
    assert (row["detail"], row["person"]) == ("channel=bolnica-ns widens=no", "ana")


def test_who_came_to_a_list_gets_it_by_a_send_only(wide):
    town = wide
    alert = town.alert(town.case())
    send(town, alert, "list").expect(201)
    assert gets(preview(town, alert)) == {"list": 2}
    town.submit(alert)
    town.approve(alert)
    wait_for(lambda: sorted(recipients(town)) == ["r1", "r2"])
    send(town, alert, "list").problem(409)
    entries = town.config.channels["list"]["recipients"]["inline"]
    entries.append({"id": "r3", "address": "r3"})
    town.config.write()
    town.astrad.reload()
    wait_for(lambda: send(town, alert, "list").status == 201)
    assert gets(preview(town, alert)) == {"list": 1}
    assert sorted(recipients(town)) == ["r1", "r2"]
    said = town.submit(alert)
    act(town.people.operator, alert, "approve", said).problem(403)
    town.approve(alert)
    wait_for(lambda: sorted(recipients(town)) == ["r1", "r2", "r3"])
    town.cancel(alert)
    wait_for(lambda: len(recipients(town)) == 6)
    assert sorted(recipients(town)[3:]) == ["r1", "r2", "r3"]


@pytest.mark.parametrize("channel, said", [
    ("nobody", "is no configured channel"), ("off", "the channel is off"),
    ("far", "the areas do not meet"), ("public", "the channel is for a wider tier")])
def test_nobody_is_sent_what_its_file_does_not_allow(wide, channel, said):
    town = wide
    town.config.areas["DE"] = None
    town.config.journal("off", tier="restricted", mode="off")
    town.config.journal("far", tier="restricted", areas=["DE"])
    town.config.journal("public", tier="national")
    town.config.write()
    town.astrad.reload()
    alert = town.alert(town.case())
    [error] = send(town, alert, channel).problem(422)["errors"]
    assert error["pointer"] == "/channel" and said in error["detail"]
    assert alert_of(town, alert)["version"] == 1


def test_what_is_held_back_is_not_sent_further(wide):
    town = wide
    case = town.case()
    alert = town.alert(case)
    town.people.operator.put(f"/v1/cases/{case}/holds", {
        "field": "child.clothing", "by": "tužilac", "reference": "KT 1"}).expect(200)
    for channel in ("kcv", "bolnica-ns"):
        assert "child.clothing" in send(town, alert, channel).problem(409)["detail"]
    assert "child.clothing" in repolicy(town, alert, "other").problem(409)["detail"]


def test_a_hold_after_submit_stops_the_send(wide):
    town = wide
    case = town.case()
    alert = town.alert(case)
    send(town, alert, "kcv").expect(201)
    said = town.submit(alert)
    town.people.operator.put(f"/v1/cases/{case}/holds", {
        "field": "child.age", "by": "tužilac", "reference": "KT 1"}).expect(200)
    act(town.people.approver, alert, "approve", said).problem(409)
    assert town.kcv.events == []


def test_a_send_that_nobody_would_get_any_more_is_refused(clock, wide):
    """While it waits somebody sends to the same people another way."""
    town = wide
    alert = town.alert(town.case())
    send(town, alert, "kcv").expect(201)
    said = town.submit(alert)
    town.config.channels["kcv"]["mode"] = "retiring"
    town.config.write()
    town.astrad.reload()
    act(town.people.approver, alert, "approve", said).problem(409)
    seen = preview(town, alert)
    assert gets(seen) == {} and seen["errors"]
    assert town.kcv.events == []


# --- repolicy

def test_a_policy_that_names_more_takes_two(clock, wide):
    town = wide
    alert = town.alert(town.case())
    town.mup.wait_type("exercise.alert.issued")
    made = repolicy(town, alert, "other", reason="Bolnica je bliže.").expect(201).json
    assert (made["kind"], made["version_state"]) == ("repolicy", "draft")
    seen = preview(town, alert)
    assert gets(seen) == {"kcv": 1}
    assert {c["name"]: c["rung"] for c in seen["channels"] if c["use"] == "rung"} == \
        {"mup-ns": "police", "kcv": "police", "bolnica-ns": "region"}
    said = town.submit(alert)
    act(town.people.operator, alert, "approve", said).problem(403)
    assert alert_of(town, alert)["policy"] == "restricted"
    act(town.people.approver, alert, "approve", said).expect(200)
    town.kcv.wait_type("exercise.alert.issued")
    assert alert_of(town, alert)["policy"] == "other"
    # the new ladder goes on: who has the alert is not told again, its next rung is due by its time
    clock.advance(minutes=9)
    assert town.bolnica.events == [] and told(town.mup) == [("alert.issued", 1)]
    clock.advance(minutes=1)
    assert town.bolnica.wait_type("exercise.alert.issued")["data"]["version"] == 1
    # and what comes after is under the new policy
    act(town.people.operator, alert, "updates",
        {"kind": "information", "reason": "r", "remove": ["child.clothing"]}).expect(201)
    assert alert_of(town, alert)["draft"]["policy"] == "other"
    town.submit(alert)
    town.approve(alert)
    for endpoint in (town.mup, town.kcv, town.bolnica):
        wait_for(lambda: told(endpoint)[-1] == ("alert.updated", 3))


def test_a_policy_that_names_nobody_else_is_changed_at_once(clock, wide):
    town = wide
    alert = town.alert(town.case())
    town.mup.wait_type("exercise.alert.issued")
    done = repolicy(town, alert, "same", reason="r").expect(200).json
    assert (done["state"], done["version"]) == ("active", 1)
    seen = alert_of(town, alert)
    assert (seen["policy"], seen["version"], seen["kind"]) == ("same", 1, "issue")
    assert preview(town, alert)["errors"] == []
    clock.advance(minutes=10)
    town.bolnica.wait_type("exercise.alert.issued")
    assert told(town.mup) == [("alert.issued", 1)]


def test_who_acknowledged_goes_on_holding_it(clock, wide):
    town = wide
    alert = town.alert(town.case())
    act(town.people.partner("mup-ns"), alert, "acks", {"by": "Dežurni"}).expect(201)
    repolicy(town, alert, "same").expect(200)
    summary = town.people.operator.get(f"/v1/alerts/{alert}/summary").expect(200).json
    assert summary["ladder"]["state"] == "acked"
    clock.advance(minutes=29)
    assert town.bolnica.events == []
    clock.advance(minutes=2)  # the lease lapses
    town.bolnica.wait_type("exercise.alert.issued")


def test_a_policy_with_fewer_approvals_takes_those_of_the_old_one(wide):
    town = wide
    alert = town.draft(town.case(), policy="three")["id"]
    said = town.submit(alert)
    act(town.people.approver, alert, "approve", said).expect(200)
    town.astrad.person("jovan")
    jovan = town.astrad.client(town.astrad.token("approver", "jovan"))
    assert act(jovan, alert, "approve", said).expect(200).json["state"] == "active"
    repolicy(town, alert, "same").expect(201)
    said = town.submit(alert)
    done = act(town.people.approver, alert, "approve", said).expect(200).json
    assert done["version_state"] == "pending" and alert_of(town, alert)["policy"] == "three"
    act(jovan, alert, "approve", said).expect(200)
    assert alert_of(town, alert)["policy"] == "same"


@pytest.mark.parametrize("policy, pointer", [("nobody", "/policy"), ("regional", "/policy")])
def test_unknown_and_unfit_policies(wide, policy, pointer):
    town = wide
    town.config.policy("regional", rungs=copy.deepcopy(RUNGS), tiers=("regional",))
    town.config.write()
    town.astrad.reload()
    alert = town.alert(town.case())
    assert pointer in repolicy(town, alert, policy).pointers()
    assert alert_of(town, alert)["policy"] == "restricted"


# --- both

ACTS = [("send", {"channel": "kcv"}), ("repolicy", {"policy": "other"})]


@pytest.mark.parametrize("name, body", ACTS)
def test_only_a_running_alert_and_one_at_a_time(wide, name, body):
    town = wide
    operator = town.people.operator
    alert = town.draft(town.case())["id"]
    act(operator, alert, name, body).problem(409)
    town.submit(alert)
    act(operator, alert, name, body).problem(409)
    town.approve(alert)
    act(operator, alert, name, body).expect(201)
    act(operator, alert, name, body).problem(409)
    operator.patch(f"/v1/alerts/{alert}/draft", {"areas": []}, if_match="*").problem(409)
    said = town.submit(alert)
    act(operator, alert, "suspend").expect(200)
    act(town.people.approver, alert, "approve", said).problem(409)
    act(operator, alert, "withdraw").expect(200)
    act(operator, alert, name, body).problem(409)
    town.cancel(alert)
    act(operator, alert, name, body).problem(409)
    assert town.kcv.events == []


@pytest.mark.parametrize("name, body", ACTS)
def test_bodies(wide, name, body):
    town = wide
    alert = town.alert(town.case())
    [member] = body
    assert act(town.people.operator, alert, name, {}).pointers() == [f"/{member}"]
    assert act(town.people.operator, alert, name, {**body, "now": True}).pointers() == ["/now"]
    assert act(town.people.operator, "26-0001-A", name, body).problem(404)


@pytest.mark.parametrize("name, body", ACTS + [("send", {"channel": "bolnica-ns"}),
                                               ("repolicy", {"policy": "same"})])
def test_the_same_key_is_answered_the_same(wide, name, body):
    town = wide
    alert = town.alert(town.case())
    first = act(town.people.operator, alert, name, body, key="k1")
    again = act(town.people.operator, alert, name, body, key="k1")
    assert (again.status, again.json) == (first.status, first.json)
    assert first.status in (200, 201)
    act(town.people.operator, alert, name, {**body, "reason": "r"}, key="k1").problem(422)
    town.cancel(alert)
    assert act(town.people.operator, alert, name, body, key="k1").json == first.json


@pytest.mark.parametrize("name, body", ACTS)
def test_refused_and_withdrawn_change_nothing(wide, name, body):
    town = wide
    alert = town.alert(town.case())
    for decision, client, said in (("return", town.people.approver, {"reason": "r"}),
                                   ("withdraw", town.people.operator, {}),
                                   ("reject", town.people.approver, {"reason": "r"})):
        act(town.people.operator, alert, name, body).expect(201)
        town.submit(alert)
        act(client, alert, decision, said).expect(200)
        if decision == "return":
            town.submit(alert)
            act(town.people.operator, alert, "withdraw").expect(200)
    seen = alert_of(town, alert)
    assert (seen["state"], seen["current_version"], seen["policy"]) == ("active", 1, "restricted")
    assert town.kcv.events == []


def test_expiry_stays_what_it_was(clock, wide):
    """Neither act lengthens an alert."""
    town = wide
    alert = town.alert(town.case())
    ends = alert_of(town, alert)["expires_at"]
    clock.advance(hours=1)
    for name, body in ACTS:
        act(town.people.operator, alert, name, body)
        if alert_of(town, alert)["version_state"] == "draft":
            town.submit(alert)
            town.approve(alert)
        assert alert_of(town, alert)["expires_at"] == ends
