#!/usr/bin/python3
"""A partner's end of astrad's webhooks: an example to run, to read and to copy.

    receiver.py --port 9001 --secret-file mup.secret --ledger mup.jsonl

It needs Python 3.9 and nothing else. What every receiver has to do is here, and short:

  1. believe only what is signed: `verify` (Standard Webhooks 1.0, v1);
  2. store, then answer 2xx, within 15 seconds; think afterwards. What was answered 2xx never comes
     again; anything else comes again under the same webhook-id, so a webhook-id seen before is
     answered 2xx and otherwise ignored;
  3. keep the highest version of an alert and ignore lower ones: they overtake each other;
  4. stop at `expires_at` even if nothing more comes;
  5. answer 2xx to types it does not know, and ignore them;
  6. acknowledge with a person's name when somebody has the alert in hand (--ack does it at once:
     good for a drill, wrong for a duty desk). A 2xx is a machine's receipt, never an ack.

The ledger gets a JSON line for each thing that happened; it holds what the alert holds, so it is
made readable for its owner only. It is read again at start: a restart forgets nothing.
"""
import argparse
import base64
import binascii
import datetime
import hashlib
import hmac
import http.server
import ipaddress
import json
import os
import signal
import ssl
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

TOLERANCE_S = 300
BODY_BYTES_MAX = 1 << 20
REQUEST_TIMEOUT_S = 30
ALERT_TYPES = ("alert.issued", "alert.updated", "alert.ended")
KNOWN_TYPES = ALERT_TYPES + ("alert.acknowledged", "alert.ack_expiring", "channel.ping")


# --- 1. is it from astrad? ---

class Refused(Exception):
    """Why a request is not believed."""


def read_secrets(paths):
    """Keys of all files, one `whsec_` secret a line. While a secret is rotated there are two."""
    keys = []
    for path in paths:
        with open(path, encoding="ascii") as file:
            for line in filter(None, map(str.strip, file)):
                if not line.startswith("whsec_"):
                    raise ValueError(f"{path}: a secret starts with whsec_")
                text = line[len("whsec_"):].rstrip("=")
                keys.append(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    if not keys or not all(keys):
        raise ValueError("no secret, or an empty one")
    return keys


def verify(keys, headers, body, now):
    """Raises Refused unless one of the listed signatures is right for one of our keys."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not message_id or not (timestamp.isascii() and timestamp.isdigit()):
        raise Refused("webhook-id or webhook-timestamp is missing")
    if abs(int(timestamp) - now) > TOLERANCE_S:
        raise Refused("webhook-timestamp is more than five minutes off")
    # the bytes as they came: decoding and encoding again may change them
    content = f"{message_id}.{timestamp}.".encode() + body
    expected = [hmac.digest(key, content, hashlib.sha256) for key in keys]
    for entry in headers.get("webhook-signature", "").split():
        version, _, text = entry.partition(",")
        if version != "v1":
            continue  # a newer scheme beside the one we know
        try:
            given = base64.b64decode(text, validate=True)
        except binascii.Error:
            continue
        if any([hmac.compare_digest(one, given) for one in expected]):
            return message_id
    raise Refused("no signature matches")


def read_message(body):
    """A JSON object, or it is none of astrad's messages whoever signed it."""
    try:
        message = json.loads(body)
    except ValueError:
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("data"), dict):
        raise Refused("signed, but not a message")
    return message


# --- 2. to 4. what do we know? ---

