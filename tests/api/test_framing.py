"""Framing over raw sockets: what is refused, how, and that nothing hidden in it is answered."""
import pytest
from harness import RawConnection
from intake_server import IntakeServer, operator_of

AUTH = "Authorization: Bearer operator-token\r\n"
JSON = "Content-Type: application/json\r\n"
POST = "POST /v1/echo HTTP/1.1\r\nHost: a\r\n" + AUTH + JSON
GET = "GET /v1/things HTTP/1.1\r\nHost: a\r\n" + AUTH
SMUGGLED = "GET /v1/things/smuggled HTTP/1.1\r\nHost: a\r\n" + AUTH + "\r\n"

# name, bytes, status. Each is followed by a request that must never be answered.
REFUSED = [
    ("two lengths", POST + "Content-Length: 2\r\nContent-Length: 60\r\n\r\n{}", 400),
    ("the same length twice", POST + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    ("length list", POST + "Content-Length: 2, 2\r\n\r\n{}", 400),
    ("signed length", POST + "Content-Length: +2\r\n\r\n{}", 400),
    ("length of another base", POST + "Content-Length: 0x2\r\n\r\n{}", 400),
    ("length above all numbers", POST + "Content-Length: 18446744073709551618\r\n\r\n{}", 413),
    ("CL.TE", POST + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", 400),
    ("TE.CL", POST + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n", 400),
    ("TE.TE", POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"
     "0\r\n\r\n", 400),
    ("gzip, chunked", POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ("identity", POST + "Transfer-Encoding: identity\r\n\r\n", 400),
    ("xchunked", POST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    ("chunked behind a tab", POST + "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400),
    ("chunked, folded", POST + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
    ("blank before the colon", POST + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    ("chunked in 1.0", "POST /v1/echo HTTP/1.0\r\nHost: a\r\n" + AUTH + JSON +
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("bare LF in the head", "GET /v1/things HTTP/1.1\nHost: a\n\n", 400),
    ("bare LF before a length", POST + "X: a\nContent-Length: 60\r\n\r\n", 400),
    ("bare CR", GET + "X: a\rContent-Length: 60\r\n\r\n", 400),
    ("folded field", GET + "X: a\r\n b\r\n\r\n", 400),
    ("zero byte", GET + "X: a\x00b\r\n\r\n", 400),
    ("no host", "GET /v1/things HTTP/1.1\r\n" + AUTH + "\r\n", 400),
    ("two hosts", GET + "Host: b\r\n\r\n", 400),
    ("absolute target", "GET http://a/v1/things HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("authority target", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("http 2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("http 0.9", "GET /v1/things\r\n", 400),
    ("http 1.2", "GET /v1/things HTTP/1.2\r\nHost: a\r\n\r\n", 505),
    ("TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ("unknown method", "BREW /v1/things HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    ("unknown expectation", POST + "Content-Length: 2\r\nExpect: 102-processing\r\n\r\n{}", 417),
    ("chunk with bare LF", POST + "Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n", 400),
    ("chunk too short", POST + "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n", 400),
    ("chunk extension", POST + "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\n\r\n", 400),
    ("negative chunk", POST + "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n", 400),
    ("huge chunk", POST + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n", 400),
    ("trailer", POST + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: y\r\n\r\n", 400),
    ("last line without CR", POST + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\n", 400),
    ("head too large", GET + "X: " + "x" * 17000 + "\r\n\r\n", 431),
    ("too many fields", GET + "X: y\r\n" * 70 + "\r\n", 431),
    ("body on a route without", "POST /v1/release HTTP/1.1\r\nHost: a\r\n" + AUTH + JSON +
     "Content-Length: 2\r\n\r\n{}", 413),
    ("body too large", POST + "Content-Length: 1025\r\n\r\n" + "x" * 1025, 413),
    ("chunks too large", POST + "Transfer-Encoding: chunked\r\n\r\n800\r\n" + "x" * 0x800, 413),
    ("body on a path that is not there", "POST /v1/nothing HTTP/1.1\r\nHost: a\r\n" + AUTH +
     "Content-Length: 2\r\n\r\n{}", 404),
    ("body without a token", "POST /v1/echo HTTP/1.1\r\nHost: a\r\n" + JSON +
     "Content-Length: 2\r\n\r\n{}", 401),
    ("encoded body", POST + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415),
]


@pytest.fixture
def server(folder):
    with IntakeServer(folder) as running:
        yield running


def as_bytes(text):
    return text.encode("latin-1")


@pytest.mark.parametrize("text, status", [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused_and_closed(server, text, status):
    with server.raw() as connection:
        connection.send(as_bytes(text + SMUGGLED))
        answer = connection.response()
        document = answer.problem(status)
        assert document["type"].startswith("https://")
        assert document["instance"].startswith("urn:uuid:")
        assert answer.headers["connection"] == "close"
        connection.socket.shutdown(1)
        assert connection.is_closed(), "something came after the refusal"
    assert "smuggled" not in server.log


def test_the_daemon_refuses_the_same(astrad):
    """The corpus once more at the real binary, on routes of its own; sizes and routes differ."""
    operator = operator_of(astrad)
    for name, text, status in REFUSED:
        if status in (404, 413):
            continue
        for ours, its in (("/v1/echo", "/v1/cases/search"), ("/v1/things", "/v1/cases"),
                          ("operator-token", operator.token)):
            text = text.replace(ours, its)
        with RawConnection(operator.port) as connection:
            connection.send(as_bytes(text + "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"))
            answer = connection.response()
            assert answer.status == status, name
            answer.problem(status)
            connection.socket.shutdown(1)
            assert connection.is_closed(), name


# name, bytes, statuses of all answers: odd, and right
TAKEN = [
    ("one empty line before", "\r\n" + GET + "\r\n", [200]),
    ("upgrade that is not offered", GET + "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n" +
     GET + "\r\n", [200, 200]),
    ("chunked", POST + "Transfer-Encoding: CHUNKED\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n" +
     GET + "\r\n", [200, 200]),
    ("exactly the limit", POST + "Content-Length: 1024\r\n\r\n" + "x" * 1024, [200]),
    ("pipelined", GET + "\r\n" + POST + "Content-Length: 2\r\n\r\n{}" + GET + "\r\n", [200] * 3),
    ("pipelined over a refusal without a body", GET.replace("things", "nothing") + "\r\n" + GET +
     "\r\n", [404, 200]),
    ("closed when asked", GET + "Connection: close\r\n\r\n" + GET + "\r\n", [200]),
    ("1.0 closes", GET.replace("1.1", "1.0") + "\r\n" + GET + "\r\n", [200]),
    ("1.0 keeps alive when asked", GET.replace("1.1", "1.0") +
     "Connection: keep-alive\r\n\r\n" + GET + "\r\n", [200, 200]),
]


@pytest.mark.parametrize("text, statuses", [r[1:] for r in TAKEN], ids=[r[0] for r in TAKEN])
@pytest.mark.parametrize("piece", [1, 4096], ids=["by the byte", "at once"])
def test_taken(server, text, statuses, piece):
    data = as_bytes(text)
    with server.raw() as connection:
        for at in range(0, len(data), piece):
            connection.send(data[at:at + piece])
        connection.socket.shutdown(1)
        for status in statuses:
            connection.response().expect(status)
        assert connection.response() is None


def test_ends_within_a_request(server):
    for text in ("GET /v1/th", POST + "Content-Length: 10\r\n\r\n{"):
        with server.raw() as connection:
            connection.send(text)
            connection.socket.shutdown(1)
            connection.response().problem(400)
            assert connection.is_closed()


def test_head_answers_as_get_without_a_body(server):
    with server.raw() as connection:
        for path, status in (("/v1/things", 200), ("/v1/nothing", 404)):
            connection.send(f"HEAD {path} HTTP/1.1\r\nHost: a\r\n{AUTH}\r\n")
            head = connection.socket.recv(65536).decode()
            assert head.startswith(f"HTTP/1.1 {status} ")
            assert "\r\nContent-Length: 0" not in head and head.endswith("\r\n\r\n")
        connection.send(GET + "\r\n")
        connection.response().expect(200)


def test_100_continue_comes_after_authorisation(server):
    head = POST + "Expect: 100-continue\r\n"
    with server.raw() as connection:
        connection.send(head + "Content-Length: 2\r\n\r\n")
        assert connection.response().status == 100
        connection.send("{}")
        assert connection.response().expect(200).json["body"] == "{}"
    for text, status in ((head.replace("operator-token", "no-token"), 401),
                         (head.replace("/echo", "/persons"), 403),
                         (head.replace("/echo", "/nothing"), 404),
                         (head.replace("application/json", "text/xml"), 415)):
        with server.raw() as connection:
            connection.send(text + "Content-Length: 2\r\n\r\n")
            connection.response().problem(status)
    with server.raw() as connection:
        connection.send(head + "Content-Length: 2000\r\n\r\n")
        connection.response().problem(413)


def test_one_request_at_a_time(server):
    with server.raw() as connection, server.raw() as other:
        held = POST.replace("/echo", "/held") + "Content-Length: 2\r\n\r\n"
        connection.send(held + "{}" + held + "[]")
        released = 0
        while released < 2:
            other.send("POST /v1/release HTTP/1.1\r\nHost: a\r\n" + AUTH + "\r\n")
            now = other.response().expect(200).json["released"]
            assert now <= 1, "two requests of one connection ran at once"
            released += now
        assert [connection.response().json["body"] for _ in range(2)] == ["{}", "[]"]
