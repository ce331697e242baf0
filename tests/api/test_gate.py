"""What is decided between the head and the handler: route, caller, headers, and how it is told."""
import os
import subprocess
import sys
import uuid

import pytest
from harness import wait_for
from intake_server import IntakeServer

AUTH = "Authorization: Bearer operator-token\r\n"
SECURITY = {"cache-control": "no-store", "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
            "referrer-policy": "no-referrer"}


@pytest.fixture
def server(folder):
    with IntakeServer(folder) as running:
        yield running


# method, path, what is sent, status, problem type
REFUSALS = [
    ("GET", "/v1/nothing", {}, 404, "not-found"),
    ("GET", "/v1/things/a%2Fb", {}, 404, "not-found"),
    ("GET", "/v1/things/" + "a" * 65, {}, 404, "not-found"),
    ("DELETE", "/v1/things", {}, 405, "method-not-allowed"),
    ("OPTIONS", "/v1/echo", {}, 405, "method-not-allowed"),
    ("GET", "/v1/things?limt=5", {}, 400, "invalid-parameter"),
    ("GET", "/v1/things?limit=5&limit=6", {}, 400, "invalid-parameter"),
    ("GET", "/v1/things?limit=0", {}, 400, "invalid-parameter"),
    ("GET", "/v1/things?limit=201", {}, 400, "invalid-parameter"),
    ("GET", "/v1/things?limit=-1", {}, 400, "invalid-parameter"),
    ("GET", "/v1/things?limit=%zz", {}, 400, "invalid-parameter"),
    ("GET", "/v1/things?after=%%%", {}, 400, "invalid-parameter"),
    ("GET", "/v1/things?after=a.b", {}, 400, "invalid-parameter"),
    ("POST", "/v1/echo", {}, 400, "body-missing"),
    ("POST", "/v1/echo", {"body": b"a=b", "headers": {"Content-Type": "text/plain"}}, 415,
     "unsupported-media-type"),
    ("POST", "/v1/echo", {"body": b"{}", "headers": {
        "Content-Type": "application/json; charset=utf-16"}}, 415, "unsupported-media-type"),
    ("POST", "/v1/echo", {"body": b"{}", "headers": {
        "Content-Type": "application/merge-patch+json"}}, 415, "unsupported-media-type"),
    ("POST", "/v1/things", {"json": {}}, 400, "idempotency-key-missing"),
    ("POST", "/v1/things", {"json": {}, "headers": {"Idempotency-Key": '""'}}, 400,
     "idempotency-key-malformed"),
    ("POST", "/v1/things", {"json": {}, "headers": {"Idempotency-Key": '"a b"'}}, 400,
     "idempotency-key-malformed"),
    ("POST", "/v1/things", {"json": {}, "key": "x" * 129}, 400, "idempotency-key-malformed"),
    ("PATCH", "/v1/things/1", {"json": {}}, 428, "precondition-required"),
    ("PATCH", "/v1/things/1", {"json": {}, "if_match": '"6"'}, 412, "stale"),
    ("PATCH", "/v1/things/1", {"json": {}, "if_match": 'W/"7"'}, 412, "stale"),
    ("PATCH", "/v1/things/1", {"json": {}, "if_match": "7"}, 400, "malformed-request"),
    ("POST", "/v1/persons", {"json": {}}, 403, "forbidden"),
    ("GET", "/v1/broken", {}, 500, "internal-error"),
]


@pytest.mark.parametrize("method, path, sent, status, slug", REFUSALS,
                         ids=[f"{r[0]} {r[1][:24]} {r[4]}" for r in REFUSALS])
def test_refusals_are_problems(server, method, path, sent, status, slug):
    answer = server.client().request(method, path, **sent)
    document = answer.problem(status)
    assert document["type"] == f"https://astrad.dev/problems/{slug}"
    uuid.UUID(document["instance"].removeprefix("urn:uuid:"))
    assert SECURITY.items() <= answer.headers.items()
    if status == 405:
        assert answer.headers["allow"] == ("POST" if "echo" in path else "GET, HEAD, POST")
    if status == 500:
        assert "secret of the house" in server.log and b"secret" not in answer.body


def test_answers_tell_what_a_client_needs(server):
    made = server.client().post("/v1/things", {}, key="4f7c").expect(201)
    assert made.headers["location"] == "/v1/things/1" and made.etag == '"7"'
    assert "warning" not in made.headers
    server.client().patch("/v1/things/1", {}, if_match=made.etag).expect(200)
    server.client().patch("/v1/things/1", {}, if_match='"5", "7"').expect(200)
    server.client().patch("/v1/things/1", {}, if_match="*").expect(200)
    unquoted = server.client().post("/v1/things", {}, key=None, headers={"Idempotency-Key": "4f7c"})
    assert "Idempotency-Key" in unquoted.expect(201).headers["warning"]
    typed = {"Content-Type": "Application/JSON; charset=UTF-8"}
    server.client().request("POST", "/v1/echo", body=b"{}", headers=typed).expect(200)
    server.client().request("POST", "/v1/optional").expect(200)
    assert SECURITY.items() <= made.headers.items() and "server" not in made.headers


