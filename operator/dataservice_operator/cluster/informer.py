"""A local picture of one kind, kept true by list and watch, that keeps only a summary of each object.

Semantics are those of client-go's reflector: chunked list, watch with bookmarks, list again on 410; what vanished
while no watch was open is reported as a change like any other.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from dataservice_operator.cluster.client import JSON, METADATA_ONLY, Client
from dataservice_operator.cluster.kinds import Kind
from dataservice_operator.cluster.responses import error_of_status
from dataservice_operator.errors import ApiError, Gone

logger = logging.getLogger(__name__)

Key = tuple[str, str]
"""Namespace and name."""


class Summary(Protocol):
    """What an informer keeps of an object."""

    @property
    def group(self) -> Key:
        """What the object is looked up by, beside its own key."""


T = TypeVar("T", bound=Summary)


@dataclass(frozen=True)
class Source:
    """What an informer lists and watches."""

    kind: Kind
    selector: str = ""
    metadata_only: bool = False
    namespaces: Sequence[str | None] = (None,)
    """None: the whole cluster, by one watch."""

    silence_seconds: float = 70
    title: str = ""
    """What it is called where one kind is watched twice; the kind's plural if empty."""

    @property
    def name(self) -> str:
        return self.title or self.kind.plural


class Informer(Generic[T]):
    """Summaries of the live objects of one kind.

    Args:
        summarise: raw object to summary; an equal summary is no change.
        changed: called with the old and the new summary (None: it was not there, is not there now).
    """

    def __init__(
        self,
        client: Client,
        source: Source,
        summarise: Callable[[dict[str, Any]], T],
        changed: Callable[[T | None, T | None], None],
    ) -> None:
        self.source = source
        self._client = client
        self._summarise = summarise
        self._changed = changed
        self._objects: dict[Key, T] = {}
        self._groups: dict[Key, dict[Key, T]] = {}
        self._seen: dict[str | None, int] = {}
        self._unsynced = set(source.namespaces)
        self.synced = asyncio.Event()
        self.heard = time.monotonic()

    def get(self, key: Key) -> T | None:
        return self._objects.get(key)

    def group(self, group: Key) -> tuple[T, ...]:
        return tuple(self._groups.get(group, {}).values())

    def remember(self, raw: dict[str, Any]) -> None:
        """Take over the answer to an own write, unless the watch has told something newer.

        Resource versions of one kind can be compared as integers (KEP-5504).
        """
        scope = raw["metadata"]["namespace"] if None not in self.source.namespaces else None
        if int(raw["metadata"]["resourceVersion"]) > self._seen.get(scope, 0):
            self._put(_key(raw), self._summarise(raw))

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
            except Gone:
                version = ""
            except ApiError as error:
                failures += 1
                if failures > 1 or error.status:
                    logger.warning("cannot watch %s: %s", self.source.name, error)
                version = str(self._seen[namespace]) if version and not error.status else ""
                await asyncio.sleep(min(30, 0.2 * 2**failures) * random.uniform(0.5, 1))  # noqa: S311 - jitter

    async def _list(self, namespace: str | None) -> str:
        path = self.source.kind.path(namespace)
        query = {"labelSelector": self.source.selector, "limit": "500"}
        found: dict[Key, T] = {}
        while True:
            page = await self._client.read(path, accept=self._accept("List"), **query)
            found.update((_key(item), self._summarise(item)) for item in page.get("items") or ())
            token = page["metadata"].get("continue")
            if not token:
                break
            query["continue"] = token
        version: str = page["metadata"]["resourceVersion"]
        self._seen[namespace] = int(version)
        self._replace(namespace, found)
        self._unsynced.discard(namespace)
        if not self._unsynced:
            self.synced.set()
        return version

    async def _watch(self, namespace: str | None, version: str) -> str:
        query = {
            "labelSelector": self.source.selector,
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(random.randint(240, 360)),  # noqa: S311 - spreads reconnects
        }
        path, silence = self.source.kind.path(namespace), self.source.silence_seconds
        async for event in self._client.watch(path, accept=self._accept(""), silence=silence, **query):
            self.heard = time.monotonic()
            raw = event["object"]
            if event["type"] == "ERROR":
                raise error_of_status(raw)
            version = raw["metadata"]["resourceVersion"]
            self._seen[namespace] = int(version)
            if event["type"] != "BOOKMARK":
                self._set(_key(raw), None if event["type"] == "DELETED" else self._summarise(raw))
        return version

    def _replace(self, namespace: str | None, found: dict[Key, T]) -> None:
        known: Iterable[Key] = [key for key in self._objects if namespace in (None, key[0])]
        for key in {*known, *found}:
            self._set(key, found.get(key))

    def _set(self, key: Key, new: T | None) -> None:
        old = self._put(key, new)
        if old != new:
            self._changed(old, new)

    def _put(self, key: Key, new: T | None) -> T | None:
        old = self._objects.pop(key, None)
        if old is not None:
            group = self._groups[old.group]
            del group[key]
            if not group:
                del self._groups[old.group]
        if new is not None:
            self._objects[key] = new
            self._groups.setdefault(new.group, {})[key] = new
        return old

    def _accept(self, suffix: str) -> str:
        return METADATA_ONLY.replace("{list}", suffix) if self.source.metadata_only else JSON


def _key(raw: dict[str, Any]) -> Key:
    metadata = raw["metadata"]
    return metadata["namespace"], metadata["name"]
