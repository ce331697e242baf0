"""Runs intake_server, the connection layer of the intake alone, with limits a test chooses."""
import signal
import subprocess

from harness import Client, RawConnection
from harness.places import BUILD

START_S = 30
STOP_S = 30


class IntakeServer:
    """`limits` are fields of struct intake_config. A context manager: leaving it stops the server
    and demands that it ended well."""

    def __init__(self, folder, **limits):
        self.control = folder / "intake.sock"
        self.log_path = folder / "intake.log"
        words = [f"{name}={value}" for name, value in limits.items()]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [BUILD / "tests" / "api" / "intake_server", f"control={self.control}", *words],
                stdout=subprocess.PIPE, stderr=log, text=True)
        self.is_draining = False
        line = self.process.stdout.readline()
        assert line, self.log
        self.port = int(line)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.process.kill()
        self.stop()
        assert kind is not None or self.process.returncode == 0, self.log

    def drain(self):
        """Asks for a graceful stop; once, for a second signal could come after its handler went."""
        if not self.is_draining:
            self.is_draining = True
            self.process.send_signal(signal.SIGTERM)

    def stop(self):
        self.drain()
        self.process.wait(STOP_S)
        self.process.stdout.close()

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def raw(self, unix=False):
        return RawConnection(unix=self.control) if unix else RawConnection(port=self.port)

    def client(self, token="operator-token", unix=False):
        return Client(unix=self.control, token=token) if unix else Client(self.port, token=token)

    def held(self):
        """{held, connections} as the server counts them; the asking connection is one."""
        return self.client(token=None).get("/v1/held").expect(200).json


def operator_of(astrad):
    """The client of an operator at a fresh daemon, made over the control socket by root."""
    astrad.init()
    astrad.start()
    root = astrad.control()
    root.post("/v1/persons", {"id": "ana", "name": "Ana"}).expect(201)
    made = root.post("/v1/tokens", {"name": "ana", "person": "ana", "role": "operator"})
    return astrad.client(made.expect(201).json["token"])
