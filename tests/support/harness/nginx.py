"""A real nginx as the partner's end: TLS, client certificates, its own idea of HTTP."""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess

from harness.ports import free_port
from harness.wait import wait_for

CONFIG = """daemon off;
master_process on;
worker_processes 1;
{user}pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 2048; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port}{tls};
{server}
    }}
}}
"""


class Nginx:
    """`server`: directives of the one server block, e.g. "location / { return 204; }".

    `certificate`: (certificate, key) files turn TLS on.
    """

    def __init__(self, folder, server, certificate=None):
        self.folder = pathlib.Path(folder) / "nginx"
        self.folder.mkdir()
        self.port = free_port()
        self.scheme = "https" if certificate else "http"
        if certificate:
            server = (f"        ssl_certificate {certificate[0]};\n"
                      f"        ssl_certificate_key {certificate[1]};\n{server}")
        user = f"user {pwd.getpwuid(os.getuid()).pw_name};\n" if os.getuid() == 0 else ""
        self._config = self.folder / "nginx.conf"
        self._config.write_text(CONFIG.format(folder=self.folder, port=self.port, server=server,
                                              user=user, tls=" ssl" if certificate else ""))
        self._process = None

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def error_log(self):
        return self._read("error.log")

    @property
    def access_log(self):
        return self._read("access.log")

    def _read(self, name):
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    def _answers(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"nginx ended:\n{self.error_log}")
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def __enter__(self):
        binary = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        self._process = subprocess.Popen(
            [binary, "-p", self.folder, "-c", self._config, "-e", self.folder / "error.log"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._answers, what="nginx listens")
        return self

    def __exit__(self, *exc):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
