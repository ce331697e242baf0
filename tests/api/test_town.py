"""The usual town itself: a report becomes an approved alert, and is still there after a kill -9."""


def test_from_report_to_approved_alert(town):
    case = town.case()
    alert = town.alert(case)
    seen = town.people.operator.get(f"/v1/alerts/{alert}").expect(200).json
    assert seen["state"] == "active"
    assert [row["person"] for row in seen["persons"]] == ["ana", "ana", "marko"]


def test_nobody_approves_what_they_wrote(town):
    alert = town.draft(town.case())["id"]
    said = town.submit(alert)
    ana_again = town.astrad.client(town.astrad.token("approver", "ana"))
    ana_again.post(f"/v1/alerts/{alert}/approve", said).problem(403)


def test_survives_kill_9(town):
    case = town.case()
    alert = town.alert(case)
    town.astrad.kill_and_start()
    assert town.people.approver.get(f"/v1/cases/{case}").expect(200).json["id"] == case
    assert town.people.operator.get(f"/v1/alerts/{alert}").expect(200).json["state"] == "active"


def test_time_is_the_tests(clock, town):
    before = town.now()
    case = town.case()
    clock.advance(hours=3)
    assert (town.now() - before).total_seconds() == 3 * 3600
    note = {"text": "Javio se vozač autobusa."}
    town.people.operator.post(f"/v1/cases/{case}/notes", note).expect(200, 201)
