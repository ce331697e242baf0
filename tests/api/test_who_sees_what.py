"""Who sees what (CONTRACT section 2): every role at every route, and no name where none belongs.

WALK is the table: a route, who may call it, and who may see the case's personal data in its answer.
The personal data of the test are words that appear nowhere else, so finding one is proof.
Covers casework/cases_timeline.c.
"""
import http.client
import pathlib
import re

import pytest
from harness.evidence import audit_rows

SECRETS = {
    "child.given": "Zlatousta", "child.family": "Tajnović", "child.clothing": "ljubičasti kaput",
    "last_seen.place": "Skrivena ulica 7", "circumstances": "Posvađala se zbog ocene.",
    "reporter.name": "Dragoslava", "reporter.phone": "+381661112223",
    "guardians": "Milutinka", "medical": "epilepsija", "police.officer": "Radoslavljević",
}
FOLDED = {"zlatoust", "tajnovi", "dragoslav", "milutink", "epilepsij", "radoslavlj", "skrivena",
          "661112223", "ljubi\u010dasti", "posva\u0111ala", "\\u010dasti"}
PUBLIC = {"child.given", "child.clothing"}  # what the draft releases
MESSAGE = "Devojčica u kaputu, poslednji put kod gimnazije."

REPORT = {
    "status": "exercise", "category": "runaway", "source": "call",
    "child": {"names": [{"script": "Latn", "given": SECRETS["child.given"],
                         "family": SECRETS["child.family"]}],
              "age": 12, "sex": "female", "clothing": SECRETS["child.clothing"],
              "medical": SECRETS["medical"]},
    "last_seen": {"place": SECRETS["last_seen.place"]},
    "circumstances": SECRETS["circumstances"],
    "guardians": [{"name": SECRETS["guardians"]}],
    "police": {"informed": True, "officer": SECRETS["police.officer"]},
    "reporter": {"name": SECRETS["reporter.name"], "phone": SECRETS["reporter.phone"]},
}
ROLES = ("operator", "approver", "authority", "auditor", "admin", "partner", "nobody")

# method, path, who may call, who may see personal data
WALK = [
    ("GET", "/v1/me", "operator approver authority auditor admin partner", ""),
    ("GET", "/v1/reports/{report}", "operator approver", "operator approver"),
    ("GET", "/v1/cases?exercise=true", "operator approver auditor", ""),
    ("GET", "/v1/cases/{case}", "operator approver auditor", "operator approver"),
    ("GET", "/v1/cases/{case}/timeline", "operator approver auditor", ""),
    ("POST", "/v1/cases/search", "operator approver", "operator approver"),
    ("GET", "/v1/alerts/{alert}", "operator approver authority auditor admin", ""),
    ("GET", "/v1/alerts/{alert}/preview", "operator approver", "operator approver"),
    ("GET", "/v1/alerts/{alert}/timeline", "operator approver auditor", ""),
    ("GET", "/v1/worklist?exercise=true", "operator approver authority auditor admin", ""),
    ("GET", "/v1/persons", "admin", ""),
    ("GET", "/v1/tokens", "admin", ""),
    ("POST", "/v1/reports", "operator", ""),
    ("PATCH", "/v1/cases/{case}", "operator", ""),
    ("POST", "/v1/cases/{case}/notes", "operator", ""),
    ("POST", "/v1/cases/{case}/assign", "operator", ""),
    ("POST", "/v1/cases/{case}/close", "operator", ""),
    ("POST", "/v1/cases/{case}/reopen", "operator", ""),
    ("PUT", "/v1/cases/{case}/holds", "operator", ""),
    ("DELETE", "/v1/cases/{case}/holds", "operator", ""),
    ("POST", "/v1/cases/{case}/alerts", "operator", ""),
    ("PATCH", "/v1/alerts/{alert}/draft", "operator", ""),
    ("POST", "/v1/alerts/{alert}/submit", "operator", ""),
    ("POST", "/v1/alerts/{alert}/approve", "operator approver", ""),
    ("POST", "/v1/alerts/{alert}/return", "approver", ""),
    ("POST", "/v1/alerts/{alert}/reject", "approver", ""),
    ("POST", "/v1/alerts/{alert}/withdraw", "operator approver", ""),
    ("POST", "/v1/alerts/{alert}/updates", "operator", ""),
    ("POST", "/v1/alerts/{alert}/cancel", "operator", ""),
    ("POST", "/v1/alerts/{alert}/suspend", "operator", ""),
    ("POST", "/v1/alerts/{alert}/resume", "operator", ""),
    ("POST", "/v1/alerts/{alert}/repolicy", "operator", ""),
    ("POST", "/v1/alerts/{alert}/send", "operator", ""),
    ("POST", "/v1/persons", "admin", ""),
    ("POST", "/v1/persons/nobody/disable", "admin", ""),
    ("POST", "/v1/tokens", "admin", ""),
    ("DELETE", "/v1/tokens/01a20a54-c36d-7808-b2ec-39e27ed1503f", "admin", ""),
]
SEARCH = {"query": SECRETS["child.family"], "statuses": ["exercise"]}


