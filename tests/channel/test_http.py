"""Covers http.c, http_easy.c, http_trust.c and http_outcome.c with the webhook plugin: each row of
the outcome table against a server that behaves so, connection reuse, cancel, the address rules.
"""
import email.utils
import socket
import time

import pytest
from channel_tool import BODY, SECRET, ChannelTool
from harness import behaviour, free_port
from harness.nginx import Nginx

SHORT = {"connect": 500, "timeout": 700}

ANSWERS = {  # behaviour -> (outcome, status)
    "200": (behaviour.status(200, b"ok"), "delivered", 200),
    "204": (behaviour.status(204), "delivered", 204),
    "299": (behaviour.status(299), "delivered", 299),
    "302": (behaviour.redirect("http://127.0.0.1:1/elsewhere"), "fixable", 302),
    "400": (behaviour.status(400), "fixable", 400),
    "401": (behaviour.status(401), "fixable", 401),
    "404": (behaviour.status(404), "fixable", 404),
    "408": (behaviour.status(408), "retry", 408),
    "410": (behaviour.status(410), "gone", 410),
    "425": (behaviour.status(425), "retry", 425),
    "429": (behaviour.status(429), "throttled", 429),
    "500": (behaviour.status(500, b"no"), "retry", 500),
    "502": (behaviour.status(502), "slow_retry", 502),
    "503": (behaviour.status(503), "throttled", 503),
    "504": (behaviour.status(504), "slow_retry", 504),
    "big body": (behaviour.big_body(), "delivered", 200),
    "big body of a failure": (behaviour.big_body(code=500), "retry", 500),
    "short body": (behaviour.short_body(), "delivered", 200),
    "hang": (behaviour.hang(), "uncertain", 0),
    "reset after the body": (behaviour.reset_after_body(), "uncertain", 0),
    "close after the body": (behaviour.close_after_body(), "uncertain", 0),
    "broken HTTP": (behaviour.broken_http(), "uncertain", 0),
    "no HTTP at all": (behaviour.broken_http(b"\x00\xff\x00\r\n\r\n"), "uncertain", 0),
    "head by the byte": (behaviour.trickle(every_s=0.5), "uncertain", 0),
    "endless head": (behaviour.endless_head(), "uncertain", 0),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_outcome(receiver, name):
    answer, outcome, status = ANSWERS[name]
    partner = receiver.endpoint("partner", keys=[SECRET])
    partner.script(answer)
    with ChannelTool(urls=partner.url, **SHORT) as tool:
        result = tool.send()
        assert (result["outcome"], result["status"]) == (outcome, status), result
        assert not result["forced"]
        assert result["reply_bytes"] <= 4096
        # whatever came, the next one is answered properly
        assert tool.send()["outcome"] == "delivered"


def test_request_as_the_standard_says(receiver):
    partner = receiver.endpoint("partner", keys=[SECRET])
    with ChannelTool(urls=partner.url) as tool:
        assert tool.send()["outcome"] == "delivered"
    request, = partner.requests
    assert request.method == "POST"
    assert request.body == BODY.encode()
    assert request.headers["webhook-id"] == "msg-1"
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 60
    assert request.headers["content-type"] == "application/json"
    assert "expect" not in request.headers


@pytest.mark.parametrize("value, low, high", [
    ("7", 7000, 7000),
    (" 0 ", 0, 0),
    ("99999999999999999999", 604800000, 604800000),
    ("-1", -1, -1),
    ("soon", -1, -1),
    (lambda: email.utils.formatdate(time.time() + 90, usegmt=True), 80000, 91000),
    (lambda: email.utils.formatdate(time.time() - 90, usegmt=True), 0, 0),
])
def test_retry_after(receiver, value, low, high):
    partner = receiver.endpoint("partner", keys=[SECRET])
    partner.script(behaviour.retry_after(value() if callable(value) else value))
    with ChannelTool(urls=partner.url) as tool:
        assert low <= tool.send()["retry_after_ms"] <= high


def test_nobody_listens():
    with ChannelTool(urls=f"http://127.0.0.1:{free_port()}/") as tool:
        assert tool.send()["outcome"] == "retry"


def test_name_that_is_not_there():
    with ChannelTool(urls="http://nowhere.invalid/", connect=5000) as tool:
        for _ in range(4):
            tool.start()
        assert {tool.answer()["outcome"] for _ in range(4)} == {"retry"}


def test_connection_that_is_never_accepted():
    """A full backlog: the connect time-out, before a byte was written."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        with ChannelTool(urls=f"http://127.0.0.1:{port}/", **SHORT) as tool:
            assert tool.send()["outcome"] == "retry"
        for filler in fillers:
            filler.close()


def test_reset_before_the_whole_request_was_written(receiver):
    """More than the socket buffers hold, and the other side goes away after the head."""
    partner = receiver.endpoint("partner")
    partner.script(behaviour.reset_before_body())
    with ChannelTool(urls=partner.url) as tool:
        result = tool.send('"' + "x" * (24 << 20) + '"')
        assert result["outcome"] == "retry", result


def test_connections_are_kept(receiver):
    partner = receiver.endpoint("partner", keys=[SECRET])
    with ChannelTool(urls=partner.url) as tool:
        for _ in range(50):
            assert tool.send()["outcome"] == "delivered"
        assert receiver.connections == 1


def test_kept_connection_that_was_closed(receiver):
    """The idle connection's end is noticed, and the next request takes a new one."""
    partner = receiver.endpoint("partner", keys=[SECRET])
    with ChannelTool(urls=partner.url) as tool:
        for _ in range(3):
            assert tool.send()["outcome"] == "delivered"
            receiver.pause()
            receiver.resume()
        partner.wait_delivered(3)
        assert partner.duplicates == 0


def test_many_at_once(receiver):
    partner = receiver.endpoint("partner", keys=[SECRET])
    partner.always(behaviour.status(200, b"fine"))
    with ChannelTool(urls=partner.url, in_flight=64) as tool:
        tool.state()
        for _ in range(64):
            tool.start()
        assert [tool.answer()["outcome"] for _ in range(64)] == ["delivered"] * 64
        partner.wait_delivered(64)


def test_urls_are_tried_in_order(receiver):
    first, second = (receiver.endpoint(n, keys=[SECRET]) for n in ("first", "second"))
    with ChannelTool(urls=[f"http://127.0.0.1:{free_port()}/", first.url, second.url]) as tool:
        assert tool.send()["outcome"] == "delivered"
        first.wait_delivered(1)
        assert not second.requests
        first.script(behaviour.status(500))
        assert tool.send()["outcome"] == "delivered"
        second.wait_delivered(1)
        assert second.message_ids == ["msg-2"]


def test_uncertain_is_not_sent_to_another_url(receiver):
    first, second = (receiver.endpoint(n, keys=[SECRET]) for n in ("first", "second"))
    first.script(behaviour.reset_after_body())
    with ChannelTool(urls=[first.url, second.url]) as tool:
        assert tool.send()["outcome"] == "uncertain"
    assert not second.requests


def test_hopeful_answer_wins_when_all_urls_fail(receiver):
    """One URL is down and will be back: the other one's 404 or 410 must not hold the channel."""
    partner = receiver.endpoint("partner", keys=[SECRET])
    for code in (404, 410):
        partner.script(behaviour.status(code))
        with ChannelTool(urls=[f"http://127.0.0.1:{free_port()}/", partner.url]) as tool:
            assert tool.send()["outcome"] == "retry"


def test_stop_before_anything_was_written():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        with ChannelTool(urls=f"http://127.0.0.1:{port}/") as tool:
            name = tool.start()
            tool.tell(f"cancel {name}")
            assert tool.answer()["outcome"] == "cancelled"
        for filler in fillers:
            filler.close()


def test_stop_waits_a_second_for_the_truth(receiver):
    partner = receiver.endpoint("partner", keys=[SECRET])
    gate = behaviour.Gate()
    partner.script(gate.hold(), behaviour.hang())
    with ChannelTool(urls=partner.url, timeout=20000) as tool:
        name = tool.start()
        partner.wait_requests(1)
        tool.tell(f"cancel {name}")
        gate.open()
        assert tool.answer()["outcome"] == "delivered"
        name = tool.start()
        partner.wait_requests(2)
        tool.tell(f"cancel {name}")
        result = tool.answer()
        assert result["outcome"] == "cancelled_maybe"
        assert 900 <= result["latency_ms"] <= 3000
        assert not result["forced"]


def test_stopped_attempt_goes_to_no_other_url(receiver):
    """The first URL fails while the stop waits for its answer."""
    first, second = (receiver.endpoint(n, keys=[SECRET]) for n in ("first", "second"))
    gate = behaviour.Gate()
    first.script(gate.hold(then=behaviour.status(500)))
    with ChannelTool(urls=[first.url, second.url]) as tool:
        name = tool.start()
        first.wait_requests(1)
        tool.tell(f"cancel {name}")
        gate.open()
        assert tool.answer()["outcome"] == "retry"
    assert not second.requests


def test_dead_kept_connection_is_repeated(receiver):
    """libcurl repeats by itself, under the same id: one attempt."""
    partner = receiver.endpoint("partner", keys=[SECRET])
    partner.script(behaviour.status(200), behaviour.close_after_body(), behaviour.status(200))
    with ChannelTool(urls=partner.url) as tool:
        assert [tool.send()["outcome"] for _ in range(2)] == ["delivered"] * 2
    assert [r.message_id for r in partner.requests] == ["msg-1", "msg-2", "msg-2"]


def test_failed_repeat_is_uncertain(receiver):
    """The receiver dies with the request in its hands: a refused repeat proves nothing."""
    partner = receiver.endpoint("partner", keys=[SECRET])
    gate = behaviour.Gate()
    partner.script(behaviour.status(200), gate.hold())
    with ChannelTool(urls=partner.url) as tool:
        tool.send()
        tool.start()
        partner.wait_requests(2)
        receiver.pause()
        assert tool.answer()["outcome"] == "uncertain"


def test_stopped_attempt_is_not_repeated(receiver):
    partner = receiver.endpoint("partner", keys=[SECRET])
    gate = behaviour.Gate()
    partner.script(behaviour.status(200), gate.hold(then=behaviour.close_after_body()))
    with ChannelTool(urls=partner.url) as tool:
        tool.send()
        name = tool.start()
        partner.wait_requests(2)
        tool.tell(f"cancel {name}")
        gate.open()
        assert tool.answer()["outcome"] == "uncertain"
    assert len(partner.requests) == 2


# --- which addresses may be reached ---

@pytest.mark.parametrize("host", [
    "127.0.0.1", "localhost", "[::1]", "0.0.0.0", "10.1.2.3", "169.254.169.254",
    "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "100.64.0.1", "[fe80::1]",
    "[fd00::1]", "2130706433", "0x7f.1",
])
def test_address_is_refused(receiver, host):
    receiver.endpoint("partner")
    with ChannelTool(ranges="", urls=f"http://{host}:{receiver.port}/partner") as tool:
        result = tool.send()
        assert result["outcome"] == "security", result
        assert "refused address" in result["detail"]
    assert receiver.connections == 0


def test_address_is_refused_on_reuse(receiver):
    """The connection is open and kept; only then the range is taken away."""
    partner = receiver.endpoint("partner", keys=[SECRET])
    with ChannelTool(urls=partner.url) as tool:
        assert tool.send()["outcome"] == "delivered"
        tool.tell("ranges ")
        assert tool.send()["outcome"] == "security"
        tool.tell("ranges 127.0.0.1")
        assert tool.send()["outcome"] == "delivered"
    assert len(partner.requests) == 2


def test_redirect_is_not_followed(receiver):
    partner, other = receiver.endpoint("partner"), receiver.endpoint("other")
    partner.script(*(behaviour.redirect(other.url, code) for code in (301, 302, 303, 307, 308)))
    with ChannelTool(urls=partner.url) as tool:
        assert [tool.send()["outcome"] for _ in range(5)] == ["fixable"] * 5
    assert not other.requests


def test_no_proxy_from_the_environment(receiver):
    partner = receiver.endpoint("partner", keys=[SECRET])
    proxy = f"http://127.0.0.1:{free_port()}"
    environment = {name: proxy for name in ("http_proxy", "https_proxy", "all_proxy")}
    with ChannelTool(env=environment, urls=partner.url) as tool:
        assert tool.send()["outcome"] == "delivered"


# --- a real server ---

def test_nginx(folder):
    server = """        location /ok { return 204; }
        location /gone { return 410; }
        location /close { return 444; }
        location /post { client_max_body_size 10; client_body_buffer_size 1k; return 413; }
"""
    cases = {"ok": "delivered", "gone": "gone", "close": "uncertain",
             "none": "fixable", "post": "fixable"}
    with Nginx(folder, server) as nginx:
        for path, outcome in cases.items():
            with ChannelTool(urls=f"{nginx.url}/{path}") as tool:
                for _ in range(3):
                    assert tool.send()["outcome"] == outcome, path
