"""The receiver against a plain client: it records, believes and misbehaves as it is told."""
import http.client
import socket
import ssl
import threading
import time

import pytest
from harness import RawConnection, Receiver, behaviour, certificates, webhooks


def send(receiver, path="/mup", key=None, body=b'{"type": "test.ping"}', message_id="m1",
         timeout=5, context=None):
    """One signed POST; the status."""
    if context:
        connection = http.client.HTTPSConnection(receiver.host, receiver.port, timeout=timeout,
                                                 context=context)
    else:
        connection = http.client.HTTPConnection(receiver.host, receiver.port, timeout=timeout)
    now = int(time.time())
    headers = {"webhook-id": message_id, "webhook-timestamp": str(now)}
    if key:
        headers["webhook-signature"] = webhooks.sign(key, message_id, now, body)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


def test_believes_what_verifies_and_nothing_else(receiver):
    key = webhooks.new_secret()
    mup = receiver.endpoint("mup", keys=[key])
    assert send(receiver, key=key, message_id="good") == 200
    assert send(receiver, key=webhooks.new_secret(), message_id="forged") == 401
    assert send(receiver, message_id="unsigned") == 401
    assert mup.wait_delivered(1) == [{"type": "test.ping"}]
    mup.wait_requests(3)
    assert mup.message_ids == ["good"]
    assert [bool(r.error) for r in mup.requests] == [False, True, True]


def test_counts_duplicates_by_id(receiver):
    mup = receiver.endpoint("mup")
    for message_id in ("a", "b", "a"):
        send(receiver, message_id=message_id)
    mup.wait_delivered(2)
    receiver.ledger.wait(lambda: mup.duplicates == 1)
    assert mup.message_ids == ["a", "b"]


def test_script_runs_in_order_then_the_rule(receiver):
    mup = receiver.endpoint("mup")
    mup.script(behaviour.status(500), behaviour.retry_after(7), behaviour.status(410))
    assert [send(receiver) for _ in range(4)] == [500, 429, 410, 200]
    receiver.ledger.wait(lambda: len(mup.delivered) == 1)
    assert [r.answer for r in mup.requests] == ["500", "429", "410", "200"]


@pytest.mark.parametrize("answer, error", [
    (behaviour.reset_before_body(), ConnectionResetError),
    (behaviour.reset_after_body(), ConnectionResetError),
    (behaviour.close_after_body(), http.client.RemoteDisconnected),
    (behaviour.broken_http(), http.client.BadStatusLine),
    (behaviour.short_body(), http.client.IncompleteRead),
    (behaviour.endless_head(), http.client.HTTPException),
    (behaviour.hang(), TimeoutError),
])
def test_misbehaves(receiver, answer, error):
    mup = receiver.endpoint("mup")
    mup.always(answer)
    with pytest.raises(error):
        send(receiver, timeout=0.5)
    receiver.ledger.wait(lambda: mup.requests[0].answer)
    assert mup.delivered == [] or mup.requests[0].answer == "200"


def test_trickle(receiver):
    mup = receiver.endpoint("mup")
    mup.script(behaviour.trickle(every_s=0.005), behaviour.trickle(every_s=60))
    assert send(receiver) == 200
    with RawConnection(receiver.port) as raw:
        raw.send("POST /mup HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        assert raw.socket.recv(100) == b"H"
    receiver.ledger.wait(lambda: mup.requests[1].answer == "trickle")


def test_big_body_and_redirect(receiver):
    mup = receiver.endpoint("mup")
    mup.script(behaviour.big_body(), behaviour.redirect("http://127.0.0.1:9/"))
    assert send(receiver) == 200
    assert send(receiver) == 302


def test_gate_holds_until_it_opens(receiver):
    mup = receiver.endpoint("mup")
    gate = behaviour.Gate()
    mup.always(gate.hold())
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(send(receiver))) for _ in range(3)]
    for thread in threads:
        thread.start()
    mup.wait_requests(3)
    receiver.ledger.wait(lambda: mup.in_flight == 3)
    assert answers == [] and mup.delivered == []
    gate.open()
    for thread in threads:
        thread.join(10)
    assert answers == [200] * 3
    assert mup.most_in_flight == 3
    assert send(receiver) == 200  # open for good


def test_unknown_paths_are_recorded(receiver):
    assert send(receiver, path="/nobody") == 404
    assert [r.path for r in receiver.strays] == ["/nobody"]


def test_pause_refuses_and_resume_listens_again(receiver):
    receiver.endpoint("mup")
    held = socket.create_connection((receiver.host, receiver.port))
    receiver.pause()
    with pytest.raises(ConnectionRefusedError):
        send(receiver)
    held.close()
    receiver.resume()
    assert send(receiver) == 200


def test_stands_for_five_hundred(receiver):
    endpoints = [receiver.endpoint(f"p{i}") for i in range(500)]
    for endpoint in endpoints:
        assert send(receiver, path=endpoint.path) == 200
    receiver.ledger.wait(lambda: all(len(e.delivered) == 1 for e in endpoints))
    assert receiver.connections == 500


def test_certificates(tmp_path):
    authority = certificates.Authority(tmp_path)
    trusting = ssl.create_default_context(cafile=authority.ca)
    cases = [(authority.issue("good"), None),
             (authority.issue("expired", days=-1), "expired"),
             (authority.issue("other", names="DNS:elsewhere.example"), "mismatch"),
             (certificates.Authority(tmp_path, "stranger").issue("foreign"), "unable to get")]
    for (certificate, key), error in cases:
        with Receiver(tls=certificates.server_context(certificate, key)) as receiver:
            receiver.endpoint("mup")
            if error is None:
                assert send(receiver, context=trusting) == 200
                continue
            with pytest.raises(ssl.SSLCertVerificationError, match=error):
                send(receiver, context=trusting)


def test_client_certificates(tmp_path):
    authority = certificates.Authority(tmp_path)
    context = certificates.server_context(*authority.issue(), client_ca=authority.ca)
    with Receiver(tls=context) as receiver:
        receiver.endpoint("mup")
        ours = ssl.create_default_context(cafile=authority.ca)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            send(receiver, context=ours)
        ours.load_cert_chain(*authority.issue("client"))
        assert send(receiver, context=ours) == 200


def test_time_is_checked_unless_the_clock_is_driven(receiver):
    key = webhooks.new_secret()
    receiver.endpoint("mup", keys=[key])
    receiver.endpoint("driven", keys=[key]).checks_time = False
    yesterday = int(time.time()) - 86400
    old = {"webhook-id": "m1", "webhook-timestamp": str(yesterday),
           "webhook-signature": webhooks.sign(key, "m1", yesterday, b"{}")}
    for path, status in (("/mup", 401), ("/driven", 200)):
        connection = http.client.HTTPConnection(receiver.host, receiver.port, timeout=5)
        connection.request("POST", path, b"{}", old)
        assert connection.getresponse().status == status
        connection.close()
