"""Standard Webhooks 1.0: signing and verifying, v1 (HMAC-SHA256) and v1a (Ed25519).

Written from the specification and not from the daemon's code, so that it can judge the daemon. The
official library judges this file in turn (test_webhooks.py).
"""
import base64
import binascii
import hashlib
import hmac
import os
import time

from harness import ed25519

TOLERANCE_S = 300


class VerificationError(Exception):
    """Why a message must not be believed."""


def new_secret():
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def new_key_pair():
    """(whsk_..., whpk_...)"""
    seed = os.urandom(32)
    public = ed25519.public_key(seed)
    return ("whsk_" + base64.b64encode(seed + public).decode(),
            "whpk_" + base64.b64encode(public).decode())


def decode_key(text):
    """(kind, bytes) of a whsec_, whsk_ or whpk_ text; padding is optional."""
    kind, _, body = text.partition("_")
    if kind not in ("whsec", "whsk", "whpk") or not body:
        raise VerificationError(f"not a key: {kind}_...")
    try:
        return kind, base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except binascii.Error as error:
        raise VerificationError("key is not base64") from error


def signed_content(message_id, timestamp, body):
    return f"{message_id}.{timestamp}.".encode() + body


def sign(key, message_id, timestamp, body):
    """One entry of the webhook-signature header."""
    kind, data = decode_key(key)
    content = signed_content(message_id, timestamp, body)
    if kind == "whsec":
        return "v1," + base64.b64encode(hmac.digest(data, content, hashlib.sha256)).decode()
    if kind == "whsk":
        return "v1a," + base64.b64encode(ed25519.sign(data[:32], content)).decode()
    raise VerificationError("a public key signs nothing")


def matches(key, content, version, signature):
    kind, data = decode_key(key)
    if version == "v1" and kind == "whsec":
        return hmac.compare_digest(hmac.digest(data, content, hashlib.sha256), signature)
    if version == "v1a" and kind == "whpk":
        return ed25519.verify(data, content, signature)
    return False


def check_timestamp(text, now):
    if not text.isascii() or not text.isdigit():
        raise VerificationError("webhook-timestamp is not whole seconds")
    if abs(int(text) - now) > TOLERANCE_S:
        raise VerificationError("webhook-timestamp is too old or too new")


def verify(keys, headers, body, now=None):
    """Raises VerificationError unless one listed signature is right for one of the keys.

    `headers` has lower-case names. Returns the number of listed signatures that were right.
    """
    missing = [h for h in ("webhook-id", "webhook-timestamp", "webhook-signature")
               if not headers.get(h)]
    if missing:
        raise VerificationError(f"no {', '.join(missing)}")
    message_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if "." in message_id:
        raise VerificationError("webhook-id holds a full stop")
    check_timestamp(timestamp, time.time() if now is None else now)
    content = signed_content(message_id, timestamp, body)
    right = 0
    for entry in headers["webhook-signature"].split(" "):
        version, _, text = entry.partition(",")
        try:
            signature = base64.b64decode(text, validate=True)
        except binascii.Error:
            continue
        right += any(matches(key, content, version, signature) for key in keys)
    if not right:
        raise VerificationError("no signature matches")
    return right
