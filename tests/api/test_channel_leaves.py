"""A channel that is renamed or retired while an alert it carried runs: whoever has the alert gets
what follows, and its end, as if nothing had happened to the file.
"""
import json

import pytest


def rename(town, old="mup-ns", new="mup-new"):
    """Another name in the files, which say what it was."""
    config = town.config
    config.channels[new] = {**config.channels.pop(old), "name": new, "was": old}
    config.policies = json.loads(json.dumps(config.policies).replace(f'"{old}"', f'"{new}"'))


def retire(town):
    """Its place in the ladder is another's."""
    rename(town)
    town.config.channels["mup-ns"] = {**town.config.channels["mup-new"], "name": "mup-ns",
                                      "mode": "retiring"}
    for name in ("mup-ns", "mup-new"):
        del town.config.channels[name]["was"]


def change(town, how, *names):
    how(town, *names)
    town.config.write()
    town.astrad.control().post("/v1/reload").expect(200)


def types(town):
    return [event["type"].removeprefix("exercise.") for event in town.mup.events]


@pytest.mark.parametrize("how", [rename, retire])
def test_the_end_still_comes(town, how):
    alert = town.alert(town.case())
    town.mup.wait_type("exercise.alert.issued")
    change(town, how)
    town.cancel(alert)
    ended = town.mup.wait_type("exercise.alert.ended")
    assert ended["data"]["end"]["reason"] == "resolved"
    assert types(town) == ["alert.issued", "alert.ended"]


def test_an_update_after_a_rename_is_an_update(town):
    alert = town.alert(town.case())
    town.mup.wait_type("exercise.alert.issued")
    change(town, rename)
    town.people.operator.post(f"/v1/alerts/{alert}/updates", {
        "kind": "information", "reason": "novi podatak",
        "set": {"message": {"sr-Latn": "Viđen je kod autobuske stanice."}}}).expect(201)
    town.submit(alert)
    town.approve(alert)
    updated = town.mup.wait_type("exercise.alert.updated")
    assert updated["data"]["version"] == 2
    town.cancel(alert)
    town.mup.wait_type("exercise.alert.ended")
    assert types(town) == ["alert.issued", "alert.updated", "alert.ended"]


def test_a_rung_that_comes_after_a_rename_fires(clock, town):
    alert = town.alert(town.case())
    town.mup.wait_type("exercise.alert.issued")
    change(town, rename)
    change(town, rename, "bolnica-ns", "bolnica-new")
    clock.advance(minutes=9)
    assert not town.bolnica.requests, "nobody is dead because of another name"
    clock.advance(minutes=1)
    town.bolnica.wait_type("exercise.alert.issued")
    town.cancel(alert)
    town.bolnica.wait_type("exercise.alert.ended")
    town.mup.wait_type("exercise.alert.ended")
    assert types(town) == ["alert.issued", "alert.ended"]
