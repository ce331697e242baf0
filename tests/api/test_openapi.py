"""/openapi.json and the daemon say the same: routes, roles, parameters, bodies, statuses, answers.

Every answer that any test of the running daemon gets is judged by the document as well
(harness/openapi.py); here it is compared with the table of routes and walked as a whole.
"""
import copy
import json
import re
import shutil
import subprocess

import pytest
from harness import behaviour
from harness.client import Response
from harness.openapi import PATH, Document
from harness.places import TOP
from harness.town import DRAFT, report_document
from harness.wait import wait_for

ROUTES = TOP / "daemon" / "intake" / "routes.c"
REDOCLY = TOP / "build" / "npm" / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"
NODE_LEAST = 20  # what Redocly runs on
CLOSE = {"outcome": "found", "verified_by": {"name": "V", "unit": "PU", "how": "viđen"}}


@pytest.fixture(scope="module")
def document():
    return Document()


# --- the table of routes

def routes():
    """{(method, pattern): {field: text}} of routes.c, its macros resolved."""
    text = ROUTES.read_text()
    macros = dict(re.findall(r"^#define (\w+)\s+\((.*)\)$", text, re.MULTILINE))
    found = {}
    for block in re.findall(r"\n\t\{\n(.*?)\n\t\},", text, re.DOTALL):
        row = dict(re.findall(r"^\t\t\.(\w+) = (.*?),$", block, re.MULTILINE | re.DOTALL))
        roles = row.get("roles", "")
        while any(name in roles for name in macros):
            for name, value in macros.items():
                roles = re.sub(rf"\b{name}\b", value, roles)
        row["roles"] = sorted(set(re.findall(r"ROLE_BIT\(ROLE_(\w+)\)", roles)))
        found[row["method"].removeprefix("METHOD_"), row["pattern"].strip('"')] = row
    return found


def test_every_route_is_documented_and_no_other(document):
    assert {(method, path) for method, path, _ in document.operations()} == set(routes())


@pytest.mark.parametrize("method, path", routes())
def test_a_route_is_as_documented(document, method, path):
    row = routes()[method, path]
    operation = document.document["paths"][path][method.lower()]
    flags = row.get("flags", "")
    parameters = [document.resolve(one) for one in operation.get("parameters", [])]
    where = {kind: {one["name"]: one for one in parameters if one["in"] == kind}
             for kind in ("query", "path", "header")}

    assert ("ROUTE_OPEN" in flags) == (operation.get("security") == [])
    assert [role.lower() for role in row["roles"]] == operation.get("x-roles", [])
    assert set(where["query"]) == set(row.get("query", '""').strip('"').split())
    assert list(where["path"]) == re.findall(r"\{(\w+)\}", path)
    assert ("If-Match" in where["header"]) == ("ROUTE_IF_MATCH" in flags)
    key = where["header"].get("Idempotency-Key")
    assert (key is not None) == (method == "POST")
    assert bool(key and key["required"]) == ("ROUTE_KEY_REQUIRED" in flags)
    body = operation.get("requestBody")
    assert (body is not None) == ("body_bytes" in row)
    assert body is None or body["required"] == ("ROUTE_BODY_OPTIONAL" not in flags)
    for status, response in operation["responses"].items():
        assert document.resolve(response)["content"], f"{status} has no body"


# --- what is served

def test_it_is_served_to_everybody(town):
    answer = town.astrad.client().get("/openapi.json").expect(200)
    assert answer.body == PATH.read_bytes()
    assert answer.headers["content-type"] == "application/json"


def test_redocly_finds_nothing_wrong():
    node = shutil.which("node") or shutil.which("nodejs")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    if int(re.match(r"v(\d+)", version).group(1)) < NODE_LEAST:
        pytest.skip(f"Redocly needs Node {NODE_LEAST}, this is {version.strip()}")
    ran = subprocess.run([node, REDOCLY, "lint", "--format", "json", PATH], cwd=PATH.parent,
                         env={"PATH": "/usr/bin:/bin", "REDOCLY_TELEMETRY": "off", "CI": "true"},
                         capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout)["problems"] == []


# --- bodies that are sent

def bodies():
    return [(method, path) for method, path, operation in Document().operations()
            if "requestBody" in operation]


# a merge patch takes whatever its target has; its own keys are judged with the target
PATCHES = {"/v1/cases/{id}", "/v1/alerts/{id}/draft"}


