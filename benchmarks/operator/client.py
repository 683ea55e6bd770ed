"""A bare asynchronous client: it sends what it is given, sixteen at a time, and keeps nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from benchmarks.operator.workload import Request
from tests.support.kubeconfig import access

IN_FLIGHT: Final = 16
_APPLY: Final = "application/apply-patch+yaml"


class Client:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.sent = 0
        """Requests so far: to be taken off what the API server counts."""

    async def send(self, request: Request) -> dict[str, Any]:
        """Raises RuntimeError with the server's own words when it refuses."""
        self.sent += 1
        kind = _APPLY if request.apply else "application/json"
        async with self._session.request(
            request.method,
            request.path,
            params=dict(request.query),
            data=msgspec.json.encode(request.body),
            headers={"Content-Type": kind},
        ) as answer:
            body = await answer.read()
            if answer.status >= 400:
                raise RuntimeError(f"{request.method} {request.path}: {body.decode()[:500]}")
            result: dict[str, Any] = msgspec.json.decode(body)
            return result

    async def merge(self, path: str, patch: dict[str, Any], manager: str = "benchmark") -> dict[str, Any]:
        self.sent += 1
        async with self._session.patch(
            path,
            params={"fieldManager": manager},
            data=msgspec.json.encode(patch),
            headers={"Content-Type": "application/merge-patch+json"},
        ) as answer:
            answer.raise_for_status()
            result: dict[str, Any] = msgspec.json.decode(await answer.read())
            return result

    async def send_each(self, groups: Iterable[Iterable[Request]]) -> list[dict[str, Any]]:
        """Send groups of requests, those of one group in a row; the answers to the last of each group."""
        waiting = iter(groups)
        answers: list[dict[str, Any]] = []

        async def work() -> None:
            for group in waiting:
                answer: dict[str, Any] = {}
                for request in group:
                    answer = await self.send(request)
                answers.append(answer)

        async with asyncio.TaskGroup() as workers:
            for _ in range(IN_FLIGHT):
                workers.create_task(work())
        return answers

    async def text(self, path: str) -> str:
        async with self._session.get(path) as answer:
            answer.raise_for_status()
            return await answer.text()

    async def items(self, path: str) -> list[dict[str, Any]]:
        """Every object of a collection, page by page."""
        found: list[dict[str, Any]] = []
        query = {"limit": "500"}
        while True:
            self.sent += 1
            async with self._session.get(path, params=query) as answer:
                answer.raise_for_status()
                page = msgspec.json.decode(await answer.read())
            found += page["items"]
            if not (token := page["metadata"].get("continue")):
                return found
            query["continue"] = token

    async def watch(self, path: str) -> AsyncIterator[dict[str, Any]]:
        """Events of a day as they arrive, where the API server would end it in an hour; what is there comes first."""
        query = {"watch": "true", "timeoutSeconds": "86400"}
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(path, params=query, timeout=timeout) as answer:
            answer.raise_for_status()
            async for line in answer.content:
                yield msgspec.json.decode(line)


@asynccontextmanager
async def connected(kubeconfig: Path) -> AsyncIterator[Client]:
    to = await asyncio.to_thread(access, kubeconfig)
    connector = aiohttp.TCPConnector(ssl=to.tls, limit=64)
    async with aiohttp.ClientSession(
        to.server,
        headers=to.headers,
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=60),
    ) as session:
        yield Client(session)