def told(text):
    """The secrets that a text gives away."""
    return {name for name, secret in SECRETS.items() if secret in text}


def named(text):
    low = text.lower()
    return {stem for stem in FOLDED if stem in low}


@pytest.fixture
def scene(town):
    """A case with everything in it, its alert as a draft, and a client of each role."""
    town.people.admin.get("/v1/me").expect(200)
    tokens = {role: town.astrad.token(role, "petar") for role in ("authority", "auditor", "admin")}
    people = town.people
    clients = {"operator": people.operator, "approver": people.approver,
               "partner": people.partner("mup-ns"), "nobody": town.astrad.client(),
               **{role: town.astrad.client(token) for role, token in tokens.items()}}
    made = people.operator.post("/v1/reports", REPORT).expect(201).json
    alert = town.draft(made["case"]["id"], message={"sr-Latn": MESSAGE},
                       fields=sorted(PUBLIC) + ["child.age"])
    names = {"report": made["report"]["id"], "case": made["case"]["id"], "alert": alert["id"]}
    return town, clients, names


def ask(client, method, path, names):
    """Reads are asked for real; writes with a body that no act takes, so nothing changes."""
    if method == "GET":
        return client.get(path.format(**names))
    body = SEARCH if path.endswith("/search") else {"unknown": "x"}
    return client.request(method, path.format(**names), json=body, key=True,
                          if_match="*" if method == "PATCH" else None)


@pytest.mark.parametrize("method, path, may, sees", WALK)
def test_every_role_at_every_route(scene, method, path, may, sees):
    _, clients, names = scene
    for role in ROLES:
        answer = ask(clients[role], method, path, names)
        if role == "nobody":
            answer.problem(401)
        elif role not in may.split():
            answer.problem(403)
        else:
            assert answer.status not in (401, 403), f"{role}: {answer.body}"
            assert answer.status < 500
        given = told(answer.body.decode())
        assert bool(given) == (role in sees.split()), f"{role} at {path} reads {given}"


def test_the_walk_is_the_whole_table(scene):
    """A route that is added to routes.c with personal data in reach belongs into WALK."""
    source = pathlib.Path(__file__).resolve().parents[2] / "daemon/intake/routes.c"
    known = set(re.findall(r'\.pattern = "([^"]+)"', source.read_text()))
    walked = {re.sub(r"\{\w+\}|nobody|01a20a54-[0-9a-f-]+", "{id}", path.partition("?")[0])
              for _, path, _, _ in WALK}
    missing = {path for path in known if path not in walked}
    assert missing <= {"/healthz", "/readyz", "/metrics", "/v1/alerts", "/v1/alerts/{id}/acks",
                       "/v1/alerts/{id}/acks/{ack}", "/v1/alerts/{id}/deliveries",
                       "/v1/alerts/{id}/summary", "/v1/alerts/{id}/escalate", "/v1/events",
                       "/v1/config", "/v1/reload", "/v1/channels", "/v1/channels/{name}/suspend",
                       "/v1/channels/{name}/resume", "/v1/channels/{name}/probe",
                       "/v1/deliveries/{id}/redrive", "/schemas/webhook-1.json", "/openapi.json"}


