"""HTTP clients for the API: one for requests as they should be, one for raw bytes."""
import http.client
import json as json_text
import socket
import uuid
from dataclasses import dataclass

TIMEOUT_S = 30.0


@dataclass
class Response:
    status: int
    headers: dict  # lower-case names
    body: bytes

    @property
    def json(self):
        return json_text.loads(self.body)

    @property
    def etag(self):
        return self.headers.get("etag")

    def expect(self, *statuses):
        """The response itself, if its status is one of these."""
        if self.status not in statuses:
            raise AssertionError(f"HTTP {self.status}, expected {statuses}: "
                                 f"{self.body[:2000].decode(errors='replace')}")
        return self

    def problem(self, status):
        """The problem+json document of a refusal, after its form was checked (RFC 9457)."""
        self.expect(status)
        assert self.headers.get("content-type", "").split(";")[0] == "application/problem+json", \
            f"a refusal of type {self.headers.get('content-type')}: {self.body[:500]!r}"
        document = self.json
        assert document["status"] == status
        assert document.get("title"), document
        for error in document.get("errors", []):
            assert error.get("detail") and error.get("pointer") is not None, error
        return document

    def pointers(self, status=422):
        """JSON Pointers of all field errors."""
        return [e["pointer"] for e in self.problem(status).get("errors", [])]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Client:
    """One caller. `token` None sends none. Each request has a connection of its own, so threads may
    share a client. `judge` is called with method, path and response of each."""

    def __init__(self, port=None, unix=None, token=None, host="127.0.0.1", timeout=TIMEOUT_S):
        self.port, self.unix, self.token = port, unix, token
        self.host, self.timeout, self.judge = host, timeout, None

    def with_token(self, token):
        client = Client(self.port, self.unix, token, self.host, self.timeout)
        client.judge = self.judge
        return client

    def judged(self, judge):
        self.judge = judge
        return self

    def connection(self):
        if self.unix:
            return UnixConnection(self.unix, self.timeout)
        return http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)

    def request(self, method, path, json=None, body=None, headers=None, key=None, if_match=None):
        """`key`: the Idempotency-Key; True makes a fresh one. `body` bytes go as they are."""
        sent = {"Accept": "application/json"}
        if json is not None:
            body = json_text.dumps(json, ensure_ascii=False).encode()
            sent["Content-Type"] = "application/json"
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if key:
            sent["Idempotency-Key"] = f'"{uuid.uuid4() if key is True else key}"'
        if if_match:
            sent["If-Match"] = if_match
        sent.update(headers or {})
        connection = self.connection()
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            response = Response(answer.status, named, answer.read())
        finally:
            connection.close()
        if self.judge:
            self.judge(method, path, response)
        return response

    def get(self, path, **how):
        return self.request("GET", path, **how)

    def post(self, path, json=None, key=True, **how):
        return self.request("POST", path, json=json, key=key, **how)

    def patch(self, path, json, **how):
        how.setdefault("headers", {}).setdefault("Content-Type", "application/merge-patch+json")
        return self.request("PATCH", path, json=json, **how)

    def put(self, path, json=None, **how):
        return self.request("PUT", path, json=json, **how)

    def delete(self, path, json=None, **how):
        return self.request("DELETE", path, json=json, **how)

    def items(self, path):
        """All items of a cursor-paged list."""
        found, url = [], path
        while url:
            page = self.get(url).expect(200).json
            found += page["items"]
            cursor = page.get("next")
            mark = "&" if "?" in path else "?"
            url = cursor and (cursor if cursor.startswith("/") else f"{path}{mark}after={cursor}")
        return found


class RawConnection:
    """Bytes as a test wants them, for framing, smuggling and slowness."""

    def __init__(self, port=None, unix=None, host="127.0.0.1", timeout=TIMEOUT_S):
        if unix:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(str(unix))
        else:
            self.socket = socket.create_connection((host, port), timeout)
        self._rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def _more(self):
        data = self.socket.recv(65536)
        self._rest += data
        return bool(data)

    def response(self):
        """The next response, read by its Content-Length. None when the other side closed first."""
        while b"\r\n\r\n" not in self._rest:
            if not self._more():
                assert not self._rest, f"half a response: {self._rest[:200]!r}"
                return None
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        line, *rows = head.decode("latin-1").split("\r\n")
        status = int(line.split(" ")[1])
        headers = {k.strip().lower(): v.strip() for k, _, v in (r.partition(":") for r in rows)}
        length = 0 if status < 200 or status == 204 else int(headers.get("content-length", 0))
        while len(self._rest) < length:
            assert self._more(), "closed within a body"
        body, self._rest = self._rest[:length], self._rest[length:]
        return Response(status, headers, body)

    def is_closed(self):
        """Waits until the other side closes; True when it did so without another byte."""
        try:
            return not self._rest and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
