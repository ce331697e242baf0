"""A partner that rotated its secret: what it refuses with 401 goes as soon as the file has the new
one, without a reload, because nobody may be there to make one. Covers settings/reread.c.
"""
from harness import webhooks
from harness.wait import wait_for


def rotate(town):
    """The partner believes only its new secret; gives what the file must hold."""
    secret = webhooks.new_secret()
    town.mup.keys = [secret]
    return secret


def write_secret(town, content, mode=0o600):
    path = town.config.folder / "secrets" / "mup-ns"
    path.write_text(content + "\n")
    path.chmod(mode)


def states(town, alert):
    rows = town.people.operator.items(f"/v1/alerts/{alert}/deliveries?channel=mup-ns")
    return [row["state"] for row in rows]


def next_try(clock, town, number):
    """Its time comes, and its request."""
    clock.advance(seconds=20)
    town.mup.wait_requests(number)


def test_the_next_try_signs_with_the_new_secret(clock, town):
    write_secret(town, rotate(town))
    alert = town.alert(town.case())
    town.mup.wait_requests(1)
    wait_for(lambda: states(town, alert) == ["retry"], what="it was refused")
    assert not town.mup.delivered
    next_try(clock, town, 2)
    town.mup.wait_delivered(1)
    wait_for(lambda: states(town, alert) == ["delivered"], what="the row is delivered")
    assert len({request.message_id for request in town.mup.requests}) == 1


def held(clock, town):
    """An alert that was refused three times."""
    alert = town.alert(town.case())
    for number in (1, 2, 3):
        town.mup.wait_requests(number)
        wait_for(lambda: town.people.operator.items(f"/v1/alerts/{alert}/deliveries"
                                                    "?channel=mup-ns")[0]["attempts"] == number)
        clock.advance(seconds=20)
    wait_for(lambda: states(town, alert) == ["held"], what="the row is held")
    return alert


def probe(town):
    return town.people.admin.post("/v1/channels/mup-ns/probe").expect(200).json["status"]


def test_a_probe_after_the_change_lets_held_rows_go(clock, town):
    secret = rotate(town)
    alert = held(clock, town)
    clock.advance(hours=1)
    assert len(town.mup.requests) == 3, "held is held"
    assert probe(town) == 401
    wait_for(lambda: states(town, alert) == ["held"], what="nothing had changed")
    write_secret(town, secret)
    clock.advance(seconds=2)
    assert probe(town) == 401  # signed with what it had; the file is read now
    wait_for(lambda: states(town, alert) == ["delivered"], what="it goes by itself")
    assert probe(town) == 200


def test_a_file_that_others_may_read_is_no_secret(clock, town):
    write_secret(town, rotate(town), mode=0o604)
    alert = held(clock, town)
    write_secret(town, town.mup.keys[0])
    clock.advance(seconds=2)
    probe(town)
    wait_for(lambda: states(town, alert) == ["delivered"])
    assert "others can read or change it" in town.astrad.log
