"""The torture's driver: operators and partners at work on the real daemon while it dies again and
again, in every way we know. It judges nothing; it writes down what callers were answered, what
receivers saw and when the daemon lived, for checker.py.

Ways to die: SIGKILL at a random moment, at the start, at a named point of a commit, a wire write or
a rename (HOOK in the code, test-hooks build), and a power cut (power.py). Ways to suffer: SIGSTOP,
and reloads in between.
"""
import copy
import pathlib
import random
import re
import threading
import time

from harness import AstradError, behaviour
from harness.evidence import audit_is_whole, half_states
from harness.places import TOP
from harness.town import DRAFT, Town
from harness.wait import wait_for

from power import Power
from stories import Desk

SLOTS = 32  # sends in flight over all channels: what a death may repeat
CLERKS = 4
RUNG_S = 3
HOOK_S = 2.0  # a point that is not passed by then kills at random instead
HOOK_PASSAGES = [1, 2, 5, 20, 60]
QUIET_S = 90.0
MOVING = ("waiting", "sending", "retry", "uncertain", "unconfirmed")


def named_points():
    """Every HOOK of the tree."""
    found = set()
    for folder in ("daemon", "plugins"):
        for path in pathlib.Path(TOP, folder).rglob("*.c"):
            found.update(re.findall(r'\bHOOK\("([a-z_.]+)"\)', path.read_text()))
    return sorted(found)


def moves(broadcast):
    """Something of it goes on by itself; what is held waits for a person."""
    return broadcast["state"] == "walking" or \
        any(broadcast["deliveries"].get(state) for state in MOVING)


class TortureTown(Town):
    """Two partners of every alert, and many of some."""

    def __init__(self, config, receiver, astrad, partners, dice):
        super().__init__(config, receiver, astrad)
        config.astrad["limits"] = {"in_flight": SLOTS}
        self.crowd = [self._partner(f"partner-{i:03d}", "police") for i in range(partners)]
        for channel in config.channels.values():
            channel["retry"] = {"schedule": ["1s"] * 60}
        for endpoint in self.crowd:
            endpoint.always(now_and_then(dice))
        names = [e.name for e in self.crowd]
        self.rungs = {
            "restricted": [["mup-ns"], ["bolnica-ns"]],
            "many": [names[:-10], names[-10:]],
        }
        for policy, (first, second) in self.rungs.items():
            config.policy(policy, rungs=[
                {"name": "first", "after": "0s", "channels": first},
                {"name": "second", "after": f"{RUNG_S}s", "channels": second,
                 "when": {"acks_below": 1, "of": first}}])


def now_and_then(dice):
    """Answers well, and sometimes as the world does."""
    good = behaviour.status(200)
    bad = [behaviour.status(500), behaviour.status(503), behaviour.reset_after_body(),
           behaviour.reset_before_body(), behaviour.close_after_body()]

    @behaviour.behaviour
    async def answer(exchange):
        return await (good if dice.random() > 0.02 else dice.choice(bad))(exchange)
    return answer


class TortureDesk(Desk):
    def draft(self, dice):
        body = copy.deepcopy(DRAFT)
        if dice.random() < 0.1:
            body["policy"] = "many"
        return body


