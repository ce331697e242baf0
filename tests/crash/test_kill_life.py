"""kill -9 of the daemon under four operators: reports, drafts, decisions, stops (stories.py).

After each death the store holds no half state and its audit chain is whole; after each start every
answer that a caller saw is told again, word for word, and what was asked when it died is done once.
"""
import random
import threading

import pytest
from harness import AstradError
from harness.evidence import audit_is_whole, half_states
from harness.wait import wait_for

from stories import Desk

KILLS = 20
CLERKS = 4
HOOKS = ["store.before_commit", "store.after_commit", "store.before_checkpoint",
         "store.after_checkpoint", "store.file.write", "store.file.sync"]
SOON_S = 3.0


def start(astrad, hook=None):
    """False: the hook killed it before it was ready."""
    try:
        astrad.start(env={"ASTRAD_HOOK": hook} if hook else None)
    except AstradError:
        assert hook, astrad.log[-3000:]
        return False
    return True


def work_and_kill(town, desk, answers, hook=None):
    """Work until the hook kills, or this does after so many answers."""
    until = threading.Event()
    enough = len(desk.answered) + answers
    clerks = desk.open(CLERKS, until)
    try:
        wait_for(lambda: not town.astrad.is_running or desk.errors
                 or (not hook and len(desk.answered) >= enough), SOON_S if hook else 60.0)
    except AssertionError:
        assert hook  # a point that is not passed any more, or a build without hooks
    town.astrad.kill()
    until.set()
    for clerk in clerks:
        clerk.join()
    assert desk.errors == []


def judge_dead(town):
    assert half_states(town.config) == {}
    return audit_is_whole(town.config)


def judge_living(desk):
    assert desk.wrong_answers(40) == []
    assert desk.lost_reports() == []


def test_twenty_kills_under_four_operators(town):
    desk = Desk(town, 2)
    dice = random.Random(20)
    for _ in range(KILLS):
        work_and_kill(town, desk, dice.randint(1, 60))
        judge_dead(town)
        assert start(town.astrad)
        judge_living(desk)
    assert len(desk.answered) > 300
    acts = {step.path.rpartition("/")[2] for step in desk.answered}
    assert acts >= {"reports", "alerts", "submit", "approve", "cancel", "close", "updates",
                    "suspend", "resume", "return", "reject", "withdraw", "send", "repolicy"}
    desk.finish()
    judge_living(desk)
    town.astrad.stop()
    assert judge_dead(town) > len(desk.answered) / 2
    assert start(town.astrad)


@pytest.mark.parametrize("hook", HOOKS)
def test_killed_at_a_named_point(town, hook):
    desk = Desk(town, hook)
    dice = random.Random(hook)
    town.astrad.kill()
    for most in (3, 30):
        if start(town.astrad, f"{hook}:{dice.randint(2, most)}"):
            work_and_kill(town, desk, 0, hook)
        judge_dead(town)
        assert start(town.astrad)
        judge_living(desk)
        town.astrad.kill()
    assert start(town.astrad)
