"""The clients against a server made for the purpose."""
import http.server
import json
import threading

import pytest
from harness import Client, RawConnection, wait_for


class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        refused = self.path == "/refused"
        told = {"status": 422, "title": "Invalid", "errors": [{"detail": "no", "pointer": "/a"}]} \
            if refused else {"headers": {k.lower(): v for k, v in self.headers.items()},
                             "body": body.decode()}
        data = json.dumps(told).encode()
        self.send_response(422 if refused else 200)
        self.send_header("Content-Type",
                         "application/problem+json" if refused else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def port():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_headers_and_body(port):
    client = Client(port=port, token="secret")
    told = client.post("/", {"ime": "Đorđe"}).expect(200).json
    assert told["headers"]["authorization"] == "Bearer secret"
    assert json.loads(told["body"]) == {"ime": "Đorđe"}
    first, second = (client.post("/", {}).json["headers"]["idempotency-key"] for _ in range(2))
    assert first != second and first.startswith('"')
    assert client.post("/", {}, key="mine").json["headers"]["idempotency-key"] == '"mine"'
    assert "idempotency-key" not in client.post("/", {}, key=None).json["headers"]
    assert "authorization" not in client.with_token(None).post("/", {}).json["headers"]


def test_expectations(port):
    client = Client(port=port)
    assert client.post("/refused", {}).pointers() == ["/a"]
    with pytest.raises(AssertionError):
        client.post("/refused", {}).expect(201)
    with pytest.raises(AssertionError):
        client.post("/", {}).problem(200)  # not problem+json


def test_raw_connection(port):
    with RawConnection(port) as raw:
        for _ in range(2):
            raw.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
            assert raw.response().json["body"] == "hi"
        raw.send("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert raw.response().status == 200
        assert raw.is_closed()
        assert raw.response() is None


def test_wait_for():
    assert wait_for(lambda: 7) == 7
    with pytest.raises(AssertionError, match="pigs fly"):
        wait_for(lambda: False, timeout=0.05, what="pigs fly")
