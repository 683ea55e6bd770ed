"""A way to the database on which some requests take as long as the test wants."""

import socket
import threading
from contextlib import suppress


class HoldingProxy:
    """Between clients and a port of the loopback. The answer to a request that has `word` in it is kept back."""

    def __init__(self, port: int, word: bytes) -> None:
        self._target, self._word = port, word
        self._released = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self.port = int(self._listener.getsockname()[1])
        self.held = 0
        """Requests that had the word."""
        self.waiting = 0
        """Clients that are connected and were not answered for that."""

    def start(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    def release(self) -> None:
        """Give the answers that were kept back, and all later ones."""
        self._released.set()

    def cut(self) -> None:
        """Break the connections there are; the answers that were kept back are lost."""
        for each in self._ends:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.release()
        for each in [self._listener, *self._ends]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._ends += [client, server]
                keep = threading.Event()
                threading.Thread(target=self._requests, args=(client, server, keep), daemon=True).start()
                threading.Thread(target=self._answers, args=(server, client, keep), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket, keep: threading.Event) -> None:
        with suppress(OSError):
            while chunk := client.recv(1 << 20):
                if self._word in chunk:
                    keep.set()
                    self.held += 1
                    self.waiting += 1
                server.sendall(chunk)
            server.shutdown(socket.SHUT_WR)
        if keep.is_set():
            self.waiting -= 1

    def _answers(self, server: socket.socket, client: socket.socket, keep: threading.Event) -> None:
        with suppress(OSError):
            while chunk := server.recv(1 << 20):
                if keep.is_set():
                    self._released.wait()
                client.sendall(chunk)
            client.shutdown(socket.SHUT_WR)
