"""Slow clients: every stage has an absolute end, and none of them keeps anybody else waiting."""
import re
import resource
import selectors
import socket
import time

import pytest
from harness import RawConnection, wait_for
from intake_server import IntakeServer, operator_of

AUTH = "Authorization: Bearer operator-token\r\n"
JSON = "Content-Type: application/json\r\n"
GET = "GET /v1/things HTTP/1.1\r\nHost: a\r\n" + AUTH
POST = "POST /v1/echo HTTP/1.1\r\nHost: a\r\n" + AUTH + JSON
SHORT_MS = 300
LONG_MS = 60000
DRIPPERS = 1000
IDLERS = 10_000


def drip(connection, data, until_s=20):
    """Sends a byte whenever the other side said nothing for a moment. Returns when it spoke."""
    readable = selectors.DefaultSelector()
    readable.register(connection.socket, selectors.EVENT_READ)
    deadline = time.monotonic() + until_s
    for at in range(len(data)):
        assert time.monotonic() < deadline, "nobody ended it"
        if readable.select(0.02):
            return
        connection.send(data[at:at + 1])


# stage, what is sent before, what drips, status
STAGES = [
    ("head", b"GET ", b"/v1/things?" + b"x" * 5000, 408),
    ("fields", GET.encode(), b"X: " + b"y" * 5000, 408),
    ("body", (POST + "Content-Length: 1000\r\n\r\n").encode(), b"x" * 999, 408),
    ("chunk size", (POST + "Transfer-Encoding: chunked\r\n\r\n").encode(), b"0" * 999, 408),
]


@pytest.mark.parametrize("sent, dripped, status", [row[1:] for row in STAGES],
                         ids=[row[0] for row in STAGES])
def test_a_dripping_stage_ends(folder, sent, dripped, status):
    with IntakeServer(folder, head_ms=SHORT_MS, body_ms=SHORT_MS, idle_ms=LONG_MS) as server:
        with server.raw() as connection:
            connection.send(sent)
            drip(connection, dripped)
            connection.response().problem(status)
            connection.socket.shutdown(socket.SHUT_WR)
            assert connection.is_closed()


@pytest.mark.parametrize("sent", [b"", b"\r\n"], ids=["nothing", "an empty line"])
def test_who_says_nothing_is_told_nothing(folder, sent):
    with IntakeServer(folder, head_ms=SHORT_MS) as server, server.raw() as connection:
        connection.send(sent)
        assert connection.is_closed()


def test_an_idle_connection_closes(folder):
    with IntakeServer(folder, head_ms=LONG_MS, idle_ms=SHORT_MS) as server:
        with server.raw() as connection:
            connection.send(GET + "\r\n")
            connection.response().expect(200)
            assert connection.is_closed()