@pytest.mark.parametrize("method, path", [row for row in bodies() if row[1] not in PATCHES])
def test_the_daemon_knows_the_documented_members(document, town, method, path):
    operation = document.document["paths"][path][method.lower()]
    schema = document.resolve(operation["requestBody"]["content"]["application/json"]["schema"])
    who = getattr(town.people, next(role for role in ("operator", "approver", "admin")
                                    if role in operation["x-roles"]))
    case = town.case()
    alert = town.alert(case) if path.endswith("/updates") else town.draft(case)["id"]
    names = {"id": alert if "/alerts/" in path else case if "/cases/" in path else "1",
             "name": "mup-ns"}
    told = who.request(method, path.format(**names), json={"nobody knows this": 1}, key=True)
    [detail] = [error["detail"] for error in told.problem(422)["errors"]
                if error["pointer"] == "/nobody knows this"]
    known = detail.partition("known: ")[2]
    assert set(schema.get("properties", {})) == set(known.split(", ")) - {"none"}
    empty = who.request(method, path.format(**names), json={}, key=True)
    missing = {error["pointer"][1:] for error in empty.json.get("errors", [])} \
        if empty.status == 422 else set()
    assert set(schema.get("required", [])) >= missing, "required, and not documented so"


@pytest.mark.parametrize("path, of", [("/v1/cases", ""), ("/v1/alerts", ""),
                                      ("/v1/alerts/{id}/deliveries", "alert")])
def test_the_documented_words_of_a_filter(document, town, path, of):
    operation = document.document["paths"][path]["get"]
    [state] = [one for one in operation["parameters"] if one.get("name") == "state"]
    words = document.resolve(state["schema"]["items"])["enum"]
    named = path.format(id=of and town.draft(town.case())["id"])
    told = town.people.operator.get(f"{named}?state=nobody").problem(400)["detail"]
    assert told.partition("known: ")[2].split(", ") == words
    town.people.operator.get(f"{named}?state={','.join(words)}").expect(200)


# --- answers

