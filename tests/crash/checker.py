#!/usr/bin/python3
"""The torture's judge. It reads what the driver wrote down (torture.py), shares no code with the
daemon, and believes callers' answers and receivers' ledgers; the daemon's own books only where they
say that something is still open.

checker.py EVIDENCE.json prints each law with how often it was put to the test, and what broke it.
"""
import collections
import json
import sys

WINDOW_S = 2.0   # a rung fires a second after it is due at the latest; a second for a busy machine
SKEW_S = 0.5     # a receiver of ours may read that late what was on its socket in time
# a rung need not fire after these
HALTS = {"cancel", "close", "suspend", "resume", "acks", "repolicy"}
CONTENT = {"issue", "update", "correction"}
OPEN = {"waiting", "sending", "retry", "uncertain", "unconfirmed", "held"}
SHOWN = 5


class Law:
    def __init__(self, says):
        self.says, self.tries, self.broken = says, 0, []

    def hold(self, is_kept, told):
        self.tries += 1
        if not is_kept:
            self.broken.append(told() if callable(told) else told)


class Evidence:
    def __init__(self, read):
        self.plan, self.lives, self.steps = read["plan"], read["lives"], read["steps"]
        self.alerts, self.cases, self.events = read["alerts"], set(read["cases"]), read["events"]
        self.store = read["store"]
        self.requests = sorted((r for r in read["requests"] if r["alert"]), key=lambda r: r["at"])
        self.to = collections.defaultdict(list)  # (alert, partner) -> requests
        for request in self.requests:
            self.to[request["alert"], request["partner"]].append(request)
        self.of = collections.defaultdict(list)  # alert -> its steps, in order
        self.case_of, self.policy_of = {}, {}
        for step in self.steps:
            self._sort(step)
        self.deaths = [e["t"] for e in self.lives if e["what"] == "dead"]
        self.ups = self._ups()

    def _sort(self, step):
        if step["what"] == "alerts":
            alert = step["document"]["id"]
            self.case_of[alert] = step["on"]
            self.policy_of[alert] = step["body"]["policy"]
        elif step["what"] == "close":
            for alert, case in self.case_of.items():
                if case == step["on"]:
                    self.of[alert].append(step)
        else:
            self.of[step["on"]].append(step)

    def _ups(self):
        """[from, to) of each time the daemon was ready."""
        ups, since = [], None
        for event in self.lives:
            if event["what"] == "ready":
                since = event["t"]
            elif event["what"] in ("dead", "frozen") and since is not None:
                ups.append((since, event["t"]))
                since = None
        return [*ups, (since, float("inf"))] if since is not None else ups

    def done(self, alert, what, statuses=(200, 201)):
        return [s for s in self.of[alert] if s["what"] == what and s["status"] in statuses]

    def first_approve(self, alert):
        return next(iter(self.done(alert, "approve")), None)

    def ended(self, alert):
        """The step that ended it for good, or None. A close that nobody verified only suspends."""
        for step in self.of[alert]:
            if step["status"] == 200 and (step["what"] == "cancel" or (
                    step["what"] == "close" and "verified_by" in step["body"])):
                return step
        return None

    def deadline(self, due):
        """By when what was due has happened: the end of the first whole window of being up."""
        for since, until in self.ups:
            begin = max(since, due)
            if until - begin > WINDOW_S:
                return begin + WINDOW_S
        return float("inf")


def is_delivered(request):
    return not request["error"] and request["answer"][:1] == "2"


def answers_are_kept(evidence, laws):
    law = laws("every answered report is there")
    for step in evidence.steps:
        if step["what"] == "reports":
            law.hold(step["document"]["case"]["id"] in evidence.cases, lambda: step["document"])
    law = laws("every answered act is done")
    for alert, told in evidence.alerts.items():
        wanted = "rejected" if evidence.done(alert, "reject") else \
            "ended" if evidence.ended(alert) or evidence.done(alert, "withdraw") else None
        if wanted:
            law.hold(told["state"] == wanted, lambda: f"{alert} is {told['state']}")


def everybody_is_told(evidence, laws):
    law = laws("each approved version reached its recipients, or is visibly open")
    for alert, told in evidence.alerts.items():
        if not evidence.first_approve(alert) or told["state"] != "active":
            continue  # what is suspended waits for its resume, what is ended is owed only its end
        newest = max(s["document"]["version"] for s in evidence.done(alert, "approve")
                     if s["document"]["kind"] in CONTENT)
        still = {d["channel"] for d in told["deliveries"] if d["state"] in OPEN}
        for partner in evidence.plan["rungs"][evidence.policy_of[alert]][0]:
            has = {r["version"] for r in evidence.to[alert, partner] if is_delivered(r)}
            law.hold(max(has, default=0) >= newest or partner in still,
                     f"{alert} {told['state']}: {partner} has {sorted(has)} of {newest}")


def ends_are_true(evidence, laws):
    after = laws("nothing of an alert but its end is sent after its stop was answered")
    owed = laws("whoever has an alert gets its end")
    nobody = laws("nobody gets the end of an alert who could not have it")
    for alert, told in evidence.alerts.items():
        stop = evidence.ended(alert)
        if not stop:
            continue
        for partner in evidence.events:
            seen = evidence.to[alert, partner]
            if not seen:
                continue
            late = [r for r in seen
                    if r["type"] != "alert.ended" and r["at"] > stop["answered"] + SKEW_S]
            after.hold(not late, lambda: f"{alert} {partner}: {late[0]}")
            has = [r for r in seen if r["type"] in ("alert.issued", "alert.updated")]
            ends = [r for r in seen if r["type"] == "alert.ended" and is_delivered(r)]
            still = [d for d in told["deliveries"]
                     if d["channel"] == partner and d["state"] in OPEN]
            if any(is_delivered(r) for r in has):
                owed.hold(ends or still, f"{alert}: {partner} was never told of the end")
            # a death between the claim and the first byte leaves a doubt, and the end goes out
            died = any(evidence.first_approve(alert)["asked"] <= t <= stop["answered"] + SKEW_S
                       for t in evidence.deaths)
            nobody.hold(has or died, f"{alert}: {partner} was told of the end of nothing")


