"""What an admin does to channels and deliveries: look, suspend, resume, probe, redrive."""
import json

import pytest
from harness import behaviour
from harness.wait import wait_for

ACTS = ("suspend", "resume", "probe")


def channels(town):
    return {item["name"]: item for item in town.people.admin.items("/v1/channels")}


def act(town, name, verb):
    return town.people.admin.post(f"/v1/channels/{name}/{verb}")


def deliveries(town, alert, channel="mup-ns"):
    path = f"/v1/alerts/{alert}/deliveries?channel={channel}"
    return town.people.operator.items(path)


def wait_state(town, alert, state):
    """The one version delivery of mup-ns once it is in this state."""
    def found():
        return [d for d in deliveries(town, alert)
                if d["message"] == "version" and d["state"] == state]
    return wait_for(found, what=lambda: deliveries(town, alert))[0]


def test_file_and_state_side_by_side(town):
    shown = channels(town)
    assert list(shown) == ["bolnica-ns", "log", "mup-ns"], "in the order of names"
    mup = shown["mup-ns"]
    assert mup["file"]["plugin"] == "webhook"
    assert mup["file"]["partner"] == "mup-ns"
    assert mup["file"]["options"]["urls"] == [town.mup.url]
    assert mup["state"]["phase"] == "closed"
    assert mup["state"]["suspended_by"] is None
    assert mup["state"]["held"] == 0
    assert shown["log"]["state"]["recipients"] == 1


def test_secrets_are_shown_by_their_source(town):
    body = town.people.admin.get("/v1/channels").expect(200).body.decode()
    for endpoint in (town.mup, town.bolnica):
        assert endpoint.keys[0].split("_", 1)[1] not in body
    assert "secrets/mup-ns" in body


def test_pages(town):
    page = town.people.admin.get("/v1/channels?limit=2").expect(200).json
    assert [item["name"] for item in page["items"]] == ["bolnica-ns", "log"]
    rest = town.people.admin.get(f"/v1/channels?limit=2&after={page['next']}").expect(200).json
    assert [item["name"] for item in rest["items"]] == ["mup-ns"]
    assert rest["next"] is None
    town.people.admin.get("/v1/channels?limit=0").problem(400)


def test_a_channel_that_is_off_has_no_state(town):
    town.config.channels["spare"] = {**town.config.channels["mup-ns"], "name": "spare",
                                     "mode": "off"}
    town.config.write()
    town.astrad.ctl("reload")
    assert channels(town)["spare"]["state"] is None
    for verb in ACTS:
        act(town, "spare", verb).problem(404)


@pytest.mark.parametrize("who", ["operator", "approver", "auditor"])
def test_only_an_admin(town, who):
    client = getattr(town.people, who)
    client.get("/v1/channels").problem(403)
    for verb in ACTS:
        client.post(f"/v1/channels/mup-ns/{verb}").problem(403)
    client.post("/v1/deliveries/1/redrive").problem(403)


@pytest.mark.parametrize("verb", ACTS)
def test_unknown_channel(town, verb):
    act(town, "nowhere", verb).problem(404)


def test_nothing_is_sent_while_suspended(town):
    told = act(town, "mup-ns", "suspend").expect(200).json
    assert told["state"]["phase"] == "suspended"
    assert told["state"]["cause"] == "operator"
    assert told["state"]["suspended_by"] == "petar"
    assert told["state"]["suspended_at"] is not None

    alert = town.alert(town.report()["case"]["id"])
    town.astrad.restart()  # a crash must not bring it back either
    assert channels(town)["mup-ns"]["state"]["suspended_by"] == "petar"
    assert town.mup.delivered == []

    told = act(town, "mup-ns", "resume").expect(200).json
    assert told["state"]["phase"] == "closed"
    assert told["state"]["suspended_by"] is None
    town.mup.wait_type("exercise.alert.issued")
    wait_state(town, alert, "delivered")


def test_probe(town):
    told = act(town, "mup-ns", "probe").expect(200).json
    assert told["outcome"] == "delivered"
    assert told["status"] == 200
    [event] = town.mup.wait_delivered(1)
    assert event["type"] == "channel.ping"

    town.mup.script(behaviour.status(500))
    told = act(town, "mup-ns", "probe").expect(200).json
    assert (told["outcome"], told["status"]) == ("retry", 500)


def gone_once(town):
    """An alert whose delivery the endpoint answered with 410: held, the channel suspended."""
    town.mup.script(behaviour.status(410))
    alert = town.alert(town.report()["case"]["id"])
    return alert, wait_state(town, alert, "held")


def test_redrive(town):
    alert, held = gone_once(town)
    shown = channels(town)["mup-ns"]["state"]
    assert (shown["phase"], shown["cause"]) == ("suspended", "gone")
    assert shown["suspended_by"] == "system"
    assert town.mup.delivered == []

    act(town, "mup-ns", "resume").expect(200)
    assert wait_state(town, alert, "held"), "a resume alone sends nothing that was held"
    town.people.admin.post(f"/v1/deliveries/{held['id']}/redrive").expect(202)
    town.mup.wait_delivered(1)
    again = wait_state(town, alert, "delivered")
    assert again["id"] == held["id"]
    ids = {request.message_id for request in town.mup.requests}
    assert ids == {held["event"]}, "the same message id"


def test_redrive_is_done_once_a_key(town):
    _, held = gone_once(town)
    path = f"/v1/deliveries/{held['id']}/redrive"
    first = town.people.admin.post(path, key="again").expect(202)
    second = town.people.admin.post(path, key="again").expect(202)
    assert second.headers["idempotency-replayed"] == "true"
    assert first.json == second.json


def test_redrive_refuses_what_is_not_current(town):
    alert, held = gone_once(town)
    town.cancel(alert)
    act(town, "mup-ns", "resume").expect(200)
    town.people.admin.post(f"/v1/deliveries/{held['id']}/redrive").problem(409)
    for unknown in ("999999", "0", "abc"):
        town.people.admin.post(f"/v1/deliveries/{unknown}/redrive").problem(404)
    assert "exercise.alert.issued" not in [event["type"] for event in town.mup.events]


def test_the_same_from_a_shell(town):
    ctl = town.astrad.ctl
    assert "mup-ns" in ctl("channel", "list").stdout
    assert "suspended" in ctl("channel", "suspend", "mup-ns").stdout
    ctl("channel", "resume", "mup-ns")
    told = json.loads(ctl("--json", "channel", "probe", "mup-ns").stdout)
    assert told["outcome"] == "delivered"
    refused = ctl("delivery", "redrive", "999999", check=False)
    assert refused.returncode == 1
    assert "no such delivery" in refused.stderr