class Ledger:
    """An append-only file of JSON lines, and what follows from it: the present alerts."""

    def __init__(self, path):
        self._lock = threading.Lock()
        self._seen = set()  # webhook-ids
        self._alerts = {}  # id -> {version, state, expires_at, ref, ack_url}
        self._file = None
        if path:
            self._file = open(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "a+",
                              encoding="utf-8")
            self._file.seek(0)
            for line in self._file:
                self._replay(line)

    def _replay(self, line):
        try:
            entry = json.loads(line)
        except ValueError:
            # the last line of a machine that lost its power
            self._file.write("" if line.endswith("\n") else "\n")
            return
        if entry.get("result") in ("kept", "noted", "ignored", "older"):
            self._take(entry["id"], entry["body"])

    def write(self, result, **fields):
        """On disk when this returns: only then may the sender be told."""
        entry = {"at": utc_text(time.time()), "result": result, **fields}
        print(human(entry), flush=True)
        if self._file:
            print(json.dumps(entry, ensure_ascii=False), file=self._file, flush=True)
            os.fsync(self._file.fileno())

    def receive(self, message_id, body):
        """Stores one believed message; the word for what became of it."""
        with self._lock:
            if message_id in self._seen:
                self.write("duplicate", id=message_id, type=body.get("type"))
                return "duplicate"
            result = self._judge(body)
            self.write(result, id=message_id, type=body.get("type"), body=body)
            self._take(message_id, body)
            return result

    def note(self, result, **fields):
        with self._lock:
            self.write(result, **fields)

    def _judge(self, body):
        kind, data = kind_of(body), body["data"]
        if kind not in KNOWN_TYPES:
            return "ignored"
        if kind not in ALERT_TYPES:
            return "noted"
        known = self._alerts.get(data.get("alert"), {"version": 0})
        return "kept" if data.get("version", 0) > known["version"] else "older"

    def _take(self, message_id, body):
        self._seen.add(message_id)
        if self._judge(body) == "kept":
            data = body["data"]
            self._alerts[data["alert"]] = {key: data.get(key) for key in
                                           ("version", "state", "expires_at", "ref", "ack_url")}

    def find(self, alert):
        """What is known of an alert; empty when nothing is."""
        with self._lock:
            return dict(self._alerts.get(alert, {}))

    def expire(self, now):
        """What astrad did not end in time ends by itself."""
        with self._lock:
            for alert, known in self._alerts.items():
                if known["state"] == "active" and known["expires_at"] and \
                        datetime.datetime.fromisoformat(known["expires_at"]).timestamp() <= now:
                    known["state"] = "expired"
                    self.write("expired", alert=alert, ref=known["ref"])


def kind_of(body):
    """The type without `exercise.` or `test.`: a drill takes the same way."""
    kind = str(body.get("type", ""))
    for prefix in ("exercise.", "test."):
        kind = kind[len(prefix):] if kind.startswith(prefix) else kind
    return kind


def utc_text(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc) \
        .isoformat(timespec="milliseconds")


def human(entry):
    """One line for who watches the screen."""
    data = (entry.get("body") or {}).get("data") or {}
    words = [entry["at"][11:19], entry["result"], entry.get("type"), data.get("ref") or
             entry.get("ref"), f"version {data['version']}" if data.get("version") else None,
             entry.get("why")]
    text = next(iter((data.get("texts") or {}).values()), "") if entry["result"] == "kept" else ""
    return " ".join(filter(None, words)) + (f": {text}" if text else "")


# --- 6. somebody has it in hand ---

def may_carry_token(url):
    """A token goes over TLS, or stays on this machine."""
    parts = urllib.parse.urlsplit(url)
    try:
        return parts.scheme == "https" or (parts.scheme == "http" and
                                           ipaddress.ip_address(parts.hostname).is_loopback)
    except ValueError:
        return False


def acknowledge(options, ledger, message_id, alert):
    known = ledger.find(alert)
    about = {"alert": alert, "ref": known["ref"], "by": options.by}
    if not may_carry_token(known["ack_url"]):
        ledger.note("ack failed", why="ack_url is neither https nor this machine", **about)
        return
    try:
        with open(options.token_file, encoding="ascii") as file:
            token = file.read().strip()
    except OSError as error:
        ledger.note("ack failed", why=str(error), **about)
        return
    request = urllib.request.Request(
        known["ack_url"], json.dumps({"by": options.by}).encode(), method="POST", headers={
            "authorization": f"Bearer {token}", "content-type": "application/json",
            # the same for each try of the same message: it counts once
            "idempotency-key": f'"{message_id}"'})
    for wait_s in (1, 2, 5, 10, 30, None):
        try:
            with urllib.request.urlopen(request, timeout=15, context=options.trust) as answer:
                ledger.note("acknowledged", http=answer.status, **about)
                return
        except urllib.error.HTTPError as error:
            status, why = error.code, f"HTTP {error.code}"
        except OSError as error:
            status, why = 0, str(error)
        if wait_s is None or 400 <= status < 500 and status not in (408, 429):
            ledger.note("ack failed", http=status, why=why, **about)
            return
        time.sleep(wait_s)


