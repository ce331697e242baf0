"""Idempotency-Key at every POST of the route table: done once, told again, another body refused.

POSTS is the table: what makes the place ready for a request, and the word of its audit entry.
Covers casework/deed.c and store/deed.c.
"""
import copy
import pathlib
import re
import uuid
from dataclasses import dataclass

import pytest
from harness import behaviour
from harness.evidence import audit_rows
from harness.town import DRAFT, report_document
from harness.wait import wait_for

REPLAYED = "idempotency-replayed"
ROUTES = pathlib.Path(__file__).resolve().parents[2] / "daemon/intake/routes.c"
CLOSE = {"outcome": "found", "verified_by": {"name": "V", "unit": "PU", "how": "viđen"}}


@dataclass
class Ask:
    client: object
    path: str
    body: object = None


def of_case(verb, body, closed=False):
    def ready(town):
        case = town.case()
        if closed:
            town.people.operator.post(f"/v1/cases/{case}/close", CLOSE).expect(200)
        return Ask(town.people.operator, f"/v1/cases/{case}/{verb}", copy.deepcopy(body))
    return ready


def of_alert(verb, body, state, who="operator"):
    """An act of an alert in this state: draft, pending, active, suspended."""
    def ready(town):
        alert = town.draft(town.case())["id"]
        said = town.digest(alert)
        if state != "draft":
            town.submit(alert)
        if state in ("active", "suspended"):
            town.approve(alert)
        if state == "suspended":
            town.people.operator.post(f"/v1/alerts/{alert}/suspend").expect(200)
        named = said if body == "digest" else copy.deepcopy(body)
        return Ask(getattr(town.people, who), f"/v1/alerts/{alert}/{verb}", named)
    return ready


def of_admin(path, body=None):
    def ready(town):
        assert town.people.operator
        return Ask(town.people.admin, path, copy.deepcopy(body))
    return ready


def report(town):
    return Ask(town.people.operator, "/v1/reports", report_document(town.now()))


def redrive(town):
    town.mup.script(behaviour.status(410))
    alert = town.alert(town.case())
    held = wait_for(lambda: [
        row for row in town.people.operator.items(f"/v1/alerts/{alert}/deliveries")
        if row["state"] == "held"])
    return Ask(town.people.admin, f"/v1/deliveries/{held[0]['id']}/redrive")


# pattern: (what makes it ready, the audit entry, members that are told only the first time)
POSTS = {
    "/v1/reports": (report, "report.create", ()),
    "/v1/cases/{id}/notes": (of_case("notes", {"text": "n"}), "case.note", ()),
    "/v1/cases/{id}/assign": (of_case("assign", {"person": "ana"}), "case.assign", ()),
    "/v1/cases/{id}/close": (of_case("close", CLOSE), "case.close", ()),
    "/v1/cases/{id}/reopen": (of_case("reopen", {"reason": "r"}, True), "case.reopen", ()),
    "/v1/cases/{id}/alerts": (of_case("alerts", DRAFT), "alert.draft", ()),
    "/v1/alerts/{id}/submit": (of_alert("submit", "digest", "draft"), "alert.submit", ()),
    "/v1/alerts/{id}/approve": (
        of_alert("approve", "digest", "pending", "approver"), "alert.approve", ()),
    "/v1/alerts/{id}/return": (
        of_alert("return", {"reason": "r"}, "pending", "approver"), "alert.return", ()),
    "/v1/alerts/{id}/reject": (
        of_alert("reject", {"reason": "r"}, "pending", "approver"), "alert.reject", ()),
    "/v1/alerts/{id}/withdraw": (of_alert("withdraw", None, "pending"), "alert.withdraw", ()),
    "/v1/alerts/{id}/updates": (
        of_alert("updates", {"kind": "information", "reason": "r", "areas": ["RS-06"]}, "active"),
        "alert.update", ()),
    "/v1/alerts/{id}/cancel": (
        of_alert("cancel", {"reason": "resolved"}, "active"), "alert.end", ()),
    "/v1/alerts/{id}/suspend": (of_alert("suspend", None, "active"), "alert.suspend", ()),
    "/v1/alerts/{id}/resume": (
        of_alert("resume", {"reason": "r"}, "suspended"), "alert.update", ()),
    "/v1/alerts/{id}/repolicy": (
        of_alert("repolicy", {"policy": "restricted"}, "active"), "alert.repolicy", ()),
    "/v1/alerts/{id}/send": (
        of_alert("send", {"channel": "bolnica-ns"}, "active"), "alert.send", ()),
    "/v1/alerts/{id}/escalate": (of_alert("escalate", None, "active"), "alert.escalate", ()),
    "/v1/alerts/{id}/acks": (
        of_alert("acks", {"by": "D", "how": "phone", "on_behalf_of": "mup-ns"}, "active"),
        "ack.create", ()),
    "/v1/persons": (of_admin("/v1/persons", {"id": "jovan", "name": "J"}), "person.create", ()),
    "/v1/persons/{id}/disable": (of_admin("/v1/persons/ana/disable"), "person.disable", ()),
    "/v1/tokens": (of_admin("/v1/tokens", {"name": "k", "person": "ana", "role": "operator"}),
                   "token.create", ("token",)),
    "/v1/reload": (of_admin("/v1/reload"), "config.reload",
                   ("files", "channels", "policies", "issues")),
    "/v1/channels/{name}/suspend": (
        of_admin("/v1/channels/mup-ns/suspend"), "channel.suspend", ()),
    "/v1/channels/{name}/resume": (of_admin("/v1/channels/mup-ns/resume"), "channel.resume", ()),
    "/v1/channels/{name}/probe": (of_admin("/v1/channels/mup-ns/probe"), "channel.probe", ()),
    "/v1/deliveries/{id}/redrive": (redrive, "delivery.redrive", ()),
}
# a search changes nothing, and what it tells is personal: never kept, looked up anew
READS = {"/v1/cases/search"}


def test_the_table_is_whole():
    found = re.findall(r'\.method = METHOD_POST,\s+\.pattern = "([^"]+)"', ROUTES.read_text())
    assert set(found) == set(POSTS) | READS


def without(document, members):
    return {name: value for name, value in document.items() if name not in members}


def entries(town, action, person):
    """How many audit entries there are; the daemon is started again."""
    town.astrad.stop()
    rows = audit_rows(town.config, action)
    town.astrad.start()
    return [row[1] for row in rows].count(person)


def somebody_else(town, role):
    town.astrad.person("drugi", "D")
    return town.astrad.client(town.astrad.token(role, "drugi"))


@pytest.mark.parametrize("pattern", POSTS)
def test_done_once_and_told_again(town, pattern):
    ready, action, told_once = POSTS[pattern]
    ask = ready(town)
    me = ask.client.get("/v1/me").expect(200).json
    another = somebody_else(town, me["role"])
    before = entries(town, action, me["person"])
    key = str(uuid.uuid4())

    first = ask.client.post(ask.path, ask.body, key=key).expect(200, 201, 202)
    assert REPLAYED not in first.headers
    town.astrad.restart()
    again = ask.client.post(ask.path, ask.body, key=key).expect(first.status)
    assert again.headers[REPLAYED] == "true"
    assert without(again.json, told_once) == without(first.json, told_once)
    for member in told_once:
        assert not again.json.get(member), "told the first time only"
    changed = ask.client.post(ask.path, {"another": "body"}, key=key).problem(422)
    assert changed["type"].endswith("/idempotency-key-reused")

    assert REPLAYED not in another.post(ask.path, ask.body, key=key).headers, "another's key"
    assert entries(town, action, me["person"]) == before + 1
