"""What tests of the real binary stand on: configs, the daemon, clients, receivers. All stdlib.

    config = Config(folder)                  a complete tree of files, names as CONTRACT says
    receiver = Receiver()                    partners with a ledger, scripted misbehaviour
    astrad = Astrad(config)                  init, start (waits for READY=1), stop, kill, restart
    client = astrad.client(token)            requests over TCP or the Unix socket

No test sleeps: whatever has to happen is waited for, by wait_for or by the ledger's own condition.
"""
from harness.astrad import Astrad, AstradError
from harness.client import Client, RawConnection, Response
from harness.clock import DrivenClock
from harness.config import Config
from harness.ports import free_port
from harness.receiver import Endpoint, Receiver, Request
from harness.wait import wait_for

__all__ = ["Astrad", "AstradError", "Client", "Config", "DrivenClock", "Endpoint",
           "RawConnection", "Receiver", "Request", "Response", "free_port", "wait_for"]
