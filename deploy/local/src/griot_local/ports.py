"""Free ports on loopback."""

import random
import socket

LOOPBACK = "127.0.0.1"

# Below the range the kernel takes outgoing ports from: otherwise, while a killed server is down, a client's
# own connection may be given its port (it may even connect to itself), and the server cannot come back.
_CANDIDATES = range(20_000, 32_000)

_given: set[int] = set()


def free_port() -> int:
    """A port that nobody listens on now, and that was not given before: whoever has that may yet listen."""
    for port in random.sample(_CANDIDATES, k=len(_CANDIDATES)):
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    raise OSError(f"no free port between {_CANDIDATES.start} and {_CANDIDATES.stop}")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is not in use
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
