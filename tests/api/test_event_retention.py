"""Events past retention: a partner that stayed away too long is told where to begin again."""
from harness.wait import wait_for


def test_a_cursor_older_than_retention_is_gone(clock, town):
    partner = town.people.partner("mup-ns")
    over = town.alert(town.case())
    town.mup.wait_type("exercise.alert.issued")
    town.cancel(over)
    town.mup.wait_type("exercise.alert.ended")
    assert len(partner.get("/v1/events").expect(200).json["items"]) == 2
    clock.advance(days=91)
    wait_for(lambda: partner.get("/v1/events").status == 410, what="the hourly work")
    gone = partner.get("/v1/events").problem(410)
    assert "/v1/alerts?state=active" in gone["detail"]
    partner.get("/v1/events?after=1").problem(410)
    assert partner.get("/v1/events?after=2").expect(200).json["items"] == []
    # the way back that the answer names
    alert = town.alert(town.case())
    wait_for(lambda: [e for e in town.mup.events if e["data"]["alert"] == alert])
    now = partner.get("/v1/alerts?state=active").expect(200).json
    assert [item["event"]["data"]["alert"] for item in now["items"]] == [alert]
    assert now["seq"] == 3, "numbers go on"
    assert partner.get(f"/v1/events?after={now['seq']}").expect(200).json["items"] == []
    partner.get("/v1/events").problem(410)
    assert len(partner.get("/v1/events?after=2").expect(200).json["items"]) == 1
