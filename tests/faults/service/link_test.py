"""Each way in which the link is bad, seen from both of its ends."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from tests.cluster.ports import free_port
from tests.faults.service.link import Link
from tests.faults.service.schedule import Fault, Kind

PATIENCE = 20


@dataclass
class Server:
    """Repeats what it is sent; knows what came, and how its connections ended."""

    received: bytearray = field(default_factory=bytearray)
    ends: list[str] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(65_536):
                self.received += chunk
                writer.write(chunk)
                await writer.drain()
            self.ends.append("closed")
        except ConnectionResetError:
            self.ends.append("reset")
        finally:
            self.ended.set()
            writer.transport.abort()


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(link: Link) -> AsyncIterator[Ends]:
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    try:
        async with asyncio.timeout(PATIENCE):
            yield reader, writer
    finally:
        writer.transport.abort()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def link(server: Server) -> AsyncIterator[Link]:
    listener = await asyncio.start_server(server.accept, "127.0.0.1", 0)
    async with listener, Link(listener.sockets[0].getsockname()[1], seed=1).open() as opened:
        yield opened
    await asyncio.gather(*server.serving)


async def test_a_good_link_changes_nothing(link: Link, server: Server) -> None:
    sent = bytes(range(256)) * 4096
    async with connected(link) as (reader, writer):
        writer.write(sent)
        assert await reader.readexactly(len(sent)) == sent
        writer.write_eof()
        assert await reader.read() == b""

    assert (bytes(server.received), server.ends) == (sent, ["closed"])


@pytest.mark.parametrize("fault", [Fault(Kind.LATENCY, 0, 0, 100), Fault(Kind.BANDWIDTH, 0, 0, 100)], ids=str)
async def test_a_slow_link_delivers_late_and_all(link: Link, fault: Fault) -> None:
    sent = b"0123456789"
    async with connected(link) as (reader, writer):
        with link.suffering(fault) as active:
            began = time.monotonic()
            writer.write(sent)
            assert await reader.readexactly(len(sent)) == sent
            took = time.monotonic() - began

    assert active.count == 2, "there and back"
    assert took >= 2 * 0.05, "half of the latency, or ten bytes of a hundred a second, each way"


async def test_connections_are_reset_at_a_byte(link: Link, server: Server) -> None:
    async with connected(link) as (reader, writer), connected(link) as (other, _):
        with link.suffering(Fault(Kind.RESET, 0, 0, 3)) as active:
            writer.write(b"0123456789")
            with pytest.raises(ConnectionResetError):
                await reader.read()
            await server.ended.wait()

        assert active.count == 1
        assert bytes(server.received) == b"012"
        assert server.ends == ["reset"]
        assert not other.at_eof()


async def test_a_reset_may_come_in_the_answer(link: Link, server: Server) -> None:
    async with connected(link) as (reader, writer):
        with link.suffering(Fault(Kind.RESET, 0, 0, 14)):
            writer.write(b"0123456789")
            with pytest.raises(ConnectionResetError):
                await reader.readexactly(10)

    assert bytes(server.received) == b"0123456789"


async def test_of_a_half_open_connection_nothing_is_heard_again(link: Link, server: Server) -> None:
    async with connected(link) as (_, writer):
        with link.suffering(Fault(Kind.HALF_OPEN, 0, 0, 3)) as active:
            writer.write(b"0123456789")
            await active.happened.wait()
        writer.write(b"more")
        writer.write_eof()
        async with connected(link) as (reader, after):
            after.write(b"new")
            assert await reader.readexactly(3) == b"new", "another connection works"

        assert active.count == 1
        assert bytes(server.received) == b"012new"
        assert server.ends == [], "nor that it was closed"


async def test_who_connects_while_the_server_is_away_is_reset() -> None:
    async with Link(free_port(), seed=1).open() as link, connected(link) as (reader, _):
        with pytest.raises(ConnectionResetError):
            await reader.read()


async def test_what_does_not_happen_is_not_counted(link: Link) -> None:
    async with connected(link):
        with link.suffering(Fault(Kind.RESET, 0, 0, 0)) as active:
            await asyncio.sleep(0)

    assert (active.count, active.happened.is_set()) == (0, False)
