"""The log: one line an event, ids and refs in key=value, never a word about the child."""
import re

from harness import Client
from harness.town import DRAFT, REPORT

LINE = re.compile(r'^\S+Z (debug|info|notice|warning|error) [^=]+?( [a-z_]+=("[^"]*"|\S*))*$')
SETTINGS = re.compile(r"^(\S+ (warning|note) [A-Z]\d+ |\d+ errors?, )")  # findings at the start


def words_of(value):
    """Every text of a document."""
    if isinstance(value, dict):
        return [w for inner in value.values() for w in words_of(inner)]
    if isinstance(value, list):
        return [w for inner in value for w in words_of(inner)]
    return [value] if isinstance(value, str) else []


def secrets_of_a_case():
    told = [REPORT["child"], REPORT["last_seen"], REPORT["circumstances"], REPORT["reporter"],
            DRAFT["message"]]
    plain = {"Latn", "Cyrl", "male", "brown", "blue", "mother"}  # codes, and words of our own
    return [w for w in words_of(told) if w not in plain] + ["Živkovi", "Живкови", "64123"]


def live_a_life(town):
    """Everything that touches personal data, refusals included."""
    operator, approver = town.people.operator, town.people.approver
    case = town.report()["case"]["id"]
    found = operator.get(f"/v1/cases/{case}").expect(200)
    operator.patch(f"/v1/cases/{case}", {"child": {"clothing": REPORT["child"]["clothing"]},
                                         "reason": REPORT["circumstances"]},
                   if_match=found.etag)
    operator.post("/v1/cases/search", {"query": "Živković"})
    operator.get("/v1/cases?name=%C5%BDivkovi%C4%87")  # an unknown parameter is refused
    operator.get("/v1/cases/%C5%BDivkovi%C4%87")
    operator.post(f"/v1/cases/{case}/notes", {"text": REPORT["circumstances"]})
    operator.post("/v1/reports", {**REPORT, "child": {"Živković": "Đorđe"}})
    operator.post("/v1/reports", body="{\"circumstances\": \"Živković\"".encode())
    alert = town.alert(case)
    town.mup.wait_type("exercise.alert.issued")
    approver.post(f"/v1/alerts/{alert}/return", {"reason": REPORT["circumstances"]})
    town.cancel(alert)
    town.mup.wait_type("exercise.alert.ended")
    Client(port=town.config.port, token="astrad_made_up_token").get("/v1/me").problem(401)


def test_ids_and_states_only(town):
    live_a_life(town)
    log = town.astrad.log
    tokens = [client.token for client in town.people._clients.values()]
    keys = [key for endpoint in (town.mup, town.bolnica) for key in endpoint.keys]
    for word in [*secrets_of_a_case(), *tokens, *keys, "made_up_token"]:
        assert word not in log, word
    assert "%C5%BD" not in log, "not encoded either"


def test_every_line_has_one_form(town):
    live_a_life(town)
    town.astrad.stop()
    lines = town.astrad.log.splitlines()
    strange = [line for line in lines if not LINE.match(line) and not SETTINGS.match(line)]
    assert strange == []
    assert lines[-1].endswith("status=0")


def test_access_line(town):
    """Who did what to which case, by ids; probes stay quiet."""
    case = town.report()["case"]["id"]
    town.people.operator.get(f"/v1/cases/{case}").expect(200)
    town.people.auditor.get("/v1/persons").problem(403)
    Client(port=town.config.port).get("/healthz").expect(200)
    town.astrad.wait_log(
        rf"info request request=\S+ method=GET route=/v1/cases/{{id}} target={case} status=200 "
        r"us=\d+ who=ana peer=127\.0\.0\.1\n")
    town.astrad.wait_log(r"route=/v1/persons target=- status=403 us=\d+ who=jelena ")
    assert "route=/healthz" not in town.astrad.log
