"""How soon documents are stored again when the database is back after kill -9."""

import asyncio
import time
from typing import Final

import httpx

from benchmarks.service import workload
from benchmarks.service.subject import Subject
from tests.cluster.mongodb import MongoServer

_AWAY_SECONDS: Final = 3.0
_PAUSE_SECONDS: Final = 0.01
_PATIENCE_SECONDS: Final = 60.0


async def recovery_seconds(server: MongoServer, one: Subject) -> float:
    """From when the database's port is open again to the first document that is stored.

    One caller asks again and again all the while. RuntimeError if no request failed, since then nothing was away.
    """
    await asyncio.to_thread(server.kill)
    storing = asyncio.create_task(_stored_again(one.port))
    await asyncio.sleep(_AWAY_SECONDS)
    opened = asyncio.create_task(_opened(server.port))
    await asyncio.to_thread(server.start)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        return await storing - await opened


async def _stored_again(port: int) -> float:
    refused = 0
    async with httpx.AsyncClient(trust_env=False, timeout=_PATIENCE_SECONDS) as client:
        while True:
            answer = await client.post(
                f"http://127.0.0.1:{port}/data",
                content=workload.BODY,
                headers={"Content-Type": "application/json"},
            )
            if answer.status_code == httpx.codes.CREATED:
                break
            refused += 1
            await asyncio.sleep(_PAUSE_SECONDS)
    if not refused:
        raise RuntimeError("no request failed while the database was away")
    return time.perf_counter()


async def _opened(port: int) -> float:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            writer.close()
            return time.perf_counter()
