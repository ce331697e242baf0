"""The main job under valgrind: no invalid read, no jump on what was never written, no leak."""
import os

import pytest

VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
            "--errors-for-leak-kinds=definite,indirect"]
SOON_S = 120.0
pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]


@pytest.fixture
def slow_town(astrad, request):
    astrad.wrapper = VALGRIND
    return request.getfixturevalue("town")


def test_the_main_job(slow_town):
    town = slow_town
    assert "memcheck" in os.readlink(f"/proc/{town.astrad.process.pid}/exe")
    alert = town.alert(town.case())
    town.mup.wait_delivered(1, SOON_S)
    town.people.partner("mup-ns").post(f"/v1/alerts/{alert}/acks", {"by": "Dežurni"}).expect(201)
    town.cancel(alert)
    town.mup.wait_type("exercise.alert.ended", SOON_S)
    town.astrad.reload()
    town.astrad.stop()  # valgrind's own status would be 99
    assert " at 0x" not in town.astrad.log, town.astrad.log