def repeats_are_few(evidence, laws):
    one = laws("one message has one id, whatever dies")
    cause = laws("what is told twice was in flight at a death")
    few = laws("a death repeats no more than was in flight")
    spans = []  # from the first of a message to its repetition
    for (alert, partner), seen in evidence.to.items():
        ids = collections.defaultdict(set)
        firsts = {}
        for request in seen:
            if request["error"]:
                continue
            ids[request["type"], request["version"]].add(request["id"])
            first = firsts.get(request["id"])
            if first is None:
                if is_delivered(request):
                    firsts[request["id"]] = request
                continue
            span = (first["at"] - SKEW_S, request["at"])  # what left in time may be read later
            cause.hold(any(span[0] <= t < span[1] for t in evidence.deaths),
                       f"{alert} {partner} {request['id']}: twice, and nothing died between")
            spans.append(span)
        for what, found in ids.items():
            one.hold(len(found) == 1, f"{alert} {partner} {what}: {sorted(found)}")
    for death in evidence.deaths:  # those that must be its doing first
        its = sorted((s for s in spans if s[0] <= death < s[1]), key=lambda s: s[1])
        for span in its[:evidence.plan["slots"]]:
            spans.remove(span)
        late = [s for s in its[evidence.plan["slots"]:]
                if not any(death < t < s[1] for t in evidence.deaths)]
        few.hold(not late, f"death at {death:.2f}: {len(its)}")


def order_is_kept(evidence, laws):
    law = laws("no older version after a newer one")
    for (alert, partner), seen in evidence.to.items():
        versions = [r["version"] for r in seen if is_delivered(r)]
        law.hold(versions == sorted(versions), f"{alert} {partner}: {versions}")


def sequences_are_whole(evidence, laws):
    gaps = laws("a partner's events have no gap")
    same = laws("what was pushed is the event of its number")
    for partner, events in evidence.events.items():
        numbers = [e["seq"] for e in events]
        gaps.hold(numbers == list(range(1, len(numbers) + 1)), f"{partner}: {numbers[:50]}")
    ids = {(p, e["seq"]): e["id"] for p, events in evidence.events.items() for e in events}
    for request in evidence.requests:
        if request["seq"] and not request["error"]:
            told = ids.get((request["partner"], request["seq"]))
            same.hold(told == request["id"], f"{request['partner']} {request['seq']}: {told}")


def rungs_fire(evidence, laws):
    fired = laws("a due rung fires within a second, or at the restart")
    early = laws("no rung fires before it is due, or after an acknowledgement")
    for alert, policy in evidence.policy_of.items():
        approve = evidence.first_approve(alert)
        if not approve:
            continue
        due_from = approve["asked"] + evidence.plan["rung_s"]
        due_by = approve["answered"] + evidence.plan["rung_s"]
        deadline = evidence.deadline(due_by)
        halts = [s for s in evidence.of[alert] if s["what"] in HALTS and s["status"] < 300]
        sends = [s["asked"] for s in evidence.of[alert] if s["what"] == "send"]
        for partner in evidence.plan["rungs"][policy][1]:
            first = next((r for r in evidence.to[alert, partner]
                          if r["type"] != "alert.ended"), None)
            if first and any(asked < first["at"] for asked in sends):
                continue  # an operator brought it there
            halted = any(s["answered"] < due_from - 0.1 for s in halts if s["what"] == "acks")
            early.hold(not first or (first["at"] >= due_from - 0.05 and not halted),
                       lambda: f"{alert} {partner}: {first['at'] - due_from:.3f} s after due")
            if not any(s["asked"] < deadline for s in halts):
                fired.hold(first and first["at"] <= deadline,
                           lambda: f"{alert} {partner}: "
                           + (f"{first['at'] - due_by:.2f} s late" if first else "never"))


def store_is_whole(evidence, laws):
    laws("the audit chain is whole").hold(evidence.store["audit_rows"] > 0, "no row")
    laws("the store holds no half state").hold(not evidence.store["half_states"],
                                               evidence.store["half_states"])


JUDGES = [answers_are_kept, everybody_is_told, ends_are_true, repeats_are_few, order_is_kept,
          sequences_are_whole, rungs_fire, store_is_whole]


def judge(read):
    """The laws, each with its tries and what broke it."""
    evidence, laws = Evidence(read), []

    def law(says):
        laws.append(Law(says))
        return laws[-1]
    for one in JUDGES:
        one(evidence, law)
    return laws


def report(read):
    """Prints the table. True when every law was kept, and put to the test."""
    laws = judge(read)
    points = read["points"]
    print(f"{len(read['steps'])} answers, {len(read['requests'])} requests at partners, "
          f"{sum(1 for e in read['lives'] if e['what'] == 'dead')} deaths, killed at "
          f"{len(points['met'])} of {len(points['all'])} named points")
    for law in laws:
        verdict = "BROKEN" if law.broken else "kept" if law.tries else "untried"
        print(f"  {verdict:8} {law.tries:7}  {law.says}")
        for told in law.broken[:SHOWN]:
            print(f"                     {told}")
    return all(law.tries and not law.broken for law in laws)


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        sys.exit(0 if report(json.load(file)) else 1)
