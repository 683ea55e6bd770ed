"""uvicorn beside granian under the same app: speed, start, memory, and what a hostile client may do.

    .venv/bin/pip install granian==2.8.7
    .venv/bin/python -m benchmarks.service.servers

granian is installed by hand: nothing else here needs it. docs/adr/0010-uvicorn-or-granian.md has the figures.
"""

import asyncio
import multiprocessing
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer
import uvloop

from tests.cluster.ports import free_port

_HEAD_SECONDS = 2
_DOCUMENT = b'{"sku": "A-1", "quantity": 3, "note": "as small as orders are"}'
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_TICK = os.sysconf("SC_CLK_TCK")
_POST = b"POST /data HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

COMMANDS = {
    "uvicorn": [sys.executable, "-m", "dataservice"],
    "granian": [
        str(Path(sys.executable).parent / "granian"),
        *("--interface", "asgi", "--factory", "--http", "1", "--no-ws", "--loop", "uvloop", "--workers", "1"),
        *("--http1-header-read-timeout", str(_HEAD_SECONDS * 1000), "--port", "{port}"),
        "dataservice.app:create_app",
    ],
}


class Server:
    def __init__(self, name: str, store: str, folder: Path) -> None:
        self.port, admin = free_port(), free_port()
        self._admin = f"http://127.0.0.1:{admin}"
        settings = {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "ADMIN__PORT": str(admin),
            "DATABASE__KIND": store,
            "DATABASE__SQLITE__PATH": str(folder / f"{name}.db"),
            "LOG__LEVEL": "ERROR",
            "API__LIMITS__SECONDS__HEAD": str(_HEAD_SECONDS),
            "API__LIMITS__SECONDS__ANSWER": str(_HEAD_SECONDS),
        }
        environment = {f"DATASERVICE_{key}": value for key, value in settings.items()}
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [part.format(port=self.port) for part in COMMANDS[name]],
            env={"PATH": os.environ["PATH"], **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not self.ready():
            time.sleep(0.002)
        self.start_seconds = time.perf_counter() - started

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self._admin}/readyz", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def cpu_seconds(self) -> float:
        """Of all its processes."""
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split() for pid in self._pids()]
        return sum(int(each[11]) + int(each[12]) for each in fields) / _TICK

    def resident_megabytes(self) -> float:
        pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._pids()]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def _pids(self) -> list[int]:
        pids = [self.process.pid]
        for pid in pids:
            for task in Path(f"/proc/{pid}/task").iterdir():
                pids += map(int, (task / "children").read_text().split())
        return pids


@contextmanager
def running(name: str, store: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="bench-servers-") as folder:
        server = Server(name, store, Path(folder))
        try:
            yield server
        finally:
            server.process.terminate()
            server.process.wait(timeout=60)


class _Client(asyncio.Protocol):
    """Sends the request again as soon as its answer is whole."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._received = b""
        self.answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        transport.write(self._request)  # type: ignore[attr-defined] # a TCP transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head):
            assert head.startswith(b"HTTP/1.1 20"), head
            self._received = b""
            self.answered += 1
            self._transport.write(self._request)  # type: ignore[attr-defined] # as above


def _length(head: bytes) -> int:
    found = _LENGTH.search(head)
    assert found, head
    return int(found[1])


def _load(port: int, request: bytes, connections: int, seconds: float) -> int:
    async def clients() -> int:
        loop = asyncio.get_running_loop()
        opened = [
            await loop.create_connection(lambda: _Client(request), "127.0.0.1", port)
            for _ in range(connections)
        ]
        await asyncio.sleep(seconds)
        for transport, _ in opened:
            transport.abort()
        return sum(client.answered for _, client in opened)

    return uvloop.run(clients())


@dataclass(frozen=True, slots=True)
class Speed:
    per_second: float
    cpu_microseconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    start_seconds: float
    megabytes: float
    """Resident, after the loads."""

    speeds: dict[str, Speed]


def speed(server: Server, request: bytes, connections: int, seconds: float) -> Speed:
    """The load is in a process of its own, so that it shares no interpreter with what counts it."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(_load, (server.port, request, connections, 0.3))
        before = server.cpu_seconds()
        answered = pool.apply(_load, (server.port, request, connections, seconds))
        used = server.cpu_seconds() - before
    return Speed(answered / seconds, used / answered * 1e6)


def head_flood(server: Server) -> str:
    sent = 0
    with server.connect() as client:
        client.sendall(b"GET /data HTTP/1.1\r\nX: ")
        try:
            while sent < 50_000_000:
                client.sendall(b"x" * 65_536)
                sent += 65_536
        except OSError:
            return f"cut after {sent // 1024} KiB"
    return "50 MB taken"


def until_closed(client: socket.socket, byte: bytes, most: float) -> tuple[float, bytes]:
    """Seconds until the server ends a connection on which a byte comes ten times a second; and what it said."""
    answer, started = b"", time.perf_counter()
    client.settimeout(0.1)
    while time.perf_counter() - started < most:
        try:
            client.sendall(byte)
            part = client.recv(65_536)
        except TimeoutError:
            continue
        except OSError:
            break
        answer += part
        if not part:
            break
    return time.perf_counter() - started, answer


