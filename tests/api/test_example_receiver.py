"""plugins/webhook/example/receiver.py: what partners copy has to be right."""
import datetime
import http.client
import http.server
import json
import signal
import subprocess
import sys
import threading
import time

import pytest
from harness import webhooks
from harness.places import TOP
from harness.wait import wait_for

SCRIPT = TOP / "plugins" / "webhook" / "example" / "receiver.py"


class Example:
    """The script as a process, and a sender that signs."""

    def __init__(self, folder, *options):
        self.folder = folder
        self.secret = webhooks.new_secret()
        (folder / "secret").write_text(self.secret + "\n")
        self.path = folder / "ledger"
        self._process = subprocess.Popen(
            [sys.executable, SCRIPT, "--secret-file", folder / "secret", "--ledger", self.path,
             *options], stdout=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline().rstrip("/\n").rpartition(":")[2])
        threading.Thread(target=self._process.stdout.read, daemon=True).start()

    @property
    def ledger(self):
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    @property
    def results(self):
        return [entry["result"] for entry in self.ledger]

    def post(self, body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/", body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def send(self, kind, version=1, message_id=None, alert="a1", secrets=None, age_s=0, **data):
        body = json.dumps({"type": kind, "timestamp": "2026-11-23T16:31:07+01:00", "data": {
            "alert": alert, "ref": "26-0147-T", "version": version, "state": "active",
            "expires_at": None, "texts": {"sr-Latn": "Nestao dečak."}, **data}}).encode()
        message_id = message_id or f"{kind}-{alert}-{version}"
        at = int(time.time()) - age_s
        signatures = [webhooks.sign(s, message_id, at, body) for s in secrets or [self.secret]]
        return self.post(body, {"Webhook-Id": message_id, "webhook-timestamp": str(at),
                                "webhook-signature": " ".join(signatures)})

    def signal(self, number):
        self._process.send_signal(number)

    def stop(self):
        self._process.terminate()
        assert self._process.wait(10) == 0


@pytest.fixture
def start(folder):
    running = []

    def start(*options):
        running.append(Example(folder, *options))
        return running[-1]
    yield start
    for example in running:
        example.stop()


def test_believes_what_is_signed_with_a_secret_it_has(start):
    example = start()
    old, stranger = example.secret, webhooks.new_secret()
    assert example.send("alert.issued", secrets=[stranger]) == 401
    new = webhooks.new_secret()
    (example.folder / "secret").write_text(f"{new}\n{old}\n")
    assert example.send("alert.issued", 1, secrets=[old]) == 200
    assert example.send("alert.updated", 2, secrets=[stranger, new]) == 200
    (example.folder / "secret").write_text(new)
    assert example.send("alert.updated", 3, secrets=[old]) == 401
    assert example.results == ["refused", "kept", "kept", "refused"]


@pytest.mark.parametrize("age_s, status", [(0, 200), (290, 200), (-290, 200), (310, 401),
                                           (-310, 401), (1_000_000_000, 401)])
def test_believes_five_minutes(start, age_s, status):
    assert start().send("alert.issued", age_s=age_s) == status


@pytest.mark.parametrize("headers", [
    {}, {"webhook-id": "a"}, {"webhook-id": "a", "webhook-timestamp": "x"},
    {"webhook-id": "a", "webhook-timestamp": "{now}"},
    {"webhook-id": "a", "webhook-timestamp": "{now}", "webhook-signature": "v1,"},
    {"webhook-id": "a", "webhook-timestamp": "{now}", "webhook-signature": "v1,%% v9,AAAA"}])
def test_refuses_what_is_not_signed(start, headers):
    now = str(int(time.time()))
    assert start().post(b"{}", {k: v.replace("{now}", now) for k, v in headers.items()}) == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"type": "alert.issued"}'])
def test_refuses_what_is_signed_but_no_message(start, body):
    example = start()
    now = int(time.time())
    signature = webhooks.sign(example.secret, "m1", now, body)
    assert example.post(body, {"webhook-id": "m1", "webhook-timestamp": str(now),
                               "webhook-signature": signature}) == 401
    assert example.results == ["refused"]


