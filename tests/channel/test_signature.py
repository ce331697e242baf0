"""What leaves the webhook plugin, judged by the official Standard Webhooks library and, for v1a, by
the harness's verifier (the library knows only v1)."""
import pytest
from channel_tool import BODY, ChannelTool
from harness import webhooks
from harness.official import official_verdicts

BODIES = [BODY, "{}", '{"ime":"Đorđe Živković","име":"Ђорђе"}', '{"escaped":"\\u0000 \\n"}',
          '"' + "x" * 200_000 + '"']


def sent(receiver, **options):
    """The requests for each of BODIES."""
    partner = receiver.endpoint("partner")
    with ChannelTool(urls=partner.url, **options) as tool:
        assert [tool.send(body)["outcome"] for body in BODIES] == ["delivered"] * len(BODIES)
    return partner.requests


def test_official_library_believes_what_is_sent(receiver):
    secret, stranger = webhooks.new_secret(), webhooks.new_secret()
    requests = sent(receiver, secrets=secret)
    assert [r.body.decode() for r in requests] == BODIES
    assert official_verdicts([(secret, r.headers, r.body) for r in requests]) == \
        [True] * len(BODIES)
    assert official_verdicts([(stranger, r.headers, r.body) for r in requests]) == \
        [False] * len(BODIES)
    assert official_verdicts([(secret, r.headers, r.body + b" ") for r in requests]) == \
        [False] * len(BODIES)


def test_each_secret_is_enough_while_rotating(receiver):
    secrets = [webhooks.new_secret() for _ in range(3)]
    request = sent(receiver, secrets=secrets)[0]
    assert official_verdicts([(s, request.headers, request.body) for s in secrets]) == [True] * 3
    assert len(request.headers["webhook-signature"].split(" ")) == 3


def test_asymmetric_signatures(receiver):
    """v1a beside v1 for those who verify it; the official library skips what it does not know."""
    secret = webhooks.new_secret()
    pairs = [webhooks.new_key_pair() for _ in range(2)]
    requests = sent(receiver, secrets=secret, signing="both",
                    private_keys=[private for private, _ in pairs])
    assert official_verdicts([(secret, r.headers, r.body) for r in requests]) == \
        [True] * len(BODIES)
    for request in requests:
        for _, public in pairs:
            assert webhooks.verify([public], request.headers, request.body) == 1


@pytest.mark.parametrize("options, why", [
    ({"secrets": "whsec_"}, "24 to 64"),
    ({"secrets": "whsec_QUJD"}, "24 to 64"),
    ({"secrets": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "whsec_"),
    ({"secrets": "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "whsec_"),
    ({"secrets": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La*aSw"}, "whsec_"),
    ({"signing": "v1a"}, "private_keys"),
    ({"signing": "v1a", "private_keys": "whsk_QUJD"}, "private key 1"),
])
def test_key_that_cannot_sign_is_refused(options, why):
    """Never signed with an undecoded or empty secret: the channel does not start."""
    tool = ChannelTool(urls="http://127.0.0.1:1/", **options)
    assert why in tool.answer()["refused"]
    assert tool.process.wait(30) == 1