def slow_head(server: Server) -> str:
    with server.connect() as client:
        client.sendall(b"GET /data HTTP/1.1\r\nHost: x\r\nX: ")
        return _told(*until_closed(client, b"x", 12))


def blank_lines(server: Server) -> str:
    with server.connect() as client:
        return _told(*until_closed(client, b"\r\n", 12))


def silent(server: Server) -> str:
    with server.connect() as client:
        return _told(*until_closed(client, b"", 12))


def length_and_chunked(server: Server) -> str:
    with server.connect() as client:
        client.sendall(_POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
        return _told(*until_closed(client, b"", 3))


def slow_reader(server: Server) -> str:
    with server.connect() as client:
        before = server.resident_megabytes()
        client.sendall(b"GET /data HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(_HEAD_SECONDS * 2.5)
        held = server.resident_megabytes() - before
        connected = f"127.0.0.1:{client.getsockname()[1]}"
        states = subprocess.run(["ss", "-tn"], capture_output=True, text=True, check=False).stdout
        kept = any(line.startswith("ESTAB") and line.split()[4] == connected for line in states.splitlines())
        return f"{'kept' if kept else 'cut'}, {held:+.0f} MB"


def drained(server: Server) -> str:
    """A request whose body ends after SIGTERM, and a kept connection that brings another."""
    asked = b"HEAD /schema HTTP/1.1\r\nHost: x\r\n\r\n"
    with server.connect() as busy, server.connect() as kept:
        _exchange(kept, asked)
        busy.sendall(_POST + b"Content-Length: 2\r\n\r\n{")
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        answers = [_exchange(kept, asked), _exchange(busy, b"}")]
    return f"kept: {answers[0]}, busy: {answers[1]}"


def _exchange(client: socket.socket, sent: bytes) -> str:
    try:
        client.sendall(sent)
        answer = client.recv(65_536)
    except OSError as error:
        return type(error).__name__
    closes = ", close" if b"connection: close" in answer.lower() else ""
    return answer[9:12].decode() + closes if answer else "closed"


def _told(seconds: float, answer: bytes) -> str:
    return f"{seconds:.1f} s, {answer[9:12].decode() or 'no answer'}"


HOSTILE: dict[str, Callable[[Server], str]] = {
    "head without an end": head_flood,
    "head that trickles": slow_head,
    "blank lines": blank_lines,
    "connection that asks nothing": silent,
    "Content-Length with Transfer-Encoding": length_and_chunked,
    "24 MB answer that is not read": slow_reader,
    "SIGTERM": drained,
}


def main(
    *,
    seconds: Annotated[float, typer.Option(help="Of each load.")] = 2,
    repeat: Annotated[int, typer.Option(help="Runs; the medians count.")] = 3,
) -> None:
    """Measure both servers. Their runs alternate, so that a noisy machine shows in both."""
    for store in ("memory", "sqlite"):
        runs = [(name, _measured(name, store, seconds)) for _ in range(repeat) for name in COMMANDS]
        for name in COMMANDS:
            own = [measured for of, measured in runs if of == name]
            start = statistics.median(each.start_seconds for each in own)
            size = statistics.median(each.megabytes for each in own)
            print(f"{name} {store}: ready after {start:.2f} s, {size:.0f} MB", flush=True)
            for load in own[0].speeds:
                rate = statistics.median(each.speeds[load].per_second for each in own)
                cpu = statistics.median(each.speeds[load].cpu_microseconds for each in own)
                print(f"{name} {store} {load}: {rate:.0f}/s, {cpu:.0f} us CPU", flush=True)
    for name in COMMANDS:
        with running(name, "memory") as server:
            _store_megabytes(server, 24)
            for label, attack in HOSTILE.items():
                print(f"{name} {label}: {attack(server)}", flush=True)


def _measured(name: str, store: str, seconds: float) -> Measured:
    with running(name, store) as server:
        speeds = {
            f"{label} x{connections}": speed(server, request, connections, seconds)
            for label, request in _requests(server).items()
            for connections in (1, 64)
        }
        return Measured(server.start_seconds, server.resident_megabytes(), speeds)


def _store_megabytes(server: Server, count: int) -> None:
    for _ in range(count):
        url = f"http://127.0.0.1:{server.port}/data"
        httpx.post(url, json={"text": "x" * 1_000_000}, trust_env=False).raise_for_status()


def _requests(server: Server) -> dict[str, bytes]:
    stored = httpx.post(
        f"http://127.0.0.1:{server.port}/data",
        content=_DOCUMENT,
        headers={"Content-Type": "application/json"},
        trust_env=False,
    )
    return {
        "GET": b"GET /data/%b HTTP/1.1\r\nHost: x\r\n\r\n" % stored.json()["_id"].encode(),
        "POST": _POST + b"Content-Length: %d\r\n\r\n%b" % (len(_DOCUMENT), _DOCUMENT),
    }


if __name__ == "__main__":
    typer.run(main)