class Walk:
    """Every operation once, and every 2xx it is documented to have."""

    def __init__(self, town, judge):
        self.town, self.judge = town, judge
        people = town.people
        for client in (people.operator, people.approver, people.auditor, people.admin):
            client.judged(judge)
        self.partner = people.partner("mup-ns").judged(judge)
        self.operator, self.approver, self.admin = people.operator, people.approver, people.admin

    def probes(self):
        nobody = self.town.astrad.client().judged(self.judge)
        for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/schemas/webhook-1.json"):
            nobody.get(path).expect(200)

    def people(self):
        admin = self.admin
        admin.post("/v1/persons", {"id": "jovan", "name": "J"}).expect(201)
        said = {"name": "k", "person": "jovan", "role": "operator"}
        made = admin.post("/v1/tokens", said).expect(201).json
        for path in ("/v1/persons", "/v1/tokens", "/v1/me", "/v1/config"):
            admin.get(path).expect(200)
        admin.delete(f"/v1/tokens/{made['id']}").expect(200)
        admin.post("/v1/persons/jovan/disable").expect(200)

    def channels(self):
        for verb in ("suspend", "resume", "probe"):
            self.admin.post(f"/v1/channels/mup-ns/{verb}").expect(200)
        self.admin.get("/v1/channels").expect(200)
        self.admin.post("/v1/reload").expect(200)

    def case(self):
        made = self.operator.post("/v1/reports", report_document(self.town.now())).expect(201).json
        path = f"/v1/cases/{made['case']['ref']}"
        self.operator.get(f"/v1/reports/{made['report']['id']}").expect(200)
        self.operator.post(f"{path}/notes", {"text": "n"}).expect(201)
        self.operator.post(f"{path}/assign", {"person": "ana"}).expect(200)
        self.operator.patch(path, {"reason": "r", "child": {"age": 8}}, if_match="*").expect(200)
        hold = {"field": "child.eyes", "by": "T", "reference": "KT"}
        self.operator.put(f"{path}/holds", hold).expect(200)
        for client in (self.operator, self.town.people.auditor):
            client.get(path).expect(200)
            client.get("/v1/cases?exercise=true").expect(200)
        self.operator.delete(f"{path}/holds", {"field": "child.eyes"}).expect(200)
        said = {"query": "djordje", "statuses": ["exercise"]}
        assert self.operator.post("/v1/cases/search", said).expect(200).json["items"]
        return path

    def draft(self, case):
        made = self.operator.post(f"{case}/alerts", copy.deepcopy(DRAFT)).expect(201).json
        path = f"/v1/alerts/{made['ref']}"
        self.operator.patch(f"{path}/draft", {"areas": ["RS-06"]}, if_match="*").expect(200)
        self.operator.get(path).expect(200)
        return path

    def decide(self, path, *verbs):
        """submit, return, reject, approve ... with what was read."""
        for verb in verbs:
            read = self.operator.get(f"{path}/preview").expect(200).json
            said = {"version": read["version"], "digest": read["digest"]} \
                if verb in ("submit", "approve") else {"reason": "r"}
            client = self.operator if verb == "submit" else self.approver
            client.post(f"{path}/{verb}", said).expect(200)

    def alert(self, case):
        self.decide(self.draft(case), "submit", "return", "submit", "reject")
        self.operator.post(f"{self.draft(case)}/withdraw").expect(200)
        path = self.draft(case)
        self.decide(path, "submit", "approve")
        self.town.mup.wait_delivered(1)
        ack = self.partner.post(f"{path}/acks", {"by": "D"}).expect(201).json["ack"]
        self.partner.post(f"{path}/acks", {"by": "D"}).expect(200)
        self.partner.delete(f"{path}/acks/{ack['id']}").expect(200)
        self.operator.post(f"{path}/escalate").expect(200)
        return path

    def later(self, path):
        operator = self.operator
        said = {"kind": "information", "reason": "r", "areas": ["RS-06"]}
        operator.post(f"{path}/updates", said).expect(201)
        operator.post(f"{path}/withdraw").expect(200)
        operator.post(f"{path}/repolicy", {"policy": "restricted"}).expect(200, 201, 409)
        operator.post(f"{path}/withdraw")
        operator.post(f"{path}/send", {"channel": "bolnica-ns"}).expect(200, 201, 409)
        operator.post(f"{path}/withdraw")
        operator.post(f"{path}/suspend").expect(200)
        operator.post(f"{path}/resume", {"reason": "r"}).expect(201)

    def reads(self, case, path):
        for part in ("deliveries", "summary", "timeline"):
            self.operator.get(f"{path}/{part}").expect(200)
        self.operator.get(f"{case}/timeline").expect(200)
        self.operator.get("/v1/alerts?exercise=true").expect(200)
        self.operator.get("/v1/worklist?exercise=true").expect(200)
        self.operator.get("/v1/events?partner=mup-ns").expect(200)
        self.partner.get("/v1/events").expect(200)
        self.partner.get("/v1/alerts?state=active").expect(200)
        self.partner.get("/v1/me").expect(200)

    def held(self, case):
        self.town.mup.script(behaviour.status(410))
        path = self.draft(case)
        self.decide(path, "submit", "approve")
        held = wait_for(lambda: self.operator.items(f"{path}/deliveries?state=held"))
        self.admin.post(f"/v1/deliveries/{held[0]['id']}/redrive").expect(202)

    def ends(self, case, path):
        self.operator.post(f"{path}/cancel", {"reason": "resolved"}).expect(200)
        self.operator.post(f"{case}/close", CLOSE).expect(200)
        self.operator.post(f"{case}/reopen", {"reason": "r"}).expect(200)


def test_every_operation_answers_as_documented(town):
    judge = Document()
    walk = Walk(town, judge)
    walk.probes()
    walk.people()
    walk.channels()
    case = walk.case()
    path = walk.alert(case)
    walk.reads(case, path)
    walk.later(path)
    walk.reads(case, path)
    walk.ends(case, path)
    walk.held(walk.case())
    good = {(method, path) for method, path, status in judge.seen if status < 300}
    missing = {(method, path) for method, path, _ in judge.operations()} - good
    assert missing <= {("POST", "/v1/alerts/{id}/repolicy"), ("POST", "/v1/alerts/{id}/send")}


ME = {"person": "ana", "partner": None, "role": "operator", "token": None}
WRONG = {
    "a member too many": (200, {**ME, "x": 1}),
    "a member too few": (200, {"person": "ana"}),
    "another type": (200, {**ME, "role": 7}),
    "a word that is none": (200, {**ME, "role": "king"}),
    "a status that is not documented": (202, ME),
    "a refusal without a title": (403, {"type": "x:y", "status": 403}),
}


@pytest.mark.parametrize("what", WRONG)
def test_the_judge_notices(document, what):
    status, body = WRONG[what]
    media = "application/json" if status < 300 else "application/problem+json"
    document("GET", "/v1/me", Response(200, {"content-type": "application/json"},
                                       json.dumps(ME).encode()))
    with pytest.raises(AssertionError, match="documented"):
        document("GET", "/v1/me", Response(status, {"content-type": media},
                                           json.dumps(body).encode()))
