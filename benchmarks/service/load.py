"""The load, in a process of its own: `python -m benchmarks.service.load` takes an Order on stdin and tells an Outcome.

Each connection sends its next request when the answer to the last is whole. What an answer costs here is a search for
two line breaks and one for a header, so that the load is not what is measured.
"""

import asyncio
import re
import sys
import time
from collections.abc import Sequence
from itertools import cycle, islice
from statistics import quantiles
from typing import Final, cast

import msgspec
import uvloop

_LAST_CHUNK: Final = b"\r\n0\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PATIENCE_SECONDS: Final = 30.0
_HEAD_END: Final = b"\r\n\r\n"


class Order(msgspec.Struct, frozen=True):
    port: int
    requests: Sequence[bytes]
    """Sent in turn, over and over."""
    connections: int
    status: int
    """Of every answer; any other ends the run."""
    seconds: float
    most: int | None = None
    """Requests, if the time is not over before."""
    per_second: float | None = None
    """Of all connections together; as fast as they are answered if None."""
    keep: int = 0
    """How many answers' bodies are told."""


class Outcome(msgspec.Struct, frozen=True):
    answers: int
    seconds: float
    p50_ms: float
    p99_ms: float
    bodies: list[bytes] = []

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


class _Run:
    def __init__(self, order: Order) -> None:
        self.status = b"%d" % order.status
        self.requests = islice(cycle(order.requests), order.most)
        self.deadline = time.perf_counter() + order.seconds
        self._pause = 1 / order.per_second if order.per_second else 0.0
        self._due = time.perf_counter()
        self.took: list[float] = []
        self.keep = order.keep
        self.bodies: list[bytes] = []

    def wait(self) -> float:
        """Seconds until the next request may be sent."""
        self._due += self._pause
        return self._due - time.perf_counter() if self._pause else 0.0


class _Connection(asyncio.Protocol):
    def __init__(self, run: _Run) -> None:
        self._run = run
        self._received = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received = received = self._received + data if self._received else data
        end = received.find(_HEAD_END)
        if end < 0:
            return
        length = _LENGTH.search(received, 0, end + 2)
        body = end + len(_HEAD_END)
        if received[9:12] != self._run.status:
            self._fail(f"unexpected answer: {received[:500]!r}")
        elif len(received) >= body + int(length[1]) if length else received.endswith(_LAST_CHUNK):
            self._run.took.append(time.perf_counter() - self._sent)
            if len(self._run.bodies) < self._run.keep:
                self._run.bodies.append(received[body:])
            self._received = b""
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(f"the connection was closed: {error}")

    def _send(self) -> None:
        wait = self._run.wait()
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send_now)
        else:
            self._send_now()

    def _send_now(self) -> None:
        self._sent = time.perf_counter()
        request = next(self._run.requests, None) if self._sent < self._run.deadline else None
        if request is None:
            self.done.set_result(None)
            self._transport.close()
        else:
            self._transport.write(request)

    def _fail(self, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(reason))
            self._transport.close()


async def _put(order: Order) -> Outcome:
    loop = asyncio.get_running_loop()
    run, started = _Run(order), time.perf_counter()
    opened = [
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", order.port)
        for _ in range(order.connections)
    ]
    async with asyncio.timeout(order.seconds + _PATIENCE_SECONDS):
        await asyncio.gather(*(connection.done for _, connection in opened))
    seconds = time.perf_counter() - started
    percentiles = quantiles(run.took, n=100, method="inclusive") if len(run.took) > 1 else run.took * 99
    return Outcome(len(run.took), seconds, percentiles[49] * 1000, percentiles[98] * 1000, run.bodies)


if __name__ == "__main__":
    outcome = uvloop.run(_put(msgspec.json.decode(sys.stdin.buffer.read(), type=Order)))
    sys.stdout.buffer.write(msgspec.json.encode(outcome))
