"""What the API server has counted of the requests that it was sent."""

import asyncio

from benchmarks.operator.client import Client
from tests.support.api_requests import READS, WATCH, Requests, counted


async def quiet(client: Client) -> Requests:
    """The API server's counts, once they have not changed for two seconds."""
    counts = counted(await client.text("/metrics"))
    while True:
        await asyncio.sleep(2)
        again = counted(await client.text("/metrics"))
        if again == counts:
            return again
        counts = again


def requests(before: Requests, after: Requests) -> tuple[int, int]:
    """Reads and writes in between; a watch is neither."""
    reads = writes = 0
    for (verb, _), number in (after - before).items():
        if verb in READS:
            reads += number
        elif verb != WATCH:
            writes += number
    return reads, writes
