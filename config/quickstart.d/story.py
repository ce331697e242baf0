"""One missing child, from the first call to the all-clear, told to an operator as it happens.

Everything it believes comes from the receivers' own ledgers, from the file of the duty log, and
from the status of HTTP answers; never from what astrad says of itself."""
import datetime
import json
import subprocess
import textwrap
import time

from client import Client, ask, expect
from judge import TRIES, judge
from partners import Partner
from processes import Trouble, wait_for
from town import configure, free_port, write

REPORT = {
    "status": "exercise", "category": "lost", "source": "call",
    "child": {"names": [{"script": "Latn", "given": "Đorđe", "family": "Živković"},
                        {"script": "Cyrl", "given": "Ђорђе", "family": "Живковић"}],
              "age": 7, "sex": "male", "height_cm": 124, "hair": "brown", "eyes": "blue",
              "clothing": "plava jakna, crvena kapa"},
    "last_seen": {"place": "Novi Sad, Dunavski park", "lat": 45.2551, "lon": 19.8510,
                  "radius_km": 1},
    "circumstances": "Odvojio se od razreda na izletu, učiteljica ga traži pola sata.",
    "reporter": {"name": "Jasmina Živković", "phone": "+381641234567", "relation": "mother"},
}
DRAFT = {
    "status": "exercise", "tier": "restricted", "areas": ["RS-06"], "policy": "restricted",
    "contact": "hotline",
    "message": {"sr-Latn": "Nestao je dečak Đorđe (7), plava jakna i crvena kapa. "
                           "Poslednji put viđen u Dunavskom parku u Novom Sadu.",
                "sr-Cyrl": "Нестао је дечак Ђорђе (7), плава јакна и црвена капа. "
                           "Последњи пут виђен у Дунавском парку у Новом Саду."},
    "fields": ["child.given", "child.family", "child.age", "child.sex", "child.height_cm",
               "child.hair", "child.eyes", "child.clothing", "last_seen.place"],
}
PRIVATE = [REPORT["circumstances"], REPORT["reporter"]["name"], REPORT["reporter"]["phone"]]
NAMES = ["Đorđe", "Ђорђе", "Živković", "Живковић"]
# parts of what must stand in a message, in the reader's own script
SAYS = {"mup-ns": ("sr-Latn", "VEŽBA", "Nestao je dečak Đorđe"),
        "granica-ho": ("sr-Cyrl", "ВЕЖБА", "Нестао је дечак Ђорђе")}
# town/policies.d/restricted.yaml
HOSPITAL_S, BORDER_S, AIRPORT_S = 2, 6, 8
# longer than between two attempts to reach the hospital, town/channels.d/bolnica-ns.yaml
QUIET_S = 7
# who holds which token; a token of her own does not make Vera a second person
TOKENS = (("vera", "operator"), ("vera", "approver"), ("marko", "approver"))
PERSONS = {"vera": "Vera Jovanović", "marko": "Marko Ilić"}
FORGERY = {"type": "exercise.alert.issued", "timestamp": "2026-01-01T00:00:00Z", "data": {}}


class Teller:
    """Numbered steps, and what is seen in each."""

    def __init__(self):
        self._step = 0

    def step(self, text):
        self._step += 1
        print()
        self._print(text, f"{self._step:2}. ")

    def see(self, text):
        self._print(text, "    - ")

    def _print(self, text, first):
        print(textwrap.fill(text, 96, initial_indent=first, subsequent_indent=" " * len(first)),
              flush=True)


