"""A local picture of one kind, kept true by list and watch, that keeps only a summary of each object.

Semantics are those of client-go's reflector: chunked list, watch with bookmarks, list again on 410; what vanished
while no watch was open is reported as a change like any other. Unlike there, a kind that may not be watched, or that
the cluster does not have, is an answer: nobody waits for it, and whoever needs it can ask what stands in the way. And
all is listed again now and then: an event that was lost on its way is missed until then, and not for ever.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from dataservice_operator.cluster.client import JSON, METADATA_ONLY, METADATA_PAGE, PAGE, Client
from dataservice_operator.cluster.kinds import Kind
from dataservice_operator.cluster.picture import Key, Picture, T, key_of
from dataservice_operator.cluster.responses import error_of_status
from dataservice_operator.errors import ApiError, Forbidden, Gone, NotFound

logger = logging.getLogger(__name__)

Obstacle = Forbidden | NotFound
"""Why a kind is not watched: a right is missing, or the cluster does not have the kind."""


@dataclass(frozen=True)
class Pace:
    """When a watch is thought to have failed, in seconds."""

    silence: float = 70
    """One that says nothing for so long, not even a bookmark, is opened again."""

    absent: float = 600
    """A kind that the cluster does not have is looked for again after so long."""

    relist: float = 3600
    """One that ends so long after the last list (with 10 % jitter) is followed by a list."""


@dataclass(frozen=True)
class Source:
    """What an informer lists and watches."""

    kind: Kind
    selector: str = ""
    metadata_only: bool = False
    namespaces: Sequence[str | None] = (None,)
    """None: the whole cluster, by one watch."""

    pace: Pace = Pace()
    title: str = ""
    """What it is called where one kind is watched twice; the kind's plural if empty."""

    @property
    def name(self) -> str:
        return self.title or self.kind.plural


class Informer(Picture[T]):
    """Summaries of the live objects of one kind.

    Args:
        summarise: raw object to summary; an equal summary is no change.
        changed: called with the old and the new summary (None: it was not there, is not there now).
        turned: called when the kind can be watched now and could not before, or the other way round.
    """

    def __init__(
        self,
        client: Client,
        source: Source,
        summarise: Callable[[dict[str, Any]], T],
        changed: Callable[[T | None, T | None], None],
        turned: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(source.namespaces, summarise, changed)
        self.source = source
        self._client = client
        self._turned = turned
        self._unsynced = set(source.namespaces)
        self._obstacles: dict[str | None, Obstacle] = {}
        self._relist_at: dict[str | None, float] = {}
        self.synced = asyncio.Event()
        self.heard = time.monotonic()

    def obstacle(self, namespace: str) -> Obstacle | None:
        """What keeps the kind from being watched there; None while it is, and what `get` says is true."""
        return self._obstacles.get(None if None in self.source.namespaces else namespace)

    def blocked(self) -> bool:
        """Whether some namespace cannot be watched: silence then says nothing of the watches."""
        return bool(self._obstacles)

    async def run(self) -> None:
        """List and watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for namespace in self.source.namespaces:
                group.create_task(self._follow(namespace))

    async def _follow(self, namespace: str | None) -> None:
        version, failures = "", 0
        while True:
            try:
                version = version or await self._list(namespace)
                version = await self._watch(namespace, version)
                failures = 0
                if time.monotonic() >= self._relist_at[namespace]:
                    version = ""
            except Gone:
                version = ""
            except NotFound as error:
                version, failures = "", 0
                self._replace(namespace, 0, {})
                self._settle(namespace, error)
                await asyncio.sleep(self.source.pace.absent * random.uniform(0.9, 1.1))  # noqa: S311 - jitter
            except Forbidden as error:
                version, failures = "", failures + 1
                self._settle(namespace, error)
                await asyncio.sleep(_back_off(failures))
            except ApiError as error:
                failures += 1
                if failures > 1 or error.status:
                    logger.warning("cannot watch %s: %s", self.source.name, error)
                version = str(self._seen[namespace]) if version and not error.status else ""
                await asyncio.sleep(_back_off(failures))

    def _settle(self, namespace: str | None, obstacle: Obstacle | None = None) -> None:
        """What is known of the kind there is true from now on: that it is watched, or that it cannot be."""
        before = self._obstacles.pop(namespace, None)
        if obstacle is not None:
            self._obstacles[namespace] = obstacle
        self._unsynced.discard(namespace)
        if not self._unsynced:
            self.synced.set()
        if before is not None and obstacle is None:
            self.heard = time.monotonic()
        if str(before) != str(obstacle):
            _tell(self.source.kind, obstacle)
            self._turned()

    async def _list(self, namespace: str | None) -> str:
        found: dict[Key, T] = {}

        def take(raw: dict[str, Any]) -> None:
            found[key_of(raw)] = self._summarise(raw)

        version = await self._client.list(
            self.source.kind.path(namespace),
            take,
            accept=self._accept("List"),
            page=METADATA_PAGE if self.source.metadata_only else PAGE,
            labelSelector=self.source.selector,
        )
        self._replace(namespace, int(version), found)
        in_seconds = self.source.pace.relist * random.uniform(0.9, 1.1)  # noqa: S311 - jitter
        self._relist_at[namespace] = time.monotonic() + in_seconds
        return version

    async def _watch(self, namespace: str | None, version: str) -> str:
        query = {
            "labelSelector": self.source.selector,
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(self._watch_seconds()),
        }
        path, silence = self.source.kind.path(namespace), self.source.pace.silence
        opened = partial(self._settle, namespace)
        async for event in self._client.watch(
            path, accept=self._accept(""), silence=silence, opened=opened, **query
        ):
            self.heard = time.monotonic()
            raw = event["object"]
            if event["type"] == "ERROR":
                raise error_of_status(raw)
            version = raw["metadata"]["resourceVersion"]
            self._take(namespace, event["type"], raw)
        return version

    def _watch_seconds(self) -> int:
        longest = random.randint(240, 360)  # noqa: S311 - spreads reconnects
        return max(1, min(longest, int(self.source.pace.relist)))

    def _accept(self, suffix: str) -> str:
        return METADATA_ONLY.replace("{list}", suffix) if self.source.metadata_only else JSON


def _tell(kind: Kind, obstacle: Obstacle | None) -> None:
    match obstacle:
        case None:
            logger.info("%s are watched now", kind.plural)
        case NotFound():
            logger.info("the cluster does not have %s (%s)", kind.plural, kind.api_version)
        case _:
            logger.error("%s cannot be watched, a right is missing: %s", kind.plural, obstacle.message)


def _back_off(failures: int) -> float:
    longest: float = min(30, 0.2 * 2**failures)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter
