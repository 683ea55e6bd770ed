"""An API server in memory: the part of `Client` that the operator uses, without a network.

It keeps objects, resource versions and watch events as a real one does. Server-side apply is a replacement of the
manifest's own top-level fields, which it also says in managedFields: enough where one manager writes.
"""

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dataservice_operator.cluster.client import Client, Event, ListMetadata, Page
from dataservice_operator.errors import ApiError, Conflict, Gone, NotFound

Raw = dict[str, Any]


@dataclass
class Request:
    method: str
    path: str
    body: Any = None


@dataclass
class _Watch:
    path: str
    labels: dict[str, str]
    events: asyncio.Queue[Event | ApiError] = field(default_factory=asyncio.Queue)


class MemoryApi(Client):
    """Paths are those of the real API; `refuse` makes it answer with an error."""

    def __init__(self) -> None:
        self._one_page = asyncio.Semaphore()
        self.requests: list[Request] = []
        self.refuse: dict[tuple[str, str], Exception] = {}
        """Answer to a request whose method is the first, and whose path ends with the second."""

        self.page_size = 500
        self._objects: dict[str, Raw] = {}
        self._log: list[tuple[int, str, Raw]] = []
        self._compacted = 0
        self._version = 0
        self._watches: list[_Watch] = []

    # What a test does to it.

    def put(self, path: str, raw: Raw) -> Raw:
        """Create or replace an object, as some other client would."""
        return self._store("MODIFIED" if path in self._objects else "ADDED", path, raw)

    def drop(self, path: str) -> None:
        self._store("DELETED", path, self._objects[path])

    def get(self, path: str) -> Raw | None:
        return copy.deepcopy(self._objects.get(path))

    def under(self, path: str) -> list[Raw]:
        """Objects of a collection."""
        return [copy.deepcopy(raw) for known, raw in self._objects.items() if _in(known, path)]

    def written(self) -> list[str]:
        """Method and path of each write so far."""
        return [f"{each.method} {each.path}" for each in self.requests if each.method != "GET"]

    def compact(self) -> None:
        """Forget history: who watches from before must list again."""
        self._compacted = self._version

    def break_watches(self, error: ApiError | None = None) -> None:
        """End every watch; with `error`, unlike a server that closes."""
        watches, self._watches = self._watches, []
        for watch in watches:
            watch.events.put_nowait(error or Gone(0, "closed", ""))

    def lose(self) -> None:
        """Never tell what no watch has taken yet."""
        for watch in self._watches:
            while not watch.events.empty():
                watch.events.get_nowait()
        self._log.clear()

    def watched(self) -> int:
        return len(self._watches)

    def told(self) -> bool:
        """Whether every watch has taken all its events."""
        return all(watch.events.empty() for watch in self._watches)

    # What the operator does to it.

    async def read(self, path: str, *, accept: str = "", **query: str) -> Raw:  # noqa: ARG002 - Client's own
        self._take("GET", path, query)
        await asyncio.sleep(0)
        if path not in self._objects:
            raise NotFound(404, "NotFound", f"{path} not found")
        return copy.deepcopy(self._objects[path])

    async def page(self, path: str, *, accept: str = "", **query: str) -> Page:  # noqa: ARG002 - Client's own
        self._take("GET", path, query)
        await asyncio.sleep(0)
        found = [raw for raw in self.under(path) if _matches(raw, _labels(query))]
        start = int(query.get("continue", "0"))
        end = start + self.page_size
        items = [msgspec.Raw(msgspec.json.encode(raw)) for raw in found[start:end]]
        return Page(ListMetadata(str(self._version), str(end) if end < len(found) else ""), items)

    async def write(self, method: str, path: str, body: Any, *, content_type: str = "", **query: str) -> Raw:  # noqa: ARG002 - Client's own
        self._take(method, path, body)
        await asyncio.sleep(0)
        body = copy.deepcopy(body)
        if method == "POST":
            return self._create(f"{path}/{body['metadata']['name']}", body)
        if path.endswith("/status"):
            return self._apply_status(path.removesuffix("/status"), body)
        if method == "PATCH":
            return self._apply(path, body, query["fieldManager"])
        live = self._live(path)
        if method == "DELETE":
            if any(value != live["metadata"][name] for name, value in body["preconditions"].items()):
                raise Conflict(409, "Conflict", f"{path} has been modified")
            return self._store("DELETED", path, live)
        if body["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]:
            raise Conflict(409, "Conflict", f"{path} has been modified")
        return self._store("MODIFIED", path, body)

    async def watch(
        self,
        path: str,
        *,
        accept: str,  # noqa: ARG002 - Client's own
        silence: float,  # noqa: ARG002 - Client's own
        opened: Callable[[], None] = lambda: None,
        **query: str,
    ) -> AsyncIterator[Event]:
        self._take("WATCH", path, query)
        since = int(query["resourceVersion"])
        if since < self._compacted:
            raise Gone(410, "Expired", "too old resource version")
        watch = _Watch(path, _labels(query))
        for version, kind, raw in self._log:
            if version > since:
                self._tell(watch, kind, raw)
        self._watches.append(watch)
        opened()
        while True:
            event = await watch.events.get()
            if isinstance(event, ApiError):
                if event.reason != "closed":
                    raise event
                return
            yield event

    def _take(self, method: str, path: str, body: Any) -> None:
        self.requests.append(Request(method, path, body))
        for (refused, end), error in self.refuse.items():
            if refused == method and path.endswith(end):
                raise error

    def _live(self, path: str) -> Raw:
        if path not in self._objects:
            raise NotFound(404, "NotFound", f"{path} not found")
        return copy.deepcopy(self._objects[path])

    def _create(self, path: str, body: Raw) -> Raw:
        if path in self._objects:
            raise Conflict(409, "AlreadyExists", f"{path} already exists")
        return self._store("ADDED", path, body)

    def _apply(self, path: str, manifest: Raw, manager: str) -> Raw:
        live = copy.deepcopy(self._objects.get(path))
        uid, version = (manifest["metadata"].pop(name, None) for name in ("uid", "resourceVersion"))
        has = live["metadata"] if live else {"uid": None, "resourceVersion": version}
        if uid not in (None, has["uid"]) or version not in (None, has["resourceVersion"]):
            raise Conflict(409, "Conflict", f"{path} has been modified")
        fields: Raw = {f"f:{name}": {} for name in manifest.keys() - {"apiVersion", "kind", "metadata"}}
        fields["f:metadata"] = {
            f"f:{name}": {} for name in manifest["metadata"].keys() - {"name", "namespace"}
        }
        entry = {"manager": manager, "operation": "Apply", "fieldsV1": fields}
        before = live or {"metadata": {"generation": 0}}
        others = [e for e in before["metadata"].get("managedFields", []) if e["manager"] != manager]
        merged = {**before, **manifest}
        merged["metadata"] = {**before["metadata"], **manifest["metadata"], "managedFields": [*others, entry]}
        if merged.get("spec") != before.get("spec"):
            merged["metadata"]["generation"] = before["metadata"].get("generation", 0) + 1
        return self._store("MODIFIED" if live else "ADDED", path, merged)

    def _apply_status(self, path: str, body: Raw) -> Raw:
        live = self._live(path)
        if any(body["metadata"][name] != live["metadata"][name] for name in ("uid", "resourceVersion")):
            raise Conflict(409, "Conflict", f"{path} has been modified")
        return self._store("MODIFIED", path, {**live, "status": body["status"]})

    def _store(self, kind: str, path: str, raw: Raw) -> Raw:
        self._version += 1
        raw = copy.deepcopy(raw)
        raw["metadata"]["resourceVersion"] = str(self._version)
        raw["metadata"].setdefault("uid", f"uid-{self._version}")
        if kind == "DELETED":
            self._objects.pop(path, None)
        else:
            self._objects[path] = raw
        self._log.append((self._version, kind, {**raw, "_path": path}))
        for watch in self._watches:
            self._tell(watch, *self._log[-1][1:])
        return copy.deepcopy(raw)

    def _tell(self, watch: _Watch, kind: str, raw: Raw) -> None:
        path = raw["_path"]
        if _in(path, watch.path) and _matches(raw, watch.labels):
            body = copy.deepcopy({name: value for name, value in raw.items() if name != "_path"})
            watch.events.put_nowait({"type": kind, "object": body})


def _labels(query: dict[str, str]) -> dict[str, str]:
    parts = query.get("labelSelector", "").split(",")
    return {name: value for name, _, value in (part.partition("=") for part in parts if part)}


def _matches(raw: Raw, labels: dict[str, str]) -> bool:
    """A name that ends in `!` is that of `name!=value`."""
    live = raw["metadata"].get("labels") or {}
    return all(
        live.get(name.removesuffix("!")) != value if name.endswith("!") else live.get(name) == value
        for name, value in labels.items()
    )


def _in(path: str, collection: str) -> bool:
    """Whether an object's path is in a collection, of one namespace or of all."""
    if path.rpartition("/")[0] == collection:
        return True
    root, _, plural = collection.rpartition("/")
    return path.startswith(f"{root}/namespaces/") and path.split("/")[-2] == plural
