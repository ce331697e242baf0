"""Free ports on loopback, out of the range from which the kernel gives ports to clients."""
import random
import socket

LOW, HIGH = 20000, 32000  # below net.ipv4.ip_local_port_range
_given = set()


def free_port():
    """A port nobody listens on. It is not held, but never given twice by one process."""
    for _ in range(1000):
        port = random.randrange(LOW, HIGH)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise RuntimeError("no free port on loopback")