class Story:
    def __init__(self, processes):
        self.processes = processes
        self.folder = processes.folder
        self.teller = Teller()
        self.police = Partner(processes, "mup-ns", "the police in Novi Sad")
        self.hospital = Partner(processes, "bolnica-ns", "the hospital", is_down=True)
        self.border = Partner(processes, "granica-ho", "the border police at Horgoš")
        self.airport = Partner(processes, "aerodrom-bg", "the airport in Belgrade")
        self.partners = [self.police, self.hospital, self.border, self.airport]
        self.base = None
        self.clients = {}

    def run(self):
        self.start_partners()
        self.start_astrad()
        self.make_people()
        self.report()
        self.draft()
        self.approve()
        self.escalate()
        self.acknowledge()
        self.close()
        self.repair()
        self.judge()

    # --- before the call

    def start_partners(self):
        self.teller.step("Four partner agencies open their end of the line. They believe only what "
                         "is signed with the secret that astrad shares with each.")
        for partner in self.partners:
            partner.start()
        self.teller.see("the police in Novi Sad, the border police at Horgoš and the airport in "
                        "Belgrade listen")
        self.teller.see("the hospital is OUT OF ORDER today: it answers everything with an error")

    def start_astrad(self):
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        configure(self.folder, {"astrad": port, **{p.name: p.port for p in self.partners}})
        self.astrad_once("--init")
        self.astrad_once("--check")
        self.processes.start("astrad", "astrad", "--config", self.folder / "astrad.yaml")
        wait_for(self.is_ready, 30, "astrad to be ready")
        self.teller.step(f"astrad has checked its configuration and runs at {self.base} as user "
                         "astrad.")
        self.teller.see("environment training: nothing real can be sent, and every message says "
                        "that it is an exercise")

    def astrad_once(self, word):
        done = self.processes.once("astrad", word, "--config", self.folder / "astrad.yaml")
        (self.folder / "log" / f"astrad{word}.log").write_text(done.stdout + done.stderr)
        if done.returncode != 0:
            raise Trouble(f"astrad {word} failed:\n{done.stdout}{done.stderr}")

    def is_ready(self):
        self.processes.must_run("astrad")
        try:
            return ask("GET", f"{self.base}/readyz").status == 200
        except Trouble:
            return False

    def make_people(self):
        self.teller.step("The administrator gives two persons and a partner their tokens "
                         "(astractl).")
        for person, name in PERSONS.items():
            self.astractl("person", "create", "--id", person, "--name", name)
        for person, role in TOKENS:
            self.token(f"{person}-{role}", "--person", person, "--role", role)
        self.token("granica-ho", "--partner", "granica-ho")
        self.teller.see("Vera Jovanović is an operator and may approve alerts of others; Marko "
                        "Ilić approves; the border police may acknowledge")
        self.vera = self.clients["vera-operator"]
        self.marko = self.clients["marko-approver"]

    def token(self, name, *whose):
        text = self.astractl("token", "create", "--name", name, *whose)["token"]
        write(self.folder / "tokens" / name, text + "\n")
        self.clients[name] = Client(self.base, text)

    def astractl(self, *words):
        """As root over the control socket: that is what makes the administrator."""
        done = subprocess.run(
            [self.folder / "bin" / "astractl", "--socket", self.folder / "control.sock", "--json",
             *words], capture_output=True, text=True)
        if done.returncode != 0:
            raise Trouble(f"astractl {' '.join(words)}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    # --- from the call to the alert

    def report(self):
        self.teller.step("A mother calls 116 000, and Vera writes down what she says: Đorđe "
                         "Živković (Ђорђе Живковић), 7, was last seen half an hour ago in Novi "
                         "Sad.")
        now = datetime.datetime.now().astimezone()
        seen = [(now - datetime.timedelta(minutes=minutes)).isoformat(timespec="seconds")
                for minutes in (50, 30)]
        report = {**REPORT, "last_seen": {**REPORT["last_seen"], "from": seen[0], "to": seen[1]}}
        self.keep("report.json", report)
        answer = expect(self.vera.post("/v1/reports", report), 201).json
        self.case = answer["case"]["ref"]
        self.teller.see(f"the report is on the disk; on the phone the case is called {self.case}")

    def keep(self, name, document):
        """For who goes on by hand."""
        write(self.folder / name, json.dumps(document, ensure_ascii=False, indent=2) + "\n")

    def draft(self):
        self.teller.step("Vera drafts an alert, reads exactly what each partner would get, and "
                         "submits it.")
        self.keep("draft.json", DRAFT)
        draft = expect(self.vera.post(f"/v1/cases/{self.case}/alerts", DRAFT), 201).json
        self.alert = draft["ref"]
        read = self.preview(self.vera)
        expect(self.vera.post(f"/v1/alerts/{self.alert}/submit", read), 200)
        line = wait_for(self.duty_line, 15, "the duty log to say that an alert waits")
        self.teller.see(f"alert {self.alert} waits for a second person; the duty log says so, "
                        "without a word about the child")
        told = [words for words in NAMES + PRIVATE if words in line]
        if told:
            raise Trouble(f"the duty log was told about the child: {', '.join(told)}")
        answer = expect(self.clients["vera-approver"].post(f"/v1/alerts/{self.alert}/approve",
                                                           read), 403, 409)
        self.teller.see(f"Vera tries to approve it herself: refused ({answer.reason})")

    def preview(self, client):
        preview = expect(client.get(f"/v1/alerts/{self.alert}/preview"), 200).json
        if preview["errors"]:
            raise Trouble(f"the preview has errors: {preview['errors']}")
        return {"version": preview["version"], "digest": preview["digest"]}

    def duty_line(self):
        self.processes.must_run("astrad")
        try:
            lines = (self.folder / "duty-log.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return None
        return next((line for line in lines
                     if "notice.approval_waiting" in line and self.alert in line), None)

    def approve(self):
        self.teller.step("Marko reads the same preview and approves. Now it goes out, to the "
                         "police first.")
        read = self.preview(self.marko)
        self.approved_at = time.monotonic()
        expect(self.marko.post(f"/v1/alerts/{self.alert}/approve", read), 200)
        body = self.police.wait_message("alert.issued", 15)
        self.teller.see(f"the police have it {time.monotonic() - self.approved_at:.1f} seconds "
                        "later, and the signature is right:")
        self.must_say(self.police, body)

    def must_say(self, partner, body):
        language, drill, words = SAYS[partner.name]
        text = " ".join(body["data"]["texts"].get(language, "").split())
        self.teller.see(f"\"{text}\"")
        if drill not in text or words not in text:
            raise Trouble(f"{partner.title} should read {drill!r} and {words!r} in its message")

    # --- nobody answers

    def escalate(self):
        self.teller.step(f"Nobody at the police acknowledges. After {HOSPITAL_S} seconds (minutes "
                         "in earnest) it is the hospital's turn, and the hospital is down.")
        self.hospital.wait_failed("alert.issued", 2, 30)
        self.teller.see("it is tried again and again, each time as the same message")
        body = self.border.wait_message("alert.issued", 30)
        self.teller.step("astrad does not wait for the hospital. The border police are told, in "
                         "their own script:")
        self.must_say(self.border, body)
        self.ack_url = body["data"]["ack_url"]

    def acknowledge(self):
        self.teller.step("The officer on duty at the border takes it in hand and acknowledges.")
        expect(self.clients["granica-ho"].post(
            self.ack_url, {"by": "Ružica Nađ", "reference": "HO-112/26"}), 201)
        self.teller.see(f"the airport would have been next, {AIRPORT_S} seconds later: waiting to "
                        "see that it is left in peace ...")
        late = self.approved_at + HOSPITAL_S + BORDER_S + AIRPORT_S + 3
        self.wait_quietly(lambda: self.airport.ledger, late)
        if self.airport.ledger:
            raise Trouble("the airport was told although somebody had acknowledged")
        self.teller.see("nothing came: the acknowledgement stopped the ladder")

    def wait_quietly(self, disturbed, until):
        wait_for(lambda: disturbed() or time.monotonic() > until, 60, "the time to pass")

    # --- found

    def close(self):
        self.teller.step("A patrol finds the boy. Vera closes the case; that ends the alert in the "
                         "same moment.")
        verified = {"name": "Nikola Savić", "unit": "PU Novi Sad", "how": "call back",
                    "at": datetime.datetime.now().astimezone().isoformat(timespec="seconds")}
        expect(self.vera.post(f"/v1/cases/{self.case}/close", {
            "outcome": "found", "verified_by": verified, "note": "Na dečijem igralištu, dobro je."
        }), 200)
        for partner in (self.police, self.border):
            partner.wait_message("alert.ended", 20)
        self.teller.see("the police and the border police, who have the alert, are told that it is "
                        "over")

    def repair(self):
        self.teller.step("The hospital is repaired, and a stranger sends it a forged alert.")
        self.hospital.mend()
        answer = ask("POST", self.hospital.url, FORGERY, {
            "webhook-id": "forged", "webhook-timestamp": str(int(time.time())),
            "webhook-signature": "v1,Zm9yZ2Vk"})
        if answer.status != 401:
            raise Trouble(f"the hospital answered a forgery with {answer.status}, not 401")
        self.teller.see("the forgery is refused; waiting to see that nothing stale comes after all "
                        "...")
        self.wait_quietly(lambda: self.hospital.messages("alert.issued"),
                          time.monotonic() + QUIET_S)

    def judge(self):
        self.teller.step("The partners' own books are compared with what should be in them.")
        complaints = judge({p.name: p.ledger for p in self.partners}, self.alert, PRIVATE,
                           {self.hospital.name: 1})
        if complaints:
            raise Trouble("the books do not agree:\n" + "\n".join(f"  - {c}" for c in complaints))
        tries = len(self.hospital.wait_failed("alert.issued", TRIES, 0))
        self.teller.see("the police and the border police had the alert once and its end once")
        self.teller.see(f"the hospital, tried {tries} times and never reached, and the airport, "
                        "whose turn never came, had neither")
        self.teller.see("what the mother told in confidence reached nobody")
        print("\nAll is as it should be.", flush=True)
