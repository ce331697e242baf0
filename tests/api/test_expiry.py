"""An update without expires_at keeps the end of the alert: it was counted anew once."""


def test_an_update_does_not_lengthen_the_alert(clock, town):
    operator = town.people.operator
    alert = town.alert(town.case())
    before = operator.get(f"/v1/alerts/{alert}").expect(200).json["expires_at"]
    town.mup.wait_type("exercise.alert.issued")  # who has it is part of what one approves
    clock.advance(minutes=5)
    message = {"sr-Latn": "Viđen u Novom Sadu kod pijace."}
    update = {"kind": "information", "set": {"message": message}, "reason": "novi podatak"}
    operator.post(f"/v1/alerts/{alert}/updates", update).expect(201)
    town.submit(alert)
    town.approve(alert)
    seen = operator.get(f"/v1/alerts/{alert}").expect(200).json
    assert seen["current_version"] == 2
    assert seen["expires_at"] == before