class Torture:
    """`say` is told of each death. `freeze_s`: how long a SIGSTOP lasts."""

    def __init__(self, config, receiver, astrad, seed, partners=300, freeze_s=1.0, say=None):
        self.dice = random.Random(seed)
        self.town = TortureTown(config, receiver, astrad, partners, random.Random(seed + 1))
        self.astrad = astrad
        self.power = Power(config.folder, config.folder / "shadow", self.dice)
        self.freeze_s, self.say = freeze_s, say or (lambda text: None)
        self.lives = []
        self.points = named_points()
        self.met = set()
        self.clerks, self.until = [], threading.Event()
        self.desk = None

    def _note(self, what, **more):
        self.lives.append({"t": time.monotonic(), "what": what, **more})

    # --- one life

    def _start(self, env=None, wait=True):
        try:
            self.astrad.start(env=env, wait=wait)
        except AstradError:
            if not env or "ASTRAD_HOOK" not in env:
                raise
            return False  # its hook killed it before it was ready
        if wait:
            self._note("ready")
        return True

    def _open_desk(self):
        self.until = threading.Event()
        self.clerks = self.desk.open(CLERKS, self.until)

    def _close_desk(self):
        self.until.set()
        for clerk in self.clerks:
            clerk.join()
        self.clerks = []
        assert self.desk.errors == [], self.desk.errors[0]

    def _dead(self, how):
        if self.astrad.process is not None:
            self.astrad.kill()
        self._note("dead", how=how)
        self._close_desk()

    def _live_a_while(self):
        """The random moment; a reload or a freeze may come before it."""
        time.sleep(self.dice.choice([0.1, 0.5, 1.5, 3.0]) * self.dice.random())
        fate = self.dice.random()
        if fate < 0.2:
            self.astrad.send_signal(1)
        elif fate < 0.25:
            self._freeze()
        time.sleep(self.dice.random() * 0.3)

    def _freeze(self):
        self._note("frozen")
        self.astrad.send_signal(19)
        time.sleep(self.freeze_s)
        self.astrad.send_signal(18)
        self._note("ready")

    def _at_random(self):
        self._start()
        self._open_desk()
        self._live_a_while()
        self._dead("random")

    def _at_the_start(self):
        self._start(wait=False)
        time.sleep(self.dice.random() * 0.08)
        self._dead("start")

    def _at_a_point(self):
        point = self.dice.choice(self.points)
        hook = f"{point}:{self.dice.choice(HOOK_PASSAGES)}"
        if self._start({"ASTRAD_HOOK": hook}):
            self._open_desk()
            try:
                wait_for(lambda: not self.astrad.is_running, HOOK_S)
                self.met.add(point)
            except AssertionError:
                hook = "random"  # nothing went through it
        else:
            self.met.add(point)
        self._dead(hook)

    def _in_a_power_cut(self):
        self._start()
        self._open_desk()
        self._live_a_while()
        self._dead("power")
        self._note("lost", sectors=self.power.cut())

    # --- all of them

    def run(self, kills):
        self.astrad.env.update(self.power.env())
        self.town.open()
        self._note("ready")
        self.desk = TortureDesk(self.town, self.dice.random())
        self._open_desk()
        self._live_a_while()
        self._dead("random")
        ways = [self._at_random, self._at_a_point, self._at_a_point, self._at_a_point,
                self._in_a_power_cut, self._at_the_start]
        for number in range(1, kills):
            ways[number % len(ways)]()
            self.say(f"{number + 1} deaths, {len(self.desk.answered)} answers, "
                     f"{len(self.town.receiver.ledger.requests())} requests")
        self._start()
        self.desk.finish()
        return self._finish(kills)

    def _finish(self, kills):
        time.sleep(RUNG_S + 1)  # the last rungs fire by the clock
        self._settle()
        evidence = {
            "plan": {"slots": SLOTS, "rung_s": RUNG_S, "rungs": self.town.rungs, "kills": kills},
            "lives": self.lives,
            "steps": [self._step(s) for s in self.desk.answered],
            "requests": [row for row in map(self._request, self.town.receiver.ledger.requests())
                         if row],
            "alerts": self._alerts(),
            "cases": [c["id"] for c in
                      self.desk.operator.items("/v1/cases?exercise=true&limit=200")],
            "events": {p: self.desk.operator.items(f"/v1/events?partner={p}&limit=200")
                       for p in self.town.config.partners},
            "points": {"all": self.points, "met": sorted(self.met)},
        }
        self.astrad.stop()
        evidence["store"] = {"audit_rows": audit_is_whole(self.town.config),
                             "half_states": sorted(half_states(self.town.config))}
        return evidence

    def _settle(self):
        """Until the daemon says of each alert that nothing is under way; what then is still open is
        told by its deliveries. The judgement rests on neither."""
        left = self._alert_ids()

        def walks(alert):
            said = self.desk.operator.get(f"/v1/alerts/{alert}/summary").expect(200).json
            return said["state"] != "suspended" and any(moves(b) for b in said["broadcasts"])

        def is_quiet():
            left[:] = [alert for alert in left if walks(alert)]
            return not left
        try:
            wait_for(is_quiet, QUIET_S)
        except AssertionError:
            self.say(f"still open after {QUIET_S} s: {len(left)} alerts")

    def _alert_ids(self):
        return sorted({s.document["id"] for s in self.desk.answered if s.path.endswith("/alerts")})

    def _alerts(self):
        return {i: {"state": self.desk.operator.get(f"/v1/alerts/{i}").expect(200).json["state"],
                    "deliveries": self.desk.operator.items(f"/v1/alerts/{i}/deliveries?limit=200")}
                for i in self._alert_ids()}

    @staticmethod
    def _step(step):
        path = step.path.split("/")
        return {"asked": step.asked_at, "answered": step.answered_at, "status": step.status,
                "what": path[-1], "on": path[-2], "body": step.body, "document": step.document}

    @staticmethod
    def _request(request):
        if not request.is_complete:
            return None
        body = request.json
        data = body.get("data", {})
        return {"at": request.at, "answered": request.answered_at, "answer": request.answer,
                "error": request.error, "partner": request.endpoint, "id": request.message_id,
                "type": body["type"].removeprefix("exercise."), "alert": data.get("alert"),
                "version": data.get("version"), "seq": data.get("seq")}
