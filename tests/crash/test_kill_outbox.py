"""kill -9 in the middle of broadcasts: to 500 partners' webhooks, and to 100,000 recipients of a
journal that is also updated, suspended, resumed and stopped meanwhile.

Judged by what receivers saw, never by the daemon's own books: everybody is told, what comes twice
has the same id, and there are at most as many of those as there were slots at each death; nothing
of an alert comes after its stop was answered.

ASTRAD_KILLS says how often in all: 20, and 80 with tests/run --long, twenty in each place.
"""
import collections
import json
import os
import random

import pytest
from harness import behaviour
from harness.town import Town
from harness.wait import wait_for

KILLS = max(int(os.environ.get("ASTRAD_KILLS", "20")) // 4, 2)  # in each of four places
PARTNERS = 500
CROWD = 100_000
SLOTS = 64  # of the daemon, over all channels
SOON_S = 120.0
pytestmark = pytest.mark.timeout(900)


class BigTown(Town):
    """A town where the first rung has many partners, or one long list."""

    def __init__(self, config, receiver, astrad, partners=0, crowd=0):
        super().__init__(config, receiver, astrad)
        config.astrad["limits"] = {"in_flight": SLOTS}
        self.endpoints = [self._partner(f"partner-{i:03d}", "police") for i in range(partners)]
        names = [e.name for e in self.endpoints]
        if crowd:
            self.lines = config.journal("crowd", crowd, tier="restricted",
                                        limits={"in_flight": SLOTS})
            names.append("crowd")
        config.policy("restricted", rungs=[{"name": "all", "after": "0s", "channels": names}])


def event_type(request):
    return request.json["type"].removeprefix("exercise.")


def of_type(requests, wanted):
    return [r for r in requests if r.is_delivered and event_type(r) == wanted]


def count(town, wanted):
    return sum(1 for e in town.endpoints if of_type(e.requests, wanted))


def repeats(endpoints):
    """Requests beyond the first of each message, told by their id."""
    return sum(number - 1 for e in endpoints for number in
               collections.Counter(r.message_id for r in e.requests if r.is_delivered).values())


def test_kills_in_a_broadcast_to_500_webhooks(config, receiver, astrad):
    town = BigTown(config, receiver, astrad, partners=PARTNERS).open()
    dice = random.Random(1)
    kills = KILLS
    alert = town.alert(town.case())
    for number in range(kills):
        wanted = PARTNERS * number // kills + dice.randrange(PARTNERS // kills)
        town.receiver.ledger.wait(lambda: count(town, "alert.issued") > wanted,  # noqa: B023
                                  SOON_S)
        astrad.kill_and_start()
    town.receiver.ledger.wait(lambda: count(town, "alert.issued") == PARTNERS, SOON_S)
    assert repeats(town.endpoints) <= kills * SLOTS
    # half of them hang when the child is found
    gate = behaviour.Gate()
    for endpoint in town.endpoints[::2]:
        endpoint.always(gate.hold())
    second = town.alert(town.case())
    town.receiver.ledger.wait(lambda: len(town.endpoints[1].delivered) > 1
                              or len(town.endpoints[3].delivered) > 1, SOON_S)
    town.cancel(second)
    seen = len(town.receiver.ledger.requests())
    gate.open()
    for endpoint in town.endpoints[::2]:
        endpoint.always(behaviour.status(200))
    for _ in range(kills):
        astrad.kill_and_start()
    town.cancel(alert)
    told = {e.name for e in town.endpoints}
    town.receiver.ledger.wait(lambda: count_ends(town, alert) == told, SOON_S)
    for request in town.receiver.ledger.requests()[seen:]:
        data = request.json.get("data", {})
        assert data.get("alert") != second or event_type(request) == "alert.ended", "after its stop"
    have = {e.name for e in town.endpoints for r in e.requests
            if r.is_complete and r.json["data"]["alert"] == second}
    town.receiver.ledger.wait(lambda: count_ends(town, second) >= have, SOON_S)
    for endpoint in town.endpoints:
        by_message = collections.defaultdict(set)
        for request in endpoint.requests:
            if request.is_complete and not request.error:
                data = request.json["data"]
                by_message[data["alert"], data["version"]].add(request.message_id)
        assert all(len(ids) == 1 for ids in by_message.values()), "one message, one id"
        assert of_alert(endpoint, alert, "alert.issued"), "everybody was told"


def of_alert(endpoint, alert, wanted):
    return [r for r in of_type(endpoint.requests, wanted) if r.json["data"]["alert"] == alert]


def count_ends(town, alert):
    return {e.name for e in town.endpoints if of_alert(e, alert, "alert.ended")}


class Crowd:
    """What the journal's file says, read as it grows."""

    def __init__(self, path):
        self.path, self.at = path, 0
        self.rest = b""
        self.by_recipient = collections.defaultdict(list)  # [(version or end, id)]
        self.count = 0

    def read(self):
        if not self.path.exists():
            return self
        with open(self.path, "rb") as file:
            file.seek(self.at)
            new = file.read()
        self.at += len(new)
        *lines, self.rest = (self.rest + new).split(b"\n")
        for line in lines:
            if line:
                self.keep(json.loads(line))
        return self

    def keep(self, line):
        data = line["body"]["data"]
        what = "end" if data["end"] else data["version"]
        self.by_recipient[line["recipient"]].append((what, line["message"]))
        self.count += 1

    def wait(self, lines, timeout=SOON_S):
        wait_for(lambda: self.read().count >= lines, timeout, lambda: f"{self.count} of {lines}")

    def repeats(self):
        return sum(n - 1 for sent in self.by_recipient.values()
                   for n in collections.Counter(sent).values())


@pytest.fixture
def crowd_town(config, receiver, astrad):
    return BigTown(config, receiver, astrad, crowd=CROWD).open()


def test_kills_in_a_broadcast_to_100000_recipients(crowd_town):
    town, dice = crowd_town, random.Random(2)
    crowd = Crowd(town.lines)
    kills = KILLS
    alert = town.alert(town.case())
    steps = {kills // 3: "update", kills - 1: "suspend"}
    for number in range(kills):
        crowd.wait(CROWD * number // kills + dice.randrange(1, CROWD // kills // 2))
        act = steps.get(number)
        if act == "update":
            town.people.operator.post(f"/v1/alerts/{alert}/updates", {
                "kind": "information", "reason": "Javio se vozač.",
                "set": {"message": {"sr-Latn": "Viđen je kod autobuske stanice."}}}).expect(201)
            town.submit(alert)
            town.approve(alert)
        elif act == "suspend":
            town.people.operator.post(f"/v1/alerts/{alert}/suspend", {"reason": "Provera."}) \
                .expect(200)
            before = crowd.read().count
            town.astrad.kill_and_start()
            assert crowd.read().count == before, "suspended"
            town.people.operator.post(f"/v1/alerts/{alert}/resume", {"reason": "Potvrđeno."}) \
                .expect(200, 201)
            town.submit(alert)
            town.approve(alert)
        town.astrad.kill_and_start()
    # everybody has the second version in the end
    def all_told():
        crowd.read()
        return sum(1 for sent in crowd.by_recipient.values() if any(w == 2 for w, _ in sent)) \
            == CROWD
    wait_for(all_told, SOON_S, lambda: f"{crowd.count} lines")
    for sent in crowd.by_recipient.values():
        whats = [what for what, _ in sent]
        assert whats == sorted(whats), "no older version after a newer one"
    assert crowd.repeats() <= (kills + 1) * SLOTS
    assert all(len({i for w, i in sent if w == what}) <= 1
               for sent in crowd.by_recipient.values() for what in (1, 2)), "one message, one id"


def test_kills_around_a_stop_of_100000_recipients(crowd_town):
    town, dice = crowd_town, random.Random(3)
    crowd = Crowd(town.lines)
    kills = max(KILLS // 2, 1)
    alert = town.alert(town.case())
    for _ in range(kills):
        crowd.wait(crowd.read().count + dice.randrange(1, CROWD // kills // 4))
        town.astrad.kill_and_start()
    crowd.wait(crowd.count + 500)
    town.cancel(alert)
    have = {r for r, sent in crowd.read().by_recipient.items()
            if any(what != "end" for what, _ in sent)}
    versions = sum(1 for sent in crowd.by_recipient.values() for what, _ in sent if what != "end")
    for _ in range(kills):
        crowd.wait(crowd.read().count + dice.randrange(1, max(len(have) // kills // 4, 2)))
        town.astrad.kill_and_start()

    def ended():
        return {r for r, sent in crowd.read().by_recipient.items()
                if any(what == "end" for what, _ in sent)}
    wait_for(lambda: ended() >= have, SOON_S, lambda: f"{len(ended())} of {len(have)}")
    assert sum(1 for sent in crowd.by_recipient.values() for what, _ in sent if what != "end") \
        == versions, "nothing of the alert after its stop"
    # who was on the wire at a death may have it, and is told too
    assert len(ended() - have) <= kills * SLOTS
    assert crowd.repeats() <= 2 * kills * SLOTS
