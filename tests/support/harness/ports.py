"""Free ports on loopback, out of the range from which the kernel gives ports to clients.

A daemon that starts again must find its port free, so nobody else may be given it meanwhile, not
even by another test process on this machine: a process takes a block of ports, held by a Unix
socket of that name, which the kernel takes back with the process, and gives them in turn.
"""
import random
import socket

LOW, HIGH = 20000, 32000  # below net.ipv4.ip_local_port_range
BLOCK = 200

_ports = []  # of our block, the one that was given longest ago first
_holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


def _take_block():
    for low in random.sample(range(LOW, HIGH, BLOCK), (HIGH - LOW) // BLOCK):
        try:
            _holder.bind(f"\0astrad-test-ports-{low}")
        except OSError:
            continue
        return list(range(low, low + BLOCK))
    raise RuntimeError("every block of ports on loopback is taken")


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port():
    """A port nobody listens on. It is not bound, but no other process is given it, and this one
    not before all others of its block."""
    if not _ports:
        _ports.extend(_take_block())
    for _ in range(BLOCK):
        port = _ports.pop(0)
        _ports.append(port)
        if _is_free(port):
            return port
    raise RuntimeError("no free port on loopback")
