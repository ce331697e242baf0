"""The whole torture, as `tests/crash/run` does by hand: 40 deaths, and 1,000 with --long."""
import json

import checker
import pytest
from torture import Torture

DEATHS = 40


def torture(config, receiver, astrad, kills, **how):
    evidence = Torture(config, receiver, astrad, seed=kills, **how).run(kills)
    (config.folder / "evidence.json").write_text(json.dumps(evidence))
    assert checker.report(evidence)
    return evidence


@pytest.mark.timeout(600)
def test_forty_deaths(config, receiver, astrad):
    evidence = torture(config, receiver, astrad, DEATHS)
    assert sum(1 for e in evidence["lives"] if e["what"] == "dead") >= DEATHS
    assert len(evidence["points"]["met"]) >= 4


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_a_thousand_deaths_and_a_minute_frozen(config, receiver, astrad):
    evidence = torture(config, receiver, astrad, 1000, freeze_s=60.0)
    missed = set(evidence["points"]["all"]) - set(evidence["points"]["met"])
    # a migration and a backup happen once, and have kill tests of their own
    assert missed <= {"store.before_migration", "store.before_backup_rename"}