def test_a_refused_client_that_keeps_sending_is_cut(folder):
    with IntakeServer(folder, linger_ms=SHORT_MS) as server, server.raw() as connection:
        connection.send("BREW / HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.response().problem(501)
        wait_for(lambda: server.held()["connections"] == 1, what="the connection is gone")


def test_who_does_not_read_is_cut(folder):
    with IntakeServer(folder, write_stall_ms=SHORT_MS) as server, server.raw() as connection:
        connection.send(GET.replace("things", "big") + "\r\n")
        wait_for(lambda: server.held()["connections"] == 1, what="the connection is gone")
        with pytest.raises((AssertionError, ConnectionResetError)):
            connection.response()


def test_a_slow_reader_gets_it_all(folder):
    with IntakeServer(folder, write_stall_ms=5000) as server, server.raw() as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.send(GET.replace("things", "big") + "\r\n")
        assert len(connection.response().expect(200).body) == (8 << 20) + 2


def test_a_slow_reader_has_an_end_too(folder):
    """One that takes just enough to count as alive is cut at write_ms."""
    with IntakeServer(folder, write_stall_ms=100, write_ms=SHORT_MS) as server:
        with server.raw() as connection:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.send(GET.replace("things", "big") + "\r\n")

            def is_cut():
                connection.socket.recv(1024)
                return False
            with pytest.raises(ConnectionResetError):
                wait_for(is_cut)
            assert server.held()["connections"] == 1


def ask_among_drippers(connect, ask):
    """1,000 connections drip a head byte by byte, faster than a byte a second, and none of them is
    thrown out while there is room. The slowest of the answers that came meanwhile, in seconds."""
    drippers = [connect() for _ in range(DRIPPERS)]
    head = ("GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + "y" * 100).encode()
    slowest = 0.0
    for at in range(60):
        for dripper in drippers:
            dripper.send(head[at:at + 1])
        began = time.monotonic()
        ask()
        slowest = max(slowest, time.monotonic() - began)
    for dripper in drippers:
        dripper.send(head[60:] + b"\r\n\r\n")
        dripper.response().expect(200)
        dripper.close()
    return slowest


def test_a_thousand_drippers_keep_nobody_waiting(folder):
    with IntakeServer(folder, head_ms=LONG_MS) as server:
        client = server.client()
        assert ask_among_drippers(server.raw, lambda: client.get("/v1/things").expect(200)) < 1.0


def test_a_thousand_drippers_at_the_daemon(astrad):
    astrad.config.astrad["limits"] = {"head_timeout": "60s"}
    operator = operator_of(astrad)
    report = {"status": "exercise", "circumstances": "Vežba."}
    slowest = ask_among_drippers(lambda: RawConnection(operator.port),
                                 lambda: operator.post("/v1/reports", report).expect(201))
    assert slowest < 1.0


@pytest.fixture
def many_descriptors():
    """Room for this process to hold IDLERS connections."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] != resource.RLIM_INFINITY and before[1] < IDLERS + 500:
        pytest.skip("the hard limit of open files is too low")
    resource.setrlimit(resource.RLIMIT_NOFILE, (IDLERS + 500, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_ten_thousand_idle_ones_at_the_daemon(astrad, many_descriptors):
    """They come from ten addresses, fill every place there is for guests, and stay. Whoever has
    something to say gets in at once, by TCP and by the control socket."""
    operator = operator_of(astrad)
    idle = []
    for at in range(IDLERS):
        source = (f"127.0.1.{at % 10 + 1}", 0)
        idle.append(socket.create_connection(("127.0.0.1", operator.port), 30, source))
    limits = astrad.control().get("/v1/config").expect(200).json["astrad"]["limits"]
    text = astrad.control().get("/metrics").expect(200).body.decode()
    taken = int(re.search(r'^astrad_intake_connections\{transport="tcp"\} (\d+)$', text,
                          re.MULTILINE).group(1))
    guests = limits["connections"] - limits["kept_for_control"] - limits["kept_for_operators"]
    assert guests - 10 < taken <= guests, "the places of guests are full, and no others"

    slowest = 0.0
    for _ in range(50):
        for ask in (lambda: operator.post("/v1/reports", {"circumstances": "Vežba."}).expect(201),
                    lambda: astrad.control().get("/v1/me").expect(200)):
            began = time.monotonic()
            ask()
            slowest = max(slowest, time.monotonic() - began)
    assert slowest < 1.0
    assert astrad.rss_kib() < 150_000
    for connection in idle:
        connection.close()


def test_newcomers_push_out_who_waits_longest(folder):
    with IntakeServer(folder, head_ms=LONG_MS, connections_max=20, kept_unix=4, kept_operators=6,
                      linger_ms=SHORT_MS) as server:
        guests = [server.raw() for _ in range(10)]
        wait_for(lambda: server.held()["connections"] == 10, what="a guest made room")
        assert guests[0].is_closed()
        for guest in guests:
            guest.close()


def test_operators_and_the_unix_socket_have_their_places(folder):
    with IntakeServer(folder, head_ms=LONG_MS, connections_max=20, kept_unix=4, kept_operators=6,
                      linger_ms=LONG_MS) as server:
        operators = []
        while len(operators) < 16:
            operators.append(server.raw())
            operators[-1].send(GET + "\r\n")
            operators[-1].response().expect(200)
        with server.raw() as late:
            answer = late.response()
            answer.problem(503)
            assert int(answer.headers["retry-after"]) > 0
        admins = [server.raw(unix=True) for _ in range(4)]
        for admin in admins:
            admin.send("GET /v1/persons HTTP/1.1\r\nHost: a\r\n\r\n")
            admin.response().expect(200)
        operators[3].close()

        def is_served():
            with server.raw() as again:
                again.send(GET + "\r\n")
                return again.response().status == 200
        wait_for(is_served, what="the freed place is taken")
        for connection in operators + admins:
            connection.close()


def test_an_address_pushes_out_its_own(folder):
    with IntakeServer(folder, head_ms=LONG_MS, per_address_max=5) as server:
        first = [server.raw() for _ in range(5)]
        with server.raw() as sixth:
            sixth.send(GET + "\r\n")
            sixth.response().expect(200)
            assert first[0].is_closed()
        for connection in first:
            connection.close()


def test_a_token_has_its_share(folder):
    with IntakeServer(folder, per_token_max=2) as server:
        connections = [server.raw() for _ in range(3)]
        for connection, status in zip(connections, (200, 200, 503)):
            connection.send(GET + "\r\n")
            connection.response().expect(status)
        partner = GET.replace("operator", "partner").replace("things", "things/1")
        connections[2].send(partner + "\r\n")
        connections[2].response().expect(200)
        connections[0].close()
        wait_for(lambda: server.held()["connections"] == 3)
        connections[2].send(GET + "\r\n")
        connections[2].response().expect(200)
        for connection in connections:
            connection.close()


def test_out_of_descriptors_waits_and_recovers(folder):
    with IntakeServer(folder, head_ms=LONG_MS, nofile=40) as server:
        crowd = [server.raw() for _ in range(60)]
        wait_for(lambda: 'reason="descriptors"' in metrics_over_unix(server), what="it ran out")
        for connection in crowd:
            connection.close()
        server.client().get("/v1/things").expect(200)
        wait_for(lambda: server.client().get("/readyz").json["status"] == "ready")


def metrics_over_unix(server):
    """While no descriptor is free the Unix socket still has its reserved one."""
    with server.raw(unix=True) as connection:
        connection.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return connection.response().expect(200).body.decode()


def test_a_client_that_went_away_harms_nobody(folder):
    with IntakeServer(folder) as server:
        held = POST.replace("/echo", "/held") + "Content-Length: 2\r\n\r\n{}"
        for _ in range(20):
            connection = server.raw()
            connection.send(held)
            wait_for(lambda: server.held()["held"] > 0)
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                         b"\x01\x00\x00\x00\x00\x00\x00\x00")
            connection.close()  # a reset
            server.client().post("/v1/release", key=None).expect(200)
        assert "peer=gone" in server.log
        server.client().get("/v1/things").expect(200)


def test_a_graceful_stop_answers_first(folder):
    with IntakeServer(folder, idle_ms=LONG_MS) as server:
        held, idle, half = server.raw(), server.raw(), server.raw()
        idle.send(GET + "\r\n")
        idle.response().expect(200)
        half.send(POST + "Content-Length: 2\r\n\r\n{")
        held.send(POST.replace("/echo", "/held") + "Content-Length: 2\r\n\r\n{}")
        wait_for(lambda: server.held()["held"] == 1)
        releaser = server.raw()
        releaser.send("POST /v1/release HTTP/1.1\r\nHost: a\r\n" + AUTH)
        wait_for(lambda: server.held()["connections"] == 5)
        server.drain()
        assert idle.is_closed()
        with pytest.raises(ConnectionRefusedError):
            wait_for(lambda: server.raw().close())
        half.send("}")
        answer = half.response().expect(200)
        assert answer.headers["connection"] == "close"
        releaser.send("\r\n")
        releaser.response().expect(200)
        held.response().expect(200)
        for connection in (held, idle, half, releaser):
            connection.close()
