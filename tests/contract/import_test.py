"""POST /data:import, in every store."""

import asyncio
from typing import Any

import httpx

from tests.contract.stores import Place
from tests.support.api import running, service

UNIQUE_SKU = b'[{"fields": ["sku"], "unique": true}]'
LINES = {"Content-Type": "application/x-ndjson"}


async def imported(api: httpx.AsyncClient, body: bytes) -> dict[str, Any]:
    answer = await api.post("/data:import", content=body, headers=LINES)
    report: dict[str, Any] = answer.raise_for_status().json()
    return report


async def test_an_import_that_is_sent_again_stores_what_was_missing(store: Place) -> None:
    lines = [b'{"_id": "order-%d", "sku": %d}\n' % (number, number) for number in range(1300)]
    parts = service(store.repository(), schema={"required": ["sku"]}, indexes=UNIQUE_SKU)
    async with running(parts) as api:
        while not (await parts.readiness.status()).ready:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0)

        first = await imported(api, b"".join(lines[:800]))
        second = await imported(api, b"".join(lines) + b'{"_id": "another", "sku": 7}\n')

        last = await api.get("/data/order-1299")
    assert (first["stored"], first["duplicates"], first["failed"]) == (800, 0, 0)
    assert (second["stored"], second["duplicates"], second["failed"]) == (500, 800, 1)
    (failed,) = second["errors"]
    assert (failed["line"], failed["code"], failed["errors"][0]["pointer"]) == (1301, "duplicate", "/sku")
    assert last.json()["sku"] == 1299
