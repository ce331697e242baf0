"""The usual place of an API test, and the way of a report through it.

    town.mup, town.bolnica     endpoints of a police and a hospital partner
    town.people                operator, approver, auditor, admin, partner("mup-ns")
    case = town.case()         the id of a case, from an exercise report by ana
    alert = town.alert(case)   drafted and submitted by ana, approved by marko
"""
import copy
import datetime
import time

from harness.people import People

# from a class trip; report_document adds the times
REPORT = {
    "status": "exercise", "category": "lost", "source": "call",
    "child": {"names": [{"script": "Latn", "given": "Đorđe", "family": "Živković"},
                        {"script": "Cyrl", "given": "Ђорђе", "family": "Живковић"}],
              "age": 7, "sex": "male", "height_cm": 124, "hair": "brown", "eyes": "blue",
              "clothing": "plava jakna, crvena kapa"},
    "last_seen": {"place": "Novi Sad, Dunavski park", "lat": 45.2551, "lon": 19.8510,
                  "radius_km": 1},
    "circumstances": "Odvojio se od razreda na izletu.",
    "reporter": {"name": "Vera Živković", "phone": "+381641234567", "relation": "mother"},
}
DRAFT = {
    "status": "exercise", "tier": "restricted", "areas": ["RS"], "policy": "restricted",
    "contact": "hotline",
    "message": {"sr-Latn": "Dete se odvojilo od razreda kod Dunavskog parka."},
    "fields": ["child.given", "child.age", "child.sex", "child.clothing"],
}
RUNGS = [
    {"name": "police", "after": "0s", "channels": ["mup-ns"]},
    {"name": "region", "after": "10m", "channels": ["bolnica-ns"],
     "when": {"acks_below": 1, "of": ["mup-ns"]}},
]


def report_document(now, **changes):
    """REPORT with the child last seen fifty to twenty minutes before `now`."""
    document = copy.deepcopy(REPORT)
    for key, minutes in (("from", 50), ("to", 20)):
        seen = now - datetime.timedelta(minutes=minutes)
        document["last_seen"][key] = seen.isoformat(timespec="seconds")
    return {**document, **changes}


class Town:
    def __init__(self, config, receiver, astrad):
        self.config, self.receiver, self.astrad = config, receiver, astrad
        self.people = People(astrad)
        self.mup = self._partner("mup-ns", "police")
        self.bolnica = self._partner("bolnica-ns", "hospital")
        self.journal = config.journal("log")
        config.policy("restricted", rungs=copy.deepcopy(RUNGS))

    def _partner(self, name, role):
        endpoint = self.receiver.endpoint(name)
        endpoint.keys.append(self.config.webhook_partner(name, endpoint.url, role, areas=["RS"]))
        return endpoint

    def open(self):
        self.astrad.init()
        self.astrad.start()
        return self

    def now(self):
        """The daemon's time."""
        clock = self.astrad.clock
        moment = clock.read()["utc_ms"] / 1000 if clock else time.time()
        return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)

    def report(self, **changes):
        """Posts REPORT with changes; the 201's document."""
        document = report_document(self.now(), **changes)
        return self.people.operator.post("/v1/reports", document).expect(201).json

    def case(self, **changes):
        return self.report(**changes)["case"]["id"]

    def draft(self, case, **changes):
        """`case`: an id or ref. The draft's document."""
        path = f"/v1/cases/{case}/alerts"
        return self.people.operator.post(path, {**copy.deepcopy(DRAFT), **changes}) \
            .expect(201).json

    def digest(self, alert):
        """{version, digest} of what would be sent: what submit and approve have to name."""
        preview = self.people.operator.get(f"/v1/alerts/{alert}/preview").expect(200).json
        assert preview["errors"] == [], preview["errors"]
        return {"version": preview["version"], "digest": preview["digest"]}

    def submit(self, alert):
        said = self.digest(alert)
        self.people.operator.post(f"/v1/alerts/{alert}/submit", said).expect(200)
        return said

    def alert(self, case, **changes):
        """From a case to an alert on its way; the alert's id."""
        alert = self.draft(case, **changes)["id"]
        self.submit(alert)
        self.approve(alert)
        return alert

    def approve(self, alert):
        return self.people.approver.post(f"/v1/alerts/{alert}/approve", self.digest(alert)) \
            .expect(200).json

    def cancel(self, alert, reason="resolved"):
        return self.people.operator.post(f"/v1/alerts/{alert}/cancel", {"reason": reason}) \
            .expect(200).json
