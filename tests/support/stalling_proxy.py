"""A way to a server that can stand still, as a network does when a cable is pulled: nothing is closed."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass
class _Link:
    client: socket.socket
    server: socket.socket
    dead: threading.Event = field(default_factory=threading.Event)
    held: threading.Event = field(default_factory=threading.Event)
    """It carried something on from when the proxy stood still."""


class StallingProxy:
    """Between clients and a port of the loopback. It passes bytes on as they are, and knows no protocol."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._flows = threading.Event()
        self._flows.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._links: list[_Link] = []
        self.port = int(self._listener.getsockname()[1])
        self.late_answers = 0
        """What the server said on links that had been held."""

    def start(self) -> "StallingProxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def cut(self) -> None:
        """Let nothing through on the connections there are, ever again; new ones work."""
        for link in self._links:
            link.dead.set()

    def hold(self) -> None:
        """Keep all that clients send."""
        self._flows.clear()

    def holds(self) -> int:
        """On how many connections something waits."""
        return sum(link.held.is_set() for link in self._links)

    def release(self) -> None:
        """Pass on what was kept, also of clients that are gone."""
        self._flows.set()

    def close(self) -> None:
        self.release()
        ends = [end for link in self._links for end in (link.client, link.server)]
        for each in [self._listener, *ends]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                link = _Link(client, socket.create_connection(("127.0.0.1", self._target)))
                self._links.append(link)
                threading.Thread(target=self._requests, args=(link,), daemon=True).start()
                threading.Thread(target=self._answers, args=(link,), daemon=True).start()

    def _requests(self, link: _Link) -> None:
        with suppress(OSError):
            while chunk := link.client.recv(1 << 20):
                if not self._flows.is_set():
                    link.held.set()
                    self._flows.wait()
                if not link.dead.is_set():
                    link.server.sendall(chunk)
        if not link.held.is_set():
            with suppress(OSError):
                link.server.shutdown(socket.SHUT_WR)

    def _answers(self, link: _Link) -> None:
        with suppress(OSError):
            while chunk := link.server.recv(1 << 20):
                self.late_answers += link.held.is_set() and self._flows.is_set()
                if not link.dead.is_set():
                    with suppress(OSError):
                        link.client.sendall(chunk)
        if not link.dead.is_set():
            with suppress(OSError):
                link.client.shutdown(socket.SHUT_WR)
