"""Covers the TLS side of http_easy.c, http_trust.c and http_outcome.c: who is at the other end is
proved or nothing is sent, with own authorities, client certificates and files that change.
"""
import socket
import subprocess
import threading

import pytest
from channel_tool import SECRET, ChannelTool
from harness import Receiver, free_port, wait_for
from harness.certificates import Authority, server_context
from harness.nginx import Nginx


@pytest.fixture
def authority(folder):
    return Authority(folder)


def serve(context):
    return Receiver(tls=context)


def test_own_authority(authority):
    with serve(server_context(*authority.issue())) as receiver:
        partner = receiver.endpoint("partner", keys=[SECRET])
        with ChannelTool(urls=partner.url, ca=authority.ca, allow_http="false") as tool:
            for _ in range(5):
                assert tool.send()["outcome"] == "delivered"
        assert receiver.connections == 1


@pytest.mark.parametrize("wrong", ["expired", "other name", "unknown authority", "self-signed"])
def test_certificate_is_refused(folder, authority, wrong):
    issued = {
        "expired": lambda: authority.issue(days=-1),
        "other name": lambda: authority.issue(names="DNS:elsewhere.example"),
        "unknown authority": lambda: Authority(folder, "other").issue(),
        "self-signed": lambda: (authority.ca, authority.folder / "ca.key"),
    }[wrong]()
    with serve(server_context(*issued)) as receiver:
        partner = receiver.endpoint("partner", keys=[SECRET])
        words = {} if wrong == "self-signed" else {"ca": authority.ca}
        with ChannelTool(urls=partner.url, **words) as tool:
            result = tool.send()
            assert result["outcome"] == "security", result
        assert not partner.requests


def test_system_authorities_do_not_know_ours(authority):
    with serve(server_context(*authority.issue())) as receiver:
        partner = receiver.endpoint("partner")
        with ChannelTool(urls=partner.url) as tool:
            assert tool.send()["outcome"] == "security"


def test_clear_text_at_a_tls_port_and_back(authority, receiver):
    partner = receiver.endpoint("partner")
    with ChannelTool(urls=partner.url.replace("http:", "https:"), ca=authority.ca) as tool:
        assert tool.send()["outcome"] == "retry"


def test_clear_text_is_refused_unless_allowed(receiver):
    partner = receiver.endpoint("partner")
    tool = ChannelTool(urls=partner.url, allow_http="false")
    assert "not https" in tool.answer()["refused"]
    assert tool.process.wait(30) == 1


def test_handshake_that_never_ends(authority):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(8)
        with ChannelTool(urls=f"https://127.0.0.1:{mute.getsockname()[1]}/", ca=authority.ca,
                         connect=500) as tool:
            assert tool.send()["outcome"] == "retry"


def test_reset_in_the_handshake(authority):
    with socket.socket() as rude:
        rude.bind(("127.0.0.1", 0))
        rude.listen(8)

        def hang_up():
            rude.accept()[0].close()
        thread = threading.Thread(target=hang_up)
        thread.start()
        with ChannelTool(urls=f"https://127.0.0.1:{rude.getsockname()[1]}/",
                         ca=authority.ca) as tool:
            assert tool.send()["outcome"] == "retry"
        thread.join()


@pytest.fixture
def strict_server(authority):
    """openssl's own server, which tells why it refuses a client. Its URL."""
    certificate, key = authority.issue()
    port = free_port()
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate, "-key", key,
         "-CAfile", authority.ca, "-Verify", "1", "-verify_return_error", "-www", "-quiet"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    wait_for(listens)
    yield f"https://127.0.0.1:{port}/"
    server.kill()
    server.wait()


def test_client_certificate_is_shown(authority):
    ours, key = authority.issue("us", names="DNS:us.example")
    with serve(server_context(*authority.issue(), client_ca=authority.ca)) as receiver:
        partner = receiver.endpoint("partner", keys=[SECRET])
        with ChannelTool(urls=partner.url, ca=authority.ca, client_certificate=ours,
                         client_key=key.read_text()) as tool:
            assert tool.send()["outcome"] == "delivered"


def test_client_certificate_fails_closed(folder, authority, strict_server):
    """TLS 1.3 tells a refused client only after its request: that is no uncertain delivery."""
    ours, _ = authority.issue("us", names="DNS:us.example")
    stranger, stranger_key = Authority(folder, "other").issue("us")
    cases = {
        "none": {},
        "of a stranger": {"client_certificate": stranger, "client_key": stranger_key.read_text()},
        "another's key": {"client_certificate": ours, "client_key": stranger_key.read_text()},
        "no key": {"client_certificate": ours, "client_key": "no key"},
    }
    for name, words in cases.items():
        with ChannelTool(urls=strict_server, ca=authority.ca, **words) as tool:
            result = tool.send()
            assert result["outcome"] == "security", (name, result)


def test_replaced_authority_counts_at_once(folder, authority):
    """The CA file is replaced while a connection of the old one is kept and its parse is cached."""
    used = folder / "ca.pem"
    used.write_bytes(authority.ca.read_bytes())
    with serve(server_context(*authority.issue())) as receiver:
        partner = receiver.endpoint("partner", keys=[SECRET])
        with ChannelTool(urls=partner.url, ca=used) as tool:
            assert tool.send()["outcome"] == "delivered"
            used.write_bytes(Authority(folder, "other").ca.read_bytes())
            assert tool.send()["outcome"] == "security"
            used.write_bytes(authority.ca.read_bytes())
            assert tool.send()["outcome"] == "delivered"


def test_authority_file_that_is_gone(folder, authority):
    used = folder / "ca.pem"
    used.write_bytes(authority.ca.read_bytes())
    with serve(server_context(*authority.issue())) as receiver:
        partner = receiver.endpoint("partner", keys=[SECRET])
        with ChannelTool(urls=partner.url, ca=used) as tool:
            used.unlink()
            assert tool.send()["outcome"] == "security"
        assert not partner.requests


def test_nginx_with_client_certificates(folder, authority):
    ours, key = authority.issue("us", names="DNS:us.example")
    server = f"""        ssl_client_certificate {authority.ca};
        ssl_verify_client on;
        location / {{ return 204; }}
"""
    with Nginx(folder, server, certificate=authority.issue()) as nginx:
        with ChannelTool(urls=nginx.url + "/", ca=authority.ca, client_certificate=ours,
                         client_key=key.read_text()) as tool:
            assert tool.send()["outcome"] == "delivered"
        with ChannelTool(urls=nginx.url + "/", ca=authority.ca) as tool:
            # nginx answers 400 "No required SSL certificate was sent"
            assert tool.send()["outcome"] in ("fixable", "security")


def test_first_handshake_is_short_once_warm(authority):
    """The system's authorities are parsed at the start: the first alert does not stop the loop."""
    lags = []
    with serve(server_context(*authority.issue())) as receiver:
        partner = receiver.endpoint("partner")
        for _ in range(5):  # a busy machine may take the processor away from one of them
            with ChannelTool(urls=partner.url, warm=1) as tool:
                assert tool.send()["outcome"] == "security"
                lags.append(tool.state()["lag_ms"])
    assert min(lags) < 20, lags
