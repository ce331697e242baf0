"""Operators at work while the daemon dies under them, again and again.

A Story is one case from the report to its end, chosen by dice. Each POST carries an
Idempotency-Key; a step that got no answer is sent again, as it was, to the next daemon. So every
step ends up answered once, and `Desk.answered` has every answer that a caller ever saw.
"""
import copy
import http.client
import random
import threading
import time
import uuid

from harness.town import DRAFT, report_document

LOST = (OSError, http.client.HTTPException)


class Gone(Exception):
    """The daemon did not answer: it is dead."""


class Step:
    def __init__(self, client, path, body, expect):
        self.client, self.path, self.body, self.expect = client, path, body, expect
        self.key = str(uuid.uuid4())
        self.status = self.document = None
        self.asked_at = self.answered_at = None

    def send(self):
        try:
            return self.client.post(self.path, self.body, key=self.key)
        except LOST as error:
            raise Gone from error

    def run(self):
        self.asked_at = self.asked_at or time.monotonic()  # of the first try
        answer = self.send().expect(*self.expect)
        self.answered_at = time.monotonic()
        self.status, self.document = answer.status, answer.json
        return self.document

    def told_again(self):
        """What is wrong with the answer to a repetition, or None."""
        again = self.send()
        if again.status != self.status:
            return f"{self.path}: {self.status} became {again.status}: {again.body[:300]!r}"
        if again.headers.get("idempotency-replayed") != "true":
            return f"{self.path}: done again, not told again"
        document = again.json
        for one in (document, self.document):
            one.pop("instance", None)  # names the request, not what it did
        return None if document == self.document else f"{self.path}: {self.document} -> {document}"


class Look:
    """A read: it may be made again, and nobody is promised anything by it."""

    def __init__(self, client, path):
        self.client, self.path, self.document = client, path, None

    def run(self):
        try:
            self.document = self.client.get(self.path).expect(200).json
        except LOST as error:
            raise Gone from error


class Story:
    """`work` is a generator of steps and looks; one is answered before the next one is made."""

    def __init__(self, desk, dice):
        self.desk, self.dice = desk, dice
        self.work = self.live()
        self.step = None
        self.alert = self.policy = None

    def go_on(self):
        """Until the story or the daemon ends. True: the story is over."""
        while True:
            if self.step is None:
                try:
                    self.step = next(self.work)
                except StopIteration:
                    return True
            self.step.run()
            if isinstance(self.step, Step):
                self.desk.keep(self.step)
            self.step = None

    def of_alert(self, client, act, body=None, expect=(200, 201)):
        return Step(client, f"/v1/alerts/{self.alert}/{act}", body or {}, expect)

    def submitted(self):
        look = Look(self.desk.operator, f"/v1/alerts/{self.alert}/preview")
        yield look
        said = {"version": look.document["version"], "digest": look.document["digest"]}
        yield self.of_alert(self.desk.operator, "submit", said)
        return said

    def approved(self):
        said = yield from self.submitted()
        if self.dice.random() < 0.3:  # the author tries, and is told no; that is kept for nobody
            yield self.of_alert(self.desk.author, "approve", said, (403,))
        yield self.of_alert(self.desk.approver, "approve", said)
        if self.dice.random() < 0.3:  # too late: a conflict, kept as any answer
            yield self.of_alert(self.desk.approver, "approve", said, (409,))

    def live(self):
        report = Step(self.desk.operator, "/v1/reports", report_document(self.desk.now()), (201,))
        yield report
        case = report.document["case"]["id"]
        draft = Step(self.desk.operator, f"/v1/cases/{case}/alerts",
                     self.desk.draft(self.dice), (201,))
        yield draft
        self.policy = draft.body["policy"]
        self.alert = draft.document["id"]
        fate = self.dice.choice(["approve"] * 6 + ["return", "reject", "withdraw", "cancel"])
        if fate == "approve":
            yield from self.approved()
            yield from self.grow()
        else:
            yield from self.submitted()
            yield from self.refused(fate)
        yield from self.end(case)

    def refused(self, fate):
        client = self.desk.operator if fate == "cancel" else self.desk.approver
        reason = "withdrawn" if fate == "cancel" else "Proverite opis odeće."
        yield self.of_alert(client, fate, {"reason": reason})
        if fate == "return":
            yield from self.approved()

    def grow(self):
        if self.policy == DRAFT["policy"] and self.dice.random() < 0.4:
            yield self.of_alert(self.desk.partner, "acks", {"by": "Dežurni"}, (201,))
        if self.dice.random() < 0.5:
            yield self.of_alert(self.desk.operator, "updates", {
                "kind": "information", "reason": "Javio se vozač.",
                "set": {"message": {"sr-Latn": "Viđen je kod autobuske stanice u centru."}}})
            yield from self.approved()
        if self.policy == DRAFT["policy"]:
            yield from self.sent_further()
        if self.dice.random() < 0.4:
            yield self.of_alert(self.desk.operator, "suspend", {"reason": "Provera."})
            yield self.of_alert(self.desk.operator, "resume", {"reason": "Potvrđeno."})
            yield from self.approved()

    def sent_further(self):
        """To whom the approved plan names: to anybody else a second person would have to agree."""
        if self.dice.random() < 0.3:
            yield self.of_alert(self.desk.operator, "send", {"channel": "bolnica-ns"}, (200, 409))
        if self.dice.random() < 0.3:
            yield self.of_alert(self.desk.operator, "repolicy", {"policy": "restricted"}, (200,))

    def end(self, case):
        how = self.dice.choice(["cancel", "close", "unverified", "live"])
        if how == "cancel":
            yield self.of_alert(self.desk.operator, "cancel", {"reason": "resolved"}, (200, 409))
        elif how in ("close", "unverified"):
            body = {"outcome": "found", "note": "Kod tetke."}
            if how == "close":
                body["verified_by"] = {"name": "V. Petrović", "unit": "PU Novi Sad",
                                       "how": "viđen lično"}
            yield Step(self.desk.operator, f"/v1/cases/{case}/close", body, (200,))


