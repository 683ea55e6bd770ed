"""What a watcher of the Deployments of one namespace sees, and when."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from benchmarks.operator.client import Client

PATIENCE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Seen:
    version: int
    replicas: int
    at: float


@dataclass
class Sight:
    namespace: str
    _latest: dict[str, Seen] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def names(self) -> Sequence[str]:
        return tuple(self._latest)

    def current(self, name: str) -> int:
        return self._latest[name].replicas

    async def replicas(self, name: str, wanted: int, after: int = 0) -> float:
        """When the Deployment was seen with so many replicas, in a version after that one (perf_counter)."""

        def there() -> bool:
            seen = self._latest.get(name)
            return seen is not None and seen.replicas == wanted and seen.version > after

        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            await self._news.wait_for(there)
            return self._latest[name].at

    async def follow(self, client: Client, path: str) -> None:
        async for event in client.watch(path):
            raw = event["object"]
            metadata = raw["metadata"]
            seen = Seen(int(metadata["resourceVersion"]), raw["spec"]["replicas"], time.perf_counter())
            async with self._news:
                self._latest[metadata["name"]] = seen
                self._news.notify_all()

    async def until_all(self, count: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: len(self._latest) >= count)


@asynccontextmanager
async def watching(client: Client, namespace: str, path: str, count: int) -> AsyncIterator[Sight]:
    """A watch that has told of each of the `count` Deployments there."""
    sight = Sight(namespace)
    task = asyncio.create_task(sight.follow(client, path))
    try:
        await sight.until_all(count)
        yield sight
    finally:
        task.cancel()
