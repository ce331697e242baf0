"""The daemon on a disk that is full, and on one that no longer syncs (bad_disk.c).

Full: reports get 503 and lose nothing; stops, acknowledgements and audited reads go on, on the
reserve; with room again everything does. A failed sync: 503, exit 1, and after the next start what
was acknowledged is there.
"""
import http.client
import uuid

import pytest
from harness import behaviour
from harness.evidence import audit_is_whole, half_states
from harness.places import BUILD
from harness.town import report_document
from harness.wait import wait_for

SHIM = BUILD / "tests" / "crash" / "bad_disk.so"
LOOK_S = 25.0  # /readyz is told by a look every ten seconds


class Disk:
    def __init__(self, folder):
        self.plan = folder / "bad-disk"
        self.env = {"LD_PRELOAD": str(SHIM), "BAD_DISK": str(self.plan)}

    def becomes(self, plan):
        part = self.plan.with_suffix(".part")
        part.write_text(plan)
        part.rename(self.plan)

    def is_good_again(self):
        self.plan.unlink()


@pytest.fixture
def disk(town, folder):
    disk = Disk(folder)
    town.astrad.restart(env=disk.env)
    return disk


def post_report(town, key=None, document=None):
    return town.people.operator.post("/v1/reports", document or report_document(town.now()),
                                     key=key or str(uuid.uuid4()))


def is_ready(town):
    answer = town.people.operator.get("/readyz")
    return answer.status == 200


def test_a_full_disk(town, disk):
    operator, partner = town.people.operator, town.people.partner("mup-ns")
    case = town.case()
    alert = town.alert(case)
    town.mup.wait_delivered(1)
    key, document = str(uuid.uuid4()), report_document(town.now())

    disk.becomes("full")
    for _ in range(3):
        refused = post_report(town, key, document)
        assert refused.status == 503 and refused.headers["retry-after"]
    assert operator.get(f"/v1/cases/{case}").expect(200).json["truth"]["child"]
    partner.post(f"/v1/alerts/{alert}/acks", {"by": "dežurni", "how": "telefon"}).expect(201)
    assert post_report(town).status == 503  # the reserve is not for reports
    operator.post(f"/v1/alerts/{alert}/cancel", {"reason": "resolved"}).expect(200)
    assert operator.get(f"/v1/alerts/{alert}").expect(200).json["state"] == "ended"
    wait_for(lambda: not is_ready(town), LOOK_S)

    disk.is_good_again()
    wait_for(lambda: post_report(town, key, document).status == 201, LOOK_S)
    wait_for(lambda: is_ready(town), LOOK_S)
    town.mup.wait_delivered(2)  # the end
    town.astrad.stop()
    assert half_states(town.config) == {}
    audit_is_whole(town.config)


def test_a_start_on_a_full_disk(town, disk):
    """Stops must go on, so it starts, also with a row on the wire: once it never got ready."""
    town.mup.always(behaviour.hang())
    alert = town.alert(town.case())
    town.mup.wait_requests(1)
    disk.becomes("full")
    town.astrad.kill_and_start(env=disk.env)
    assert post_report(town).status == 503
    town.people.operator.post(f"/v1/alerts/{alert}/cancel", {"reason": "resolved"}).expect(200)
    town.mup.always(behaviour.status(200))
    disk.is_good_again()
    wait_for(lambda: post_report(town).status == 201, LOOK_S)


def test_a_disk_that_does_not_sync(town, disk):
    kept = town.case()
    key, document = str(uuid.uuid4()), report_document(town.now())
    disk.becomes("sync")
    try:
        assert post_report(town, key, document).status == 503
    except (OSError, http.client.HTTPException):
        pass  # it ended before it answered: not acknowledged either
    assert town.astrad.wait_exit() == 1
    assert "the store cannot commit, ending" in town.astrad.log
    disk.is_good_again()
    town.astrad.start(env=disk.env)
    assert town.people.operator.get(f"/v1/cases/{kept}").expect(200)
    made = post_report(town, key, document).expect(201).json["case"]["id"]
    again = post_report(town, key, document).expect(201).json["case"]["id"]
    assert again == made  # once
    town.astrad.stop()
    assert half_states(town.config) == {}
    audit_is_whole(town.config)
