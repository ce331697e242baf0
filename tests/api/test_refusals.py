"""What a refusal says to who is tired: what happened, which field, what to do.

REFUSALS is the table: a request, the status, the problem's type, words of its detail, and the
pointers of its field errors.
"""
import pytest

KEY = {"Idempotency-Key": '"a"'}
JSON = {"Content-Type": "application/json", **KEY}
REPORTS, CASE, ALERT = "/v1/reports", "/v1/cases/{case}", "/v1/alerts/{alert}"


def body(method, path, data, **headers):
    return method, path, {"body": data, "headers": {**JSON, **headers}}


def report(data):
    return body("POST", REPORTS, data)


MALFORMED = "body-malformed"
INVALID = "validation-failed"
REFUSALS = {
    "no JSON": (report(b"circumstances=x"), 400, MALFORMED, "the body is not valid JSON", [""]),
    "half JSON": (report(b'{"circumstances":"x"'), 400, MALFORMED, "line 1 column", [""]),
    "a comma too many": (report(b'{"circumstances":"x",}'), 400, MALFORMED, "line 1", [""]),
    "something behind": (report(b'{"circumstances":"x"} {}'), 400, MALFORMED, "column 2", [""]),
    "not a number": (report(b'{"circumstances":NaN}'), 400, MALFORMED, "line 1", [""]),
    "a byte order mark": (report(b'\xef\xbb\xbf{"circumstances":"x"}'), 400, MALFORMED, "", [""]),
    "half a surrogate": (report(b'{"circumstances":"\\ud800"}'), 400, MALFORMED, "", [""]),
    "Latin-1": (report(b'{"circumstances":"\xe8"}'), 400, MALFORMED, "UTF-8", [""]),
    "blanks only": (report(b"   "), 422, INVALID, "a JSON object is needed", [""]),
    "a list": (report(b"[]"), 422, INVALID, "the body must be an object", [""]),
    "a zero character": (report(b'{"circumstances":"a\\u0000"}'), 422, INVALID, "u0000", [""]),
    "a number past all": (report(b'{"circumstances":1e999}'), 422, INVALID, "too large", [""]),
    "too deep": (report(b"[" * 3000 + b"]" * 3000), 422, INVALID, "deeper than 16", [""]),
    "a key twice": (report(b'{"circumstances":"x","circumstances":"y"}'), 422, INVALID,
                    "/circumstances stands twice", ["/circumstances"]),
    "several fields": (report(b'{"status":"real","child":{"age":-1,"x":1}}'), 422, INVALID,
                       "/status must be one of: actual, exercise, test, and 3 more errors",
                       ["/status", "/child/age", "/child/x", "/circumstances"]),
    "an unknown person": (body("POST", CASE + "/assign", b'{"person":"nobody"}'), 422, INVALID,
                          "/person is no active person", ["/person"]),
    "a body that nobody reads": (body("POST", ALERT + "/withdraw", b'{"why":"x"}'), 422, INVALID,
                                 "/why is not known here", ["/why"]),
    "another charset": (body("POST", REPORTS, b"{}", **{
        "Content-Type": "application/json; charset=latin1"}), 415, "unsupported-media-type",
        "Content-Type: application/json", []),
    "a field twice in the head": (("POST", REPORTS, {"headers": {
        "if-match": '"1"', "If-Match": '"2"', **JSON}, "body": b"{}"}), 400, "malformed-request",
        "If-Match came twice", []),
    "a digit misheard": (("GET", "/v1/cases/26-0001-A", {}), 404, "not-found",
                         "check letter", []),
    "an alert's ref at a case": (("GET", "/v1/cases/{alert}", {}), 404, "not-found",
                                 "no such case", []),
    "another method": (("PUT", CASE, {}), 405, "method-not-allowed",
                       "this path takes GET, HEAD, PATCH", []),
    "a role that may not": (("GET", "/v1/persons", {}), 403, "forbidden",
                            "you are here as operator; who may do this: admin", []),
    "an unknown word": (("GET", "/v1/cases?state=opened", {}), 400, "invalid-parameter",
                        "state: a word is not known; known: intake, open, found", []),
    "a flag": (("GET", "/v1/cases?exercise=1", {}), 400, "invalid-parameter",
               "exercise is true or false", []),
    "a partner that never was": (("GET", "/v1/events?partner=mup-nis", {}), 404, "not-found",
                                 "no partner of this id", []),
    "an ETag without quotes": (body("PATCH", CASE, b"{}", **{"If-Match": "1"}), 400,
                               "malformed-request", "quotes included", []),
    "another scheme": (("GET", CASE, {"headers": {"Authorization": "Basic eA=="}}), 401,
                       "unauthorized", "send Authorization: Bearer TOKEN", []),
}


@pytest.fixture
def scene(town):
    case = town.report()["case"]["ref"]
    return town.people.operator, {"case": case, "alert": town.draft(case)["ref"]}


@pytest.mark.parametrize("what", REFUSALS)
def test_it_says_what_to_do(scene, what):
    client, names = scene
    (method, path, sent), status, slug, words, pointers = REFUSALS[what]
    answer = client.request(method, path.format(**names), **sent)
    document = answer.problem(status)
    assert document["type"].rpartition("/")[2] == slug
    assert words in document["detail"]
    assert [error["pointer"] for error in document.get("errors", [])] == pointers


@pytest.mark.parametrize("path", [
    "/v1/channels/mup-ns/suspend", "/v1/channels/mup-ns/resume", "/v1/channels/mup-ns/probe",
    "/v1/deliveries/1/redrive", "/v1/persons/ana/disable", "/v1/reload"])
def test_a_wish_that_nobody_hears_is_refused(town, path):
    assert town.people.operator
    assert town.people.admin.post(path, {"reason": "r"}).pointers() == ["/reason"]
    town.people.operator.get("/v1/me").expect(200)


def test_a_token_for_nobody_names_the_field(town):
    said = {"name": "k", "person": "nobody", "role": "operator"}
    assert town.people.admin.post("/v1/tokens", said).pointers() == ["/person"]


def test_what_is_over_is_told_so(town):
    alert = town.alert(town.case())
    town.people.operator.post(f"/v1/alerts/{alert}/suspend").expect(200)
    again = town.people.operator.post(f"/v1/alerts/{alert}/suspend").problem(409)
    assert again["detail"] == "the alert is suspended already"


def test_what_was_made_is_where_it_says(town):
    made = town.people.operator.post("/v1/reports", {"circumstances": "x", "status": "exercise"})
    assert made.headers["location"] == f"/v1/reports/{made.expect(201).json['report']['id']}"
    town.people.operator.get(made.headers["location"]).expect(200)
    case = town.case()
    path = f"/v1/cases/{case}/alerts"
    draft = town.people.operator.post(path, {"tier": "restricted"}).expect(201)
    assert draft.headers["location"] == f"/v1/alerts/{draft.json['id']}"
    town.people.operator.get(draft.headers["location"]).expect(200)


def test_refs_stand_in_every_row(town):
    case = town.report()["case"]["ref"]
    alert = town.alert(case)
    ref = town.people.operator.get(f"/v1/alerts/{alert}").json["ref"]
    rows = town.people.operator.items(f"/v1/alerts/{ref}/timeline")
    assert {row["alert_ref"] for row in rows} == {ref}
    rows = town.people.operator.items(f"/v1/cases/{case}/timeline")
    assert case in {row.get("case_ref") for row in rows}
    town.mup.wait_delivered(1)
    rows = town.people.operator.items(f"/v1/alerts/{ref}/deliveries")
    assert {row["ref"] for row in rows} == {ref}
