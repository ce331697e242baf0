"""The ladder on the real daemon: who is told when, and what an acknowledgement stops."""
from harness import behaviour
from harness.wait import wait_for


def ack(client, alert, **said):
    return client.post(f"/v1/alerts/{alert}/acks", {"by": "Dežurni", **said})


def ladder(town, alert):
    return town.people.operator.get(f"/v1/alerts/{alert}/summary").expect(200).json["ladder"]


def types(endpoint):
    return [event["type"] for event in endpoint.events]


def test_ack_by_a_partner_stops_the_ladder(clock, town):
    alert = town.alert(town.case())
    town.mup.wait_type("exercise.alert.issued")
    said = ack(town.people.partner("mup-ns"), alert).expect(201).json
    assert said["ack"]["by"] == "mup-ns" and said["ack"]["lease_until"]
    assert ladder(town, alert)["state"] == "acked"
    clock.advance(minutes=15)
    assert town.bolnica.events == []


def test_an_ack_again_is_the_same_one(clock, town):
    alert = town.alert(town.case())
    partner = town.people.partner("mup-ns")
    first = ack(partner, alert).expect(201).json["ack"]
    clock.advance(minutes=5)
    again = ack(partner, alert).expect(200).json["ack"]
    assert again["id"] == first["id"] and again["lease_until"] > first["lease_until"]
    town.cancel(alert)
    ack(partner, alert).problem(409)


def test_the_second_partner_is_escalated_past_one_who_is_down(clock, town):
    town.mup.always(behaviour.status(500))
    alert = town.alert(town.case())
    town.mup.wait_requests(1)
    clock.advance(minutes=10)
    issued = town.bolnica.wait_type("exercise.alert.issued")
    assert issued["data"]["alert"] == alert
    # and it hears who has it, once it was sent the alert
    ack(town.people.operator, alert, on_behalf_of="mup-ns", how="phone").expect(201)
    town.bolnica.wait_type("exercise.alert.acknowledged")


def test_get_never_acknowledges(clock, town):
    alert = town.alert(town.case())
    partner = town.people.partner("mup-ns")
    assert partner.get(f"/v1/alerts/{alert}/acks").status == 405
    assert ladder(town, alert)["state"] == "running"
    clock.advance(minutes=10)
    town.bolnica.wait_type("exercise.alert.issued")


def test_a_partner_sees_its_own_alerts_only(clock, town):
    alert = town.alert(town.case())
    bolnica = town.people.partner("bolnica-ns")
    ack(bolnica, alert).problem(404)
    assert bolnica.get("/v1/alerts?state=active").expect(200).json["items"] == []
    clock.advance(minutes=10)
    town.bolnica.wait_type("exercise.alert.issued")
    ack(bolnica, alert).expect(201)
    assert ladder(town, alert)["state"] != "acked"  # the rung waits for the police


def test_a_lapsed_lease_runs_the_ladder_again(clock, town):
    alert = town.alert(town.case())
    town.mup.wait_type("exercise.alert.issued")
    ack(town.people.partner("mup-ns"), alert, lease_minutes=30).expect(201)
    clock.advance(minutes=25)
    town.mup.wait_type("exercise.alert.ack_expiring")
    assert town.bolnica.events == []
    clock.advance(minutes=5)
    town.bolnica.wait_type("exercise.alert.issued")


def test_given_back(clock, town):
    alert = town.alert(town.case())
    partner = town.people.partner("mup-ns")
    mine = ack(partner, alert).expect(201).json["ack"]["id"]
    path = f"/v1/alerts/{alert}/acks/{mine}"
    town.people.partner("bolnica-ns").delete(path).problem(404)
    clock.advance(minutes=12)
    partner.delete(path).expect(200)
    partner.delete(path).expect(200)
    town.bolnica.wait_type("exercise.alert.issued")


def test_an_operator_escalates_at_once(clock, town):
    alert = town.alert(town.case())
    town.people.partner("mup-ns").post(f"/v1/alerts/{alert}/escalate").problem(403)
    town.people.operator.post(f"/v1/alerts/{alert}/escalate").expect(200)
    town.bolnica.wait_type("exercise.alert.issued")


def test_events_again_and_as_tombstones(town):
    alert = town.alert(town.case())
    pushed = town.mup.wait_type("exercise.alert.issued")
    partner = town.people.partner("mup-ns")
    page = partner.get("/v1/events").expect(200).json
    assert [item["event"] for item in page["items"]] == [pushed]
    assert page["items"][0]["id"] == town.mup.message_ids[0]
    assert partner.get("/v1/alerts?state=active").expect(200).json == page
    town.cancel(alert)
    ended = town.mup.wait_type("exercise.alert.ended")
    first, second = partner.items("/v1/events?limit=1")
    assert second["event"] == ended
    assert first["event"] == {"type": "exercise.alert.issued", "alert": alert,
                              "ref": ended["data"]["ref"], "version": 1, "seq": 1,
                              "ended": {"reason": "resolved"}}
    assert partner.get("/v1/alerts?state=active").expect(200).json["items"] == []
    assert partner.get("/v1/events?after=2").expect(200).json["items"] == []
    partner.get("/v1/events?after=x").problem(400)
    partner.get("/v1/events?partner=bolnica-ns").problem(400)
    seen = town.people.operator.get("/v1/events?partner=mup-ns").expect(200).json
    assert len(seen["items"]) == 2


def test_what_was_on_the_wire_at_an_ack_is_marked(town):
    """It is not called back: who has an alert must also get its end. An operator sees why."""
    town.mup.always(behaviour.hang())
    alert = town.alert(town.case())
    town.mup.wait_requests(1)
    operator = town.people.operator
    operator.post(f"/v1/alerts/{alert}/send", {"channel": "bolnica-ns"}).expect(200)
    path = f"/v1/alerts/{alert}/deliveries"
    wait_for(lambda: operator.items(path + "?channel=bolnica-ns&state=delivered"))
    ack(operator, alert).expect(201)
    marked = {row["channel"]: row["post_ack"] for row in operator.items(path)
              if row["message"] == "version"}
    assert marked == {"mup-ns": True, "bolnica-ns": False}


def test_where_it_went(town):
    alert = town.alert(town.case())
    town.mup.wait_type("exercise.alert.issued")
    operator = town.people.operator
    path = f"/v1/alerts/{alert}/deliveries?channel=mup-ns&state=delivered"
    wait_for(lambda: operator.items(path))
    [row] = operator.items(path)
    assert row["reached"] == "yes" and row["event"] == town.mup.message_ids[0]
    summary = operator.get(f"/v1/alerts/{alert}/summary").expect(200).json
    [sent] = [row for row in summary["broadcasts"] if row["channel"] == "mup-ns"]
    assert sent["deliveries"] == {"delivered": 1} and sent["reason"] == "rung"
    actions = [row["action"] for row in operator.items(f"/v1/alerts/{alert}/timeline")]
    assert "alert.submit" in actions and "alert.approve" in actions
    case = town.case()
    operator.post(f"/v1/cases/{case}/close",
                  {"outcome": "found", "note": "Javila se baka.",
                   "verified_by": {"name": "N. N.", "unit": "PU", "how": "phone",
                                   "at": town.now().isoformat(timespec="seconds")}}).expect(200)
    notes = [row["note"] for row in operator.items(f"/v1/cases/{case}/timeline?limit=3")]
    assert "Javila se baka." in notes
    redacted = town.people.auditor.items(f"/v1/cases/{case}/timeline")
    assert all(row["note"] is None for row in redacted)
