"""Ports that nobody listens on."""

import random
import socket
from typing import Final

_RANGE: Final = range(10_000, 20_000)
"""Below what kernels give to outgoing connections (32768 and up on Linux) and Kubernetes to node ports (30000 and up):
one of those could be taken between being found free and being listened on."""

_given: Final[set[int]] = set()


def free_port(host: str = "127.0.0.1") -> int:
    """Another one at each call.

    Raises:
        OSError: none was found.
    """
    for port in random.sample(_RANGE, 200):
        if port not in _given and _is_free(host, port):
            _given.add(port)
            return port
    raise OSError(f"no port of {_RANGE.start} to {_RANGE.stop} is free on {host}")


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return False
    return True
