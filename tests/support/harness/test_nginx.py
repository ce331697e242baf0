"""nginx starts, answers in clear and over TLS, and is gone afterwards."""
import http.client
import ssl

import pytest
from harness import certificates
from harness.nginx import Nginx

SERVER = "        location /down { return 503; }\n        location / { return 204; }"


def status(nginx, path, context=None):
    if context:
        connection = http.client.HTTPSConnection("127.0.0.1", nginx.port, timeout=5,
                                                 context=context)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=5)
    connection.request("POST", path, b"{}")
    code = connection.getresponse().status
    connection.close()
    return code


def test_clear(tmp_path):
    with Nginx(tmp_path, SERVER) as nginx:
        assert status(nginx, "/") == 204
        assert status(nginx, "/down") == 503
    with pytest.raises(ConnectionRefusedError):
        status(nginx, "/")


def test_tls(tmp_path):
    authority = certificates.Authority(tmp_path)
    with Nginx(tmp_path, SERVER, certificate=authority.issue()) as nginx:
        assert status(nginx, "/", ssl.create_default_context(cafile=authority.ca)) == 204
