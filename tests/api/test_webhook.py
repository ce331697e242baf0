"""What partners receive from the running daemon: believed by the official library, through a real
server, over bad answers, over a rotation of the secret, as an agency's certificate rules demand.
"""
import json

import pytest
from harness import behaviour, webhooks
from harness.certificates import Authority
from harness.nginx import Nginx
from harness.official import official_verdicts
from harness.town import Town
from harness.wait import wait_for


def signed(request):
    """(headers, body) as a verifier takes them."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {name: request.headers[name] for name in names}, request.body


def deliveries(town, alert, channel):
    rows = town.people.operator.get(f"/v1/alerts/{alert}/deliveries").expect(200).json["items"]
    return [row for row in rows if row["channel"] == channel]


def states(town, alert, channel):
    return [row["state"] for row in deliveries(town, alert, channel)]


def test_official_library_believes_every_message(town):
    alert = town.alert(town.case())
    town.mup.wait_type("exercise.alert.issued")
    town.cancel(alert)
    town.mup.wait_type("exercise.alert.ended")
    key = town.mup.keys[0]
    cases = [(key, *signed(request)) for request in town.mup.requests]
    assert len(cases) == 2
    headers, body = signed(town.mup.requests[0])
    wrong = [
        (webhooks.new_secret(), headers, body),
        (key, headers, body.replace(b"issued", b"ended")),
        (key, {**headers, "webhook-id": cases[1][1]["webhook-id"]}, body),
    ]
    assert official_verdicts(cases + wrong) == [True] * len(cases) + [False] * len(wrong)


def test_both_secrets_sign_while_rotating(config, receiver, astrad):
    town = Town(config, receiver, astrad)
    old, new = town.mup.keys[0], webhooks.new_secret()
    options = config.channels["mup-ns"]["options"]
    options["secrets"] = [config.secret("mup-ns.new", new), *options["secrets"]]
    town.open()
    town.alert(town.case())
    town.mup.wait_delivered(1)
    headers, body = signed(town.mup.requests[0])
    assert official_verdicts([(old, headers, body), (new, headers, body)]) == [True, True]
    assert webhooks.verify([new], headers, body) == 1


def test_bad_answers_are_outlived(config, receiver, astrad):
    """Each attempt is signed anew under the same id, and only one counts."""
    town = Town(config, receiver, astrad)
    config.channels["mup-ns"]["retry"] = {"schedule": ["1s"] * 8}
    bad = [behaviour.status(500), behaviour.hang(), behaviour.broken_http(),
           behaviour.reset_before_body()]
    config.channels["mup-ns"]["limits"] = {"timeout": "1s", "connect_timeout": "1s"}
    town.open()
    town.mup.script(*bad)
    alert = town.alert(town.case())
    town.mup.wait_delivered(1, timeout=30)
    requests = town.mup.requests
    assert len({r.message_id for r in requests}) == 1
    assert len({r.body for r in requests if r.is_complete}) == 1
    # a request on a kept connection may be repeated by libcurl at once
    assert len(requests) >= len(bad) + 1
    assert len({r.headers["webhook-timestamp"] for r in requests}) >= len(bad)
    assert town.mup.duplicates == 0
    wait_for(lambda: states(town, alert, "mup-ns") == ["delivered"], what="the row is delivered")


def test_gone_suspends_and_says_so(town):
    town.mup.always(behaviour.status(410))
    alert = town.alert(town.case())
    town.mup.wait_requests(1)
    wait_for(lambda: states(town, alert, "mup-ns") == ["held"], what="the row is held")

    def reasons():
        return [(r["reason"], r["subject"])
                for r in town.people.operator.get("/readyz").json["reasons"]]
    wait_for(lambda: ("channel_dead", "mup-ns") in reasons(), what="/readyz says so")
    assert len(town.mup.requests) == 1


def test_redirect_leaks_nothing(town):
    elsewhere = town.receiver.endpoint("elsewhere")
    town.mup.always(behaviour.redirect(elsewhere.url))
    alert = town.alert(town.case())
    wait_for(lambda: states(town, alert, "mup-ns") == ["retry"], what="it counts as a failure")
    assert not elsewhere.requests


@pytest.mark.parametrize("ranges, state", [(["127.0.0.0/8"], "delivered"), ([], "held")])
def test_own_network_is_shut_unless_listed(config, receiver, astrad, ranges, state):
    config.astrad["security"]["private_ranges"] = ranges
    town = Town(config, receiver, astrad).open()
    alert = town.alert(town.case())
    wait_for(lambda: states(town, alert, "mup-ns") == [state], what=f"the row is {state}")
    assert bool(town.mup.requests) == (state == "delivered")


def test_nginx_with_client_certificates(config, receiver, astrad, folder):
    """A real server that demands our certificate; without it nothing is delivered."""
    authority = Authority(folder)
    ours, key = authority.issue("us", names="DNS:us.example")
    server = f"""        ssl_client_certificate {authority.ca};
        ssl_verify_client on;
        location / {{ return 204; }}
"""
    town = Town(config, receiver, astrad)
    with Nginx(folder, server, certificate=authority.issue()) as nginx:
        mutual = {"urls": [nginx.url + "/mup"], "allow_http": False, "ca": str(authority.ca)}
        config.channels["mup-ns"]["options"].update(
            mutual, client_certificate=str(ours),
            client_key=config.secret("us.key", key.read_text()))
        town.open()
        alert = town.alert(town.case())
        wait_for(lambda: states(town, alert, "mup-ns") == ["delivered"], what="delivered to nginx")
        line, = nginx.access_log.splitlines()
        assert '"POST /mup HTTP/1.1" 204' in line
        for name in ("client_certificate", "client_key"):
            del config.channels["mup-ns"]["options"][name]
        config.write()
        astrad.reload()
        alert = town.alert(town.case())
        wait_for(lambda: states(town, alert, "mup-ns") in (["retry"], ["held"]),
                 what="refused without a certificate")
    assert "204" not in "".join(nginx.access_log.splitlines()[1:])


def test_journal_tells_the_staff(town):
    """The approval ladder's notices go to the internal channel, a JSON line each."""
    alert = town.draft(town.case())["id"]
    town.submit(alert)

    def lines():
        return [json.loads(line) for line in town.journal.read_text().splitlines()] \
            if town.journal.exists() else []
    wait_for(lambda: lines(), what="a line in the journal")
    line, = lines()
    assert line["recipient"] == line["address"] == "shift-lead"
    assert line["body"]["type"] == "notice.approval_waiting"
    assert "Đorđe" not in json.dumps(line, ensure_ascii=False)
