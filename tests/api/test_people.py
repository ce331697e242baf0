"""Persons and tokens: who may make them, what they may, when they end.

Covers intake/persons.c, intake/tokens.c and casework/people.c.
"""
import datetime

import pytest


def token(town, **body):
    return town.people.admin.post("/v1/tokens", {"name": "konzola", **body})


def test_person_and_token(town):
    made = town.people.admin.post("/v1/persons", {"id": "jovan", "name": "Jovan J."}).expect(201)
    assert made.json["id"] == "jovan"
    answer = token(town, person="jovan", role="operator").expect(201).json
    me = town.astrad.client(answer["token"]).get("/v1/me").expect(200).json
    assert me == {"person": "jovan", "partner": None, "role": "operator", "token": answer["id"]}
    listed = town.people.admin.get("/v1/persons").expect(200)
    rows = {row["id"]: row for row in listed.json["items"]}
    assert [one["id"] for one in rows["jovan"]["tokens"]] == [answer["id"]]
    assert answer["token"] not in listed.body.decode()


@pytest.mark.parametrize("body, pointer", [
    ({}, "/id"), ({"id": "J"}, "/id"), ({"id": "x" * 33, "name": "n"}, "/id"),
    ({"id": "jo van", "name": "n"}, "/id"), ({"id": "jovan"}, "/name"),
    ({"id": "unix:root", "name": "n"}, "/id"), ({"id": "jovan", "name": "n", "role": "x"}, "/role"),
])
def test_wrong_persons(town, body, pointer):
    assert pointer in town.people.admin.post("/v1/persons", body).pointers()


def test_a_person_exists_once(town):
    town.people.admin.post("/v1/persons", {"id": "jovan", "name": "n"}).expect(201)
    town.people.admin.post("/v1/persons", {"id": "jovan", "name": "m"}).problem(409)


@pytest.mark.parametrize("body", [
    {}, {"person": "nobody", "role": "operator"}, {"person": "ana", "role": "king"},
    {"person": "ana", "partner": "mup-ns", "role": "operator"}, {"partner": "nobody"},
    {"person": "ana"}, {"person": "ana", "role": "partner"},
    {"person": "ana", "role": "operator", "expires_at": "2020-01-01T00:00:00Z"},
])
def test_wrong_tokens(town, body):
    assert town.people.operator
    answer = token(town, **body)
    answer.problem(422)


def test_partner_token_is_the_partners(town):
    made = token(town, partner="mup-ns").expect(201).json
    me = town.astrad.client(made["token"]).get("/v1/me").expect(200).json
    assert (me["partner"], me["person"], me["role"]) == ("mup-ns", None, "partner")


def test_revoked_and_disabled_end_at_once_and_for_good(town):
    town.people.admin.get("/v1/me").expect(200)
    made = token(town, person="petar", role="operator").expect(201).json
    client = town.astrad.client(made["token"])
    client.get("/v1/me").expect(200)
    town.people.admin.delete(f"/v1/tokens/{made['id']}").expect(200)
    client.get("/v1/me").problem(401)
    town.people.admin.delete(f"/v1/tokens/{made['id']}").problem(404)
    town.people.admin.delete("/v1/tokens/x").problem(404)
    ana = town.people.operator
    done = town.people.admin.post("/v1/persons/ana/disable").expect(200).json
    assert (done["id"], done["tokens_revoked"]) == ("ana", 1)
    ana.get("/v1/me").problem(401)
    town.people.admin.post("/v1/persons/ana/disable").problem(404)
    token(town, person="ana", role="operator").problem(422)
    town.astrad.restart()
    ana.get("/v1/me").problem(401)


def test_a_token_expires_at_its_time(clock, town):
    end = (town.now() + datetime.timedelta(minutes=5)).isoformat(timespec="seconds")
    town.people.admin.get("/v1/me").expect(200)
    made = token(town, person="petar", role="auditor", expires_at=end).expect(201).json
    client = town.astrad.client(made["token"])
    client.get("/v1/me").expect(200)
    clock.advance(minutes=6)
    client.get("/v1/me").problem(401)


def test_root_on_the_socket_is_admin_only(town):
    root = town.astrad.control()
    me = root.get("/v1/me").expect(200).json
    assert (me["person"], me["role"]) == ("unix:root", "admin")
    root.post("/v1/reports", {"circumstances": "x"}).problem(403)
    # a token outranks the peer
    operator = town.astrad.control(town.people.operator.token)
    assert operator.get("/v1/me").json["role"] == "operator"


@pytest.mark.parametrize("sent", [None, "", "astrad_wrong", "x" * 300, "astrad_" + "A" * 43])
def test_nobody_gets_anywhere(town, sent):
    client = town.astrad.client(sent)
    answer = client.get("/v1/cases")
    answer.problem(401)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    client.post("/v1/reports", {"circumstances": "x"}).problem(401)
