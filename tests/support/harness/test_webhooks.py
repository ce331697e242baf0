"""The verifier against the published vectors, its own signatures, and the official library."""
import time

import pytest
from harness import ed25519, webhooks
from harness.official import official_verdicts
from harness.webhooks import VerificationError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRIVATE = ("whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicM"
           "Fs6Kvg==")
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
ID, TS, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
V1A = ("v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TB"
       "Ag==")
WRONG = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="


def headers(signature, timestamp=TS):
    return {"webhook-id": ID, "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def test_published_vectors():
    assert webhooks.sign(SECRET, ID, TS, BODY) == V1
    assert webhooks.sign(PRIVATE, ID, TS, BODY) == V1A
    assert webhooks.verify([SECRET], headers(V1), BODY, now=TS) == 1
    assert webhooks.verify([PUBLIC], headers(V1A), BODY, now=TS) == 1


def test_ed25519_rfc8032_section_7_1():
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = ed25519.sign(seed, b"\x72")
    assert ed25519.public_key(seed) == public
    assert signature.hex().startswith("92a009a9f0d4cab8720e820b5f642540")
    assert ed25519.verify(public, b"\x72", signature)
    assert not ed25519.verify(public, b"\x73", signature)
    assert not ed25519.verify(public, b"\x72", signature[:32] + bytes(32))


@pytest.mark.parametrize("signature, keys, timestamp, now", [
    (WRONG, [SECRET], TS, TS),
    ("v1,", [SECRET], TS, TS),
    ("", [SECRET], TS, TS),
    (V1[3:], [SECRET], TS, TS),
    (V1.replace("v1,", "v2,"), [SECRET], TS, TS),
    (V1.replace("v1,", "v1a,"), [SECRET, PUBLIC], TS, TS),
    (V1, [PUBLIC], TS, TS),
    (V1, [webhooks.new_secret()], TS, TS),
    (V1, [SECRET], TS, TS + 301),
    (V1, [SECRET], TS, TS - 301),
    (V1, [SECRET], 946684800, 946684800),  # the id and body are right, the signed time is not
    (V1, [SECRET], "1614265330.5", TS),
])
def test_rejects(signature, keys, timestamp, now):
    with pytest.raises(VerificationError):
        webhooks.verify(keys, headers(signature, timestamp), BODY, now=now)


def test_rejects_changed_body_and_missing_headers():
    with pytest.raises(VerificationError):
        webhooks.verify([SECRET], headers(V1), BODY + b" ", now=TS)
    for name in headers(V1):
        with pytest.raises(VerificationError):
            webhooks.verify([SECRET], {k: v for k, v in headers(V1).items() if k != name}, BODY,
                            now=TS)


def test_accepts_one_right_signature_of_several():
    signature = f"{WRONG} v2,xxxx {V1} {WRONG}"
    assert webhooks.verify([SECRET], headers(signature), BODY, now=TS) == 1
    both = f"{webhooks.sign(SECRET, ID, TS, BODY)} {V1A}"
    assert webhooks.verify([SECRET, PUBLIC], headers(both), BODY, now=TS) == 2


def test_key_pairs_sign_and_verify():
    private, public = webhooks.new_key_pair()
    signature = webhooks.sign(private, ID, TS, BODY)
    assert webhooks.verify([public], headers(signature), BODY, now=TS) == 1


def test_official_library_agrees():
    now = int(time.time())
    cases = []
    for body, wrong in [(b'{"type": "test.alert.issued"}', False), (BODY, True),
                        ('{"ime": "Đorđe Živković"}'.encode(), False)]:
        secret = webhooks.new_secret()
        signature = webhooks.sign(webhooks.new_secret() if wrong else secret, ID, now, body)
        cases.append((secret, headers(signature, now), body, not wrong))
    verdicts = official_verdicts([case[:3] for case in cases])
    assert verdicts == [case[3] for case in cases]