def wants_ack(options, ledger, result, body):
    """A new version, or a lease of ours that is about to end."""
    known = ledger.find(body["data"].get("alert"))
    if not options.ack or known.get("state") != "active" or not known.get("ack_url"):
        return False
    return result == "kept" or (result == "noted" and kind_of(body) == "alert.ack_expiring")


# --- the server ---

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = REQUEST_TIMEOUT_S

    def do_POST(self):
        server = self.server
        body = self._read_body()
        if body is None:
            return
        try:
            keys = read_secrets(server.options.secret_file)
            message_id = verify(keys, self.headers, body, time.time())
            message = read_message(body)
        except Refused as error:
            self._refuse(401, error)
            return
        except (ValueError, OSError) as error:
            self._refuse(500, error)  # our own fault: it shall come again
            return
        if server.is_failing():
            server.ledger.note("failed", id=message_id, type=message.get("type"))
            self._answer(500)
            return
        result = server.ledger.receive(message_id, message)
        self._answer(200)
        if wants_ack(server.options, server.ledger, result, message):
            threading.Thread(target=acknowledge, daemon=True, args=(
                server.options, server.ledger, message_id, message["data"]["alert"])).start()

    def _refuse(self, status, error):
        self.server.ledger.note("refused", http=status, why=str(error))
        self._answer(status)

    def _read_body(self):
        length = self.headers.get("content-length", "")
        if not length.isdigit() or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            self._answer(413 if length.isdigit() else 411)
            return None
        return self.rfile.read(int(length))

    def _answer(self, status):
        self.send_response_only(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass  # the ledger says it all


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, options):
        self.options = options
        self.ledger = Ledger(options.ledger)
        self.is_down = options.down
        self._failures = options.fail
        self._lock = threading.Lock()
        super().__init__((options.host, options.port), Handler)
        if options.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(options.certificate, options.key)
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)

    def is_failing(self):
        with self._lock:
            is_failing = self._failures > 0
            self._failures -= is_failing
            return is_failing or self.is_down

    def toggle(self, *_):
        self.is_down = not self.is_down
        print("down" if self.is_down else "up", flush=True)


def parse_options():
    parser = argparse.ArgumentParser(
        description="A partner's webhook receiver: verifies, keeps the newest version, "
                    "acknowledges.", epilog="SIGUSR1 takes it down (500 to all) and up again.")
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="0 = a free one, which is printed")
    add("--secret-file", required=True, action="append", metavar="FILE",
        help="whsec_ secrets, one a line; read for each request. May be given several times")
    add("--ledger", metavar="FILE", help="JSON lines of all that happened")
    add("--certificate", metavar="FILE", help="PEM: serve https")
    add("--key", metavar="FILE", help="PEM: the certificate's key, if not in the same file")
    add("--ack", action="store_true", help="acknowledge at once")
    add("--token-file", metavar="FILE", help="the partner's token, for --ack")
    add("--by", default="receiver.py", help="who acknowledges")
    add("--ca", metavar="FILE", help="PEM: authorities for ack_url, if not the system's")
    add("--fail", type=int, default=0, metavar="N", help="answer 500 to the first N messages")
    add("--down", action="store_true", help="answer 500 to all until SIGUSR1")
    options = parser.parse_args()
    if options.ack and not options.token_file:
        parser.error("--ack needs --token-file")
    try:
        read_secrets(options.secret_file)
        options.trust = ssl.create_default_context(cafile=options.ca)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    return options


def watch_expiry(ledger):
    while True:
        ledger.expire(time.time())
        time.sleep(1)


def main():
    server = Server(parse_options())
    signal.signal(signal.SIGUSR1, server.toggle)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=watch_expiry, args=(server.ledger,), daemon=True).start()
    scheme = "https" if server.options.certificate else "http"
    print(f"listening on {scheme}://{server.server_address[0]}:{server.server_address[1]}/",
          flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