class Desk:
    """The clients, the dice and every answer."""

    def __init__(self, town, seed):
        people = town.people
        self.operator, self.approver = people.operator, people.approver
        self.author = town.astrad.client(town.astrad.token("approver", "ana"))
        self.partner = people.partner("mup-ns")
        self.now = town.now
        self.dice = random.Random(seed)
        self.answered = []
        self.errors = []
        self._lock = threading.Lock()
        self._unfinished = []

    def draft(self, dice):  # noqa: ARG002 a rig with more policies chooses
        return copy.deepcopy(DRAFT)

    def keep(self, step):
        with self._lock:
            self.answered.append(step)

    def _next(self):
        with self._lock:
            if self._unfinished:
                return self._unfinished.pop()
            return Story(self, random.Random(self.dice.random()))

    def _serve(self, until):
        story = None
        try:
            while not until.is_set():
                story = self._next()
                story.go_on()
        except Gone:
            with self._lock:
                self._unfinished.append(story)
        except Exception as error:  # told by the test, not by a thread
            self.errors.append(error)

    def open(self, count, until):
        """Threads that work until the daemon dies, or the story at hand after `until` ends."""
        threads = [threading.Thread(target=self._serve, args=(until,)) for _ in range(count)]
        for thread in threads:
            thread.start()
        return threads

    def finish(self):
        """Every story that was cut goes on to its end, with the same keys."""
        while self._unfinished:
            self._unfinished.pop().go_on()

    def wrong_answers(self, most):
        """Of the newest answers and some older ones: what is told differently now."""
        kept = [step for step in self.answered if step.status != 403]
        chosen = kept[-most:] + self.dice.sample(kept[:-most], min(most, len(kept[:-most])))
        return [wrong for wrong in (step.told_again() for step in chosen) if wrong]

    def lost_reports(self):
        """Cases of a 201 that are not there."""
        reports = [step.document for step in self.answered if step.path == "/v1/reports"]
        listed = {row["id"] for row in self.operator.items("/v1/cases?exercise=true&limit=100")}
        return [one["case"]["id"] for one in reports if one["case"]["id"] not in listed]