def test_pages_go_on_where_they_ended(server):
    first = server.client().get("/v1/things").expect(200).json
    assert first["limit"] == 50 and first["after"] == ""
    second = server.client().get(f"/v1/things?limit=2&after={first['next']}").expect(200).json
    assert second["after"] == "đak?>" and second["limit"] == 2 and second["next"] is None


def test_the_same_key_runs_once_at_a_time(server):
    with server.raw() as connection:
        connection.send("POST /v1/held HTTP/1.1\r\nHost: a\r\n" + AUTH +
                        'Content-Type: application/json\r\nIdempotency-Key: "k"\r\n'
                        "Content-Length: 2\r\n\r\n{}")
        wait_for(lambda: server.held()["held"] == 1)
        again = server.client().post("/v1/held", {}, key="k")
        assert again.problem(409)["type"].endswith("/idempotency-key-running")
        assert int(again.headers["retry-after"]) > 0
        server.client().post("/v1/echo", {}, key="k").expect(200)  # another path, another scope
        server.client().post("/v1/release", key=None).expect(200)
        connection.response().expect(200)


def test_callers(server):
    assert server.client().post("/v1/echo", {}).expect(200).json["who"] == "ana"
    assert server.client("partner-token").post("/v1/echo", {}).expect(200).json["who"] == "mup-ns"
    server.client("partner-token").get("/v1/things").problem(403)
    for token in (None, "wrong", "operator-tokeN", "x" * 300):
        answer = server.client(token).get("/v1/things")
        answer.problem(401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    for field in ("Basic b3BlcmF0b3I6eA==", "Bearer", "operator-token"):
        server.client(None).get("/v1/things", headers={"Authorization": field}).problem(401)
    assert "operator-tokeN" not in server.log


def test_wrong_tokens_are_counted_and_right_ones_pass(folder):
    with IntakeServer(folder, auth_failures_max=3) as server:
        for _ in range(3):
            server.client("wrong").get("/v1/things").problem(401)
        answer = server.client("wrong").get("/v1/things")
        answer.problem(429)
        assert 0 < int(answer.headers["retry-after"]) <= 60
        server.client().get("/v1/things").expect(200)
        server.client("wrong", unix=True).get("/v1/things").problem(401)  # another peer


AS_NOBODY = """
import os, socket, sys
os.setgid(65534)
os.setuid(65534)
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode())
print(s.recv(65536).decode().split(" ")[1])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_on_the_unix_socket_is_admin_and_others_need_a_token(server, folder):
    root = server.client(None, unix=True)
    root.get("/v1/persons").expect(200)
    root.get("/v1/things").problem(403)
    assert root.post("/v1/persons", {}).expect(200).json["who"] == "unix:root"
    assert server.client(unix=True).post("/v1/echo", {}).expect(200).json["who"] == "ana"
    folder.chmod(0o755)
    for field, status in (("", "401"), (AUTH, "200")):
        path = "/v1/persons" if status == "401" else "/v1/things"
        text = f"GET {path} HTTP/1.1\r\nHost: a\r\n{field}\r\n"
        told = subprocess.run([sys.executable, "-c", AS_NOBODY, str(server.control), text],
                              capture_output=True, text=True, timeout=30)
        assert told.stdout.strip() == status, told.stderr


def test_probes_are_open(server):
    client = server.client(None)
    assert client.get("/healthz").expect(200).json == {"status": "alive"}
    assert client.get("/readyz").expect(200).json == {"status": "ready", "reasons": []}
    metrics = client.get("/metrics").expect(200)
    assert metrics.headers["content-type"].startswith("text/plain")
    assert 'astrad_intake_requests_total{method="GET",route="/healthz",status="200"} 1' in \
        metrics.body.decode()


def test_the_access_log_holds_no_typed_text(server):
    server.client().get("/v1/things/Petar-Petrovic").expect(200)
    server.client().get("/v1/things/Petar?limit=Petrovic").problem(400)
    server.client().get("/v1/Petar").problem(404)
    server.client().post("/v1/echo", {"name": "Petar"}).expect(200)
    lines = [line for line in server.log.splitlines() if "Petar" in line]
    assert len(lines) == 1 and "target=Petar-Petrovic" in lines[0], "only what a handler knew by id"
