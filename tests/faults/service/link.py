"""The way from the service to its database: it passes bytes on, knows no protocol, and can be bad in four ways."""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from tests.faults.service.schedule import Fault, Kind

_CHUNK: Final = 65_536
_AT_ONCE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: a close is a reset."""


@dataclass(eq=False)
class Connection:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    dead: bool = False
    """What comes is thrown away, the end as well."""

    def reset(self) -> None:
        for each in (self.client, self.server):
            _reset(each)


@dataclass
class Active:
    """A fault that holds, and how often it has happened: to a chunk, or to a connection."""

    fault: Fault
    count: int = 0
    happened: asyncio.Event = field(default_factory=asyncio.Event)
    left: dict[Connection, int] = field(default_factory=dict)
    """Bytes that a connection may pass yet."""

    def happens(self) -> None:
        self.count += 1
        self.happened.set()


class Link:
    """From a free port of the loopback to a given one, in the running event loop."""

    def __init__(self, target: int, seed: int) -> None:
        self._target = target
        self._dice = random.Random(seed)  # noqa: S311 - a delay
        self._active: list[Active] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Link"]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0)  # the turn in which the ends that were reset are closed

    @contextmanager
    def suffering(self, fault: Fault) -> Iterator[Active]:
        """While inside, the fault happens to all connections, old and new. A dead one stays dead."""
        active = Active(fault)
        self._active.append(active)
        try:
            yield active
        finally:
            self._active.remove(active)

    def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):  # it is away
                answers, server = await asyncio.open_connection("127.0.0.1", self._target)
                await self._pumps(Connection(client, server), reader, answers)
        finally:
            _reset(client)

    async def _pumps(
        self, connection: Connection, requests: asyncio.StreamReader, answers: asyncio.StreamReader
    ) -> None:
        try:
            await asyncio.gather(
                self._pump(connection, requests, connection.server),
                self._pump(connection, answers, connection.client),
            )
        finally:
            _reset(connection.server)

    async def _pump(
        self, connection: Connection, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while chunk := await source.read(_CHUNK):
                await self._pass(connection, chunk, sink)
        if connection.dead:
            await asyncio.Event().wait()
        with suppress(OSError):
            sink.write_eof()

    async def _pass(self, connection: Connection, chunk: bytes, sink: asyncio.StreamWriter) -> None:
        active = tuple(self._active)
        await self._delayed(active, len(chunk))
        if connection.dead:
            return
        last = [each for each in active if _is_last(each, connection, len(chunk))]
        sink.write(chunk[: last[0].left[connection]] if last else chunk)
        await sink.drain()
        for each in last[:1]:
            each.happens()
            if each.fault.kind is Kind.RESET:
                connection.reset()
            connection.dead = each.fault.kind is Kind.HALF_OPEN

    async def _delayed(self, active: tuple[Active, ...], size: int) -> None:
        seconds = 0.0
        for each in active:
            amount = each.fault.amount
            if each.fault.kind is Kind.LATENCY:
                seconds += amount / 1000 * self._dice.uniform(0.5, 1.5)
            elif each.fault.kind is Kind.BANDWIDTH:
                seconds += size / amount
            else:
                continue
            each.happens()
        if seconds:
            await asyncio.sleep(seconds)


def _is_last(active: Active, connection: Connection, size: int) -> bool:
    """Whether the connection passes no more than `active.left` of the next bytes; else these are counted."""
    if active.fault.kind not in {Kind.RESET, Kind.HALF_OPEN}:
        return False
    left = active.left.setdefault(connection, active.fault.amount)
    if size > left:
        return True
    active.left[connection] = left - size
    return False


def _reset(end: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    end.transport.abort()