def test_keeps_the_highest_version(start):
    example = start()
    said = [("exercise.alert.updated", 2, "kept"), ("exercise.alert.issued", 1, "older"),
            ("exercise.alert.ended", 4, "kept"), ("exercise.alert.updated", 3, "older")]
    for kind, version, result in said:
        assert example.send(kind, version) == 200
        assert example.results[-1] == result
    assert example.send("exercise.alert.ended", 4) == 200
    assert example.results[-1] == "duplicate"


def test_answers_what_it_does_not_know(start):
    example = start()
    assert example.send("alert.quantum_leap", 9) == 200
    assert example.send("exercise.alert.acknowledged", 9) == 200
    assert example.send("alert.issued", 1) == 200
    assert example.results == ["ignored", "noted", "kept"]


def test_remembers_over_a_restart(start):
    first = start()
    first.send("alert.updated", 2, message_id="m1")
    with first.path.open("a") as file:
        file.write('{"at": "2026')  # torn by a power cut
    second = start()
    second.secret = first.secret
    (first.folder / "secret").write_text(first.secret)
    second.send("alert.updated", 2, message_id="m1")
    second.send("alert.issued", 1, message_id="m2")
    assert [json.loads(line)["result"] for line in second.path.read_text().splitlines()[-2:]] \
        == ["duplicate", "older"]


def test_ledger_is_its_owners(start):
    example = start()
    example.send("alert.issued")
    assert example.path.stat().st_mode & 0o777 == 0o600
    assert example.ledger[0]["body"]["data"]["texts"] == {"sr-Latn": "Nestao dečak."}


def test_fails_as_often_as_told(start):
    example = start("--fail", "2")
    assert [example.send("alert.issued") for _ in range(3)] == [500, 500, 200]
    assert example.results == ["failed", "failed", "kept"]


def test_is_down_until_told(start):
    example = start("--down")
    assert example.send("alert.issued") == 500
    example.signal(signal.SIGUSR1)
    wait_for(lambda: example.send("alert.issued") == 200, what="the receiver is up")
    assert example.results[-1] == "kept"


def test_ends_what_expires(start):
    example = start()
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    example.send("alert.issued", expires_at=soon.isoformat(timespec="seconds"))
    wait_for(lambda: "expired" in example.results, what="the alert ends by itself")


@pytest.fixture
def desk():
    """Stands for POST /v1/alerts/{id}/acks: fails once, then takes it."""
    class Desk(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked.append((self.path, headers, json.loads(body)))
            self.send_response(503 if len(asked) == 1 else 201)
            self.end_headers()

        def log_message(self, *args):
            pass
    asked = []
    server = http.server.HTTPServer(("127.0.0.1", 0), Desk)
    server.asked = asked
    server.url = f"http://127.0.0.1:{server.server_address[1]}/v1/alerts/a1/acks"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_acknowledges_and_renews(start, desk, folder):
    (folder / "token").write_text("t0k3n\n")
    example = start("--ack", "--token-file", folder / "token", "--by", "Dežurni")
    example.send("alert.issued", 1, ack_url=desk.url)
    wait_for(lambda: "acknowledged" in example.results, what="the acknowledgement")
    assert len(desk.asked) == 2  # the first was answered 503
    path, headers, body = desk.asked[1]
    assert (path, body) == ("/v1/alerts/a1/acks", {"by": "Dežurni"})
    assert headers["authorization"] == "Bearer t0k3n"
    assert headers["idempotency-key"] == '"alert.issued-a1-1"'
    example.send("alert.ack_expiring", 1)
    wait_for(lambda: example.results.count("acknowledged") == 2, what="the renewal")
    example.send("alert.ended", 2, state="ended", ack_url=None)
    example.send("alert.ack_expiring", 2)
    assert example.results[-1] == "noted"
    assert len(desk.asked) == 3


def test_token_never_leaves_in_clear_text(start, folder):
    (folder / "token").write_text("t0k3n\n")
    example = start("--ack", "--token-file", folder / "token")
    example.send("alert.issued", 1, ack_url="http://192.0.2.1/v1/alerts/a1/acks")
    wait_for(lambda: "ack failed" in example.results, what="the refusal")
