"""Every list of the route table, one item at a time: it ends, and everything comes once.

Covers store/people_page.c.
"""
import base64
import pathlib
import re

import pytest

ROUTES = pathlib.Path(__file__).resolve().parents[2] / "daemon/intake/routes.c"
STEPS_MAX = 100

# pattern: (who asks, query, least items there must be, one item's own name)
LISTS = {
    "/v1/cases": ("operator", "exercise=true", 3, "id"),
    "/v1/alerts": ("operator", "exercise=true", 2, "id"),
    "/v1/alerts/{id}/deliveries": ("operator", "", 3, "id"),
    "/v1/alerts/{id}/timeline": ("operator", "", 6, None),
    "/v1/cases/{id}/timeline": ("operator", "", 6, None),
    "/v1/events": ("operator", "partner=mup-ns", 3, "id"),
    "/v1/persons": ("admin", "", 3, "id"),
    "/v1/tokens": ("admin", "", 4, "id"),
    "/v1/channels": ("admin", "", 3, "name"),
}


@pytest.fixture
def scene(town):
    """Cases, notes, two alerts with several versions, persons and tokens."""
    operator = town.people.operator
    cases = [town.case() for _ in range(3)]
    for text in ("prva", "druga", "treća"):
        operator.post(f"/v1/cases/{cases[0]}/notes", {"text": text}).expect(201)
    alert = town.alert(cases[0])
    update = {"kind": "correction", "reason": "r", "set": {"child": {"clothing": "zelena jakna"}}}
    operator.post(f"/v1/alerts/{alert}/updates", update).expect(201)
    town.submit(alert)
    town.approve(alert)
    town.draft(cases[1])
    town.cancel(alert)
    town.mup.wait_type("exercise.alert.ended")
    assert town.people.admin and town.people.partner("mup-ns")
    return {"/v1/alerts": alert, "/v1/cases": cases[0]}


def path_of(pattern, scene):
    return pattern.replace("{id}", scene.get(pattern.partition("/{id}")[0], ""))


def walk(client, path, query, limit=1):
    """Every item, page by page."""
    items, after = [], None
    for _ in range(STEPS_MAX):
        cursor = f"&after={after}" if after is not None else ""
        page = client.get(f"{path}?{query}&limit={limit}{cursor}").expect(200).json
        assert {"items", "next"} <= set(page) <= {"items", "next", "seq"}
        assert len(page["items"]) <= limit
        items += page["items"]
        after = page["next"]
        if after is None:
            return items
    raise AssertionError(f"{path} never ends: {items}")


def test_the_table_is_whole():
    rows = re.findall(r'\.pattern = "([^"]+)"[^}]*\.query = "([^"]+)"', ROUTES.read_text())
    assert {pattern for pattern, query in rows if "limit" in query} == set(LISTS)


@pytest.mark.parametrize("pattern", LISTS)
def test_one_at_a_time(town, scene, pattern):
    who, query, least, name = LISTS[pattern]
    client, path = getattr(town.people, who), path_of(pattern, scene)
    whole = walk(client, path, query, limit=200)
    assert len(whole) >= least
    for limit in (1, 2, len(whole)):
        walked = walk(client, path, query, limit)
        assert walked[:len(whole)] == whole, f"limit={limit}"
        # a timeline tells that it was read, but not to who is reading it
        rest = {item.get("action") for item in walked[len(whole):]}
        assert rest <= {"case.timeline", "alert.timeline"}
    if name:
        assert len({item[name] for item in whole}) == len(whole)


def test_a_partner_s_alerts_one_at_a_time(town):
    for _ in range(3):
        town.alert(town.case())
    partner = town.people.partner("mup-ns")
    whole = walk(partner, "/v1/alerts", "state=active", limit=200)
    assert len(whole) == 3
    assert walk(partner, "/v1/alerts", "state=active") == whole


def cursor(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize("pattern", LISTS)
def test_wrong_pages_are_refused(town, scene, pattern):
    who, query, _, _ = LISTS[pattern]
    client, path = getattr(town.people, who), path_of(pattern, scene)
    for wrong in ("limit=0", "limit=201", "limit=-1", "limit=x", "limit=", "limit=1&limit=1",
                  "after=%%%", "after=!", "after=", "after=" + "A" * 3000, "limt=1", "x"):
        document = client.get(f"{path}?{query}&{wrong}").problem(400)
        assert document["type"].endswith("/invalid-parameter")
        assert document["detail"], wrong
    if pattern not in ("/v1/persons", "/v1/channels"):  # keyed by names: any text is one
        client.get(f"{path}?{query}&after={cursor('nobody')}").problem(400)