def test_the_auditor_reads_that_something_is_there_and_not_what(scene):
    _, clients, names = scene
    seen = clients["auditor"].get(f"/v1/cases/{names['case']}").expect(200)
    assert seen.json["truth"]["child"]["clothing"] == "[redacted]"
    assert seen.json["truth"]["reporters"]
    assert not named(seen.body.decode())
    alert = clients["auditor"].get(f"/v1/alerts/{names['alert']}").expect(200).json
    assert alert["draft"] is None


def test_each_read_of_personal_data_is_an_audit_row(scene):
    town, clients, names = scene
    clients["approver"].get(f"/v1/cases/{names['case']}").expect(200)
    ref = clients["operator"].get(f"/v1/cases/{names['case']}").json["ref"]
    clients["approver"].get(f"/v1/cases/{ref}").expect(200)
    clients["approver"].get(f"/v1/reports/{names['report']}").expect(200)
    clients["approver"].get(f"/v1/alerts/{names['alert']}/preview").expect(200)
    clients["approver"].post("/v1/cases/search", SEARCH).expect(200)
    clients["approver"].post("/v1/cases/search", {"query": "Niko"}).expect(200)
    town.astrad.stop()
    rows = audit_rows(town.config)
    by_marko = [(action, case) for action, person, case, _, _ in rows if person == "marko"]
    assert by_marko.count(("case.read", names["case"])) == 2
    assert ("report.read", names["case"]) in by_marko
    assert ("alert.preview", names["case"]) in by_marko
    assert any(action == "case.search" for action, _ in by_marko)
    assert by_marko.count(("case.found", names["case"])) == 1
    town.astrad.start()


def test_no_name_where_none_belongs(scene):
    """After a whole life: log, metrics, answers of errors, every file of the store, in clear."""
    town, clients, names = scene
    operator, case, alert = clients["operator"], names["case"], names["alert"]
    # refusals repeat nothing of what was sent
    wrong = dict(REPORT, child={"names": [{"given": SECRETS["child.given"], "x": 1}], "age": "x"})
    answers = [operator.post("/v1/reports", wrong),
               operator.post("/v1/cases/search", {"query": SECRETS["child.given"], "q": 1}),
               operator.post(f"/v1/cases/{SECRETS['child.given']}/notes", {"text": "x"})
               if SECRETS["child.given"].isascii() else operator.get("/v1/cases/x")]
    for answer in answers:
        assert not named(answer.problem(answer.status) and answer.body.decode())
    operator.post(f"/v1/cases/{case}/notes", {"text": SECRETS["circumstances"]}).expect(201)
    operator.patch(f"/v1/cases/{case}", {"reason": SECRETS["guardians"], "child": {"age": 13}},
                   if_match="*").expect(200)
    hold = {"field": "photo", "by": SECRETS["police.officer"], "reference": "KT"}
    operator.put(f"/v1/cases/{case}/holds", hold).expect(200)
    town.submit(alert)
    town.approve(alert)
    operator.post(f"/v1/alerts/{alert}/cancel",
                  {"reason": "resolved", "note": SECRETS["guardians"]}).expect(200)
    close = {"outcome": "found", "note": SECRETS["guardians"],
             "verified_by": {"name": SECRETS["police.officer"], "how": "viđen", "unit": "PU"}}
    operator.post(f"/v1/cases/{case}/close", close).expect(200)
    metrics = operator.get("/metrics").expect(200).body.decode()
    assert not named(metrics) and not named(town.astrad.log)
    town.astrad.kill()  # the write-ahead log is still there
    looked = []
    for path in town.config.folder.glob("**/*"):
        if path.is_file() and path.suffix not in (".jsonl", ".so") and "plugins" not in path.parts:
            looked.append(path.name)
            assert not named(path.read_bytes().decode("utf-8", "replace")), path
    assert {"astrad.db", "astrad.db-wal", "cases.key", "astrad.log"} <= set(looked)
    town.astrad.start()


def test_a_name_in_a_path_or_header_stays_out_of_the_log(scene):
    town, clients, _ = scene
    port = town.config.port
    for path in ("/v1/cases/Zlatousta", "/v1/Tajnovi?child=Zlatousta", "/v1/cases?state=Zlatoust"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path, headers={
            "Authorization": f"Bearer {clients['operator'].token}", "User-Agent": "Dragoslava"})
        assert connection.getresponse().status in (400, 404)
        connection.close()
    assert not named(town.astrad.log)
