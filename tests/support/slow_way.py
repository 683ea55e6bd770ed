"""A way to a server whose answers come late. In a pod: `python -c SOURCE HOST PORT FILE`.

FILE holds the seconds by which each piece of an answer is late; it may be replaced at any time.
"""

import asyncio
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


async def main(host: str, port: int, file: Path) -> None:
    async def link(client: StreamReader, to_client: StreamWriter) -> None:
        try:
            server, to_server = await asyncio.open_connection(host, port)
            await asyncio.gather(
                carry(client, to_server, lambda: 0), carry(server, to_client, lambda: lateness(file))
            )
        finally:
            to_client.close()

    async with await asyncio.start_server(link, "0.0.0.0", port) as listener:  # noqa: S104 - the pod's own
        await listener.serve_forever()


async def carry(source: StreamReader, sink: StreamWriter, late: Callable[[], float]) -> None:
    """All that comes, until one of the two ends."""
    with suppress(OSError):
        while piece := await source.read(1 << 20):
            await asyncio.sleep(late())
            sink.write(piece)
            await sink.drain()
    sink.close()


def lateness(file: Path) -> float:
    return float(file.read_text()) if file.exists() else 0


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
