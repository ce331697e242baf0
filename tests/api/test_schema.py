"""What partners receive is what /schemas/webhook-1.json promises."""
import http.client
import json

import jsonschema


def checker_of(town):
    connection = http.client.HTTPConnection("127.0.0.1", town.astrad.config.port, timeout=10)
    connection.request("GET", "/schemas/webhook-1.json")  # open: no token
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.getheader("content-type") == "application/schema+json"
    schema = json.loads(answer.read())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_every_webhook_of_an_alert_is_valid(town):
    check = checker_of(town)
    alert = town.alert(town.case())
    issued = town.mup.wait_type("exercise.alert.issued")
    town.cancel(alert)
    ended = town.mup.wait_type("exercise.alert.ended")
    for body, end in ((issued, None), (ended, "resolved")):
        check.validate(body)
        assert (body["data"]["end"] or {}).get("reason") == end


def test_the_schema_is_not_empty_words(town):
    check = checker_of(town)
    town.alert(town.case())
    body = town.mup.wait_type("exercise.alert.issued")
    for absent in ("ref", "seq", "cases", "end"):
        data = {name: value for name, value in body["data"].items() if name != absent}
        assert not check.is_valid({**body, "data": data}), absent
    assert not check.is_valid({**body, "data": {**body["data"], "reporter": "x"}})
