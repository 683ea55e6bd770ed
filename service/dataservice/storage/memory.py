"""A store in this process's memory: for tests and demonstrations, gone when the process ends."""

import secrets
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from itertools import islice

import msgspec

from dataservice.domain.document import Document, Stored
from dataservice.domain.event import Change, Event, EventPosition, Kind
from dataservice.domain.index import Index, IndexField
from dataservice.domain.page import Page, PageQuery
from dataservice.domain.query.budget import Budget
from dataservice.domain.query.select import count, select
from dataservice.domain.query.sort import BY_ID
from dataservice.domain.query.tree import EVERYTHING, Condition
from dataservice.domain.repository import ESTIMATE_MOST
from dataservice.errors import DuplicateDocument, IndexConflict
from dataservice.storage.event_log import BATCH, KEPT, Bell, Log, follow

_Key = tuple[object, ...]

# A query holds up all that this process does.
_QUERY_SECONDS = 1.0


class MemoryRepository:
    where = "memory"

    def __init__(self, query_seconds: float = _QUERY_SECONDS) -> None:
        self._query_seconds = query_seconds
        self._documents: dict[str, Stored] = {}
        self._ids: list[str] = []
        self._unique: dict[Index, set[_Key]] = {}
        self._origin = secrets.token_hex(8)
        self._changes: deque[tuple[Kind, str]] = deque(maxlen=KEPT)
        self._changed = 0
        self._bell = Bell()

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def ping(self) -> None:
        pass

    async def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        self._unique = {index: self._keys(index) for index in indexes if index.unique}

    async def insert(self, document: Document) -> None:
        duplicate = self._inserted(document)
        if duplicate:
            raise DuplicateDocument(duplicate.fields)

    async def insert_many(self, documents: Sequence[Document]) -> tuple[Exception | None, ...]:
        return tuple(map(self._inserted, documents))

    def _inserted(self, document: Document) -> DuplicateDocument | None:
        if document.id in self._documents:
            return DuplicateDocument(("_id",))
        keys = {index: _key(index, document.json) for index in self._unique}
        for index, key in keys.items():
            if key in self._unique[index]:
                return DuplicateDocument(index.paths)
        for index, key in keys.items():
            self._unique[index].add(key)
        self._documents[document.id] = Stored(document.id, document.etag, document.json, document.request)
        insort(self._ids, document.id)
        self._happened("created", document.id)
        return None

    async def get(self, document_id: str) -> Stored | None:
        return self._documents.get(document_id)

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        return {each: self._documents[each] for each in ids if each in self._documents}

    async def replace(self, old: Stored, new: Document) -> bool:
        held = self._documents.get(old.id)
        if held is None or held.etag != old.etag:
            return False
        before = {index: _key(index, held.json) for index in self._unique}
        after = {index: _key(index, new.json) for index in self._unique}
        for index, key in after.items():
            if key != before[index] and key in self._unique[index]:
                raise DuplicateDocument(index.paths)
        for index, keys in self._unique.items():
            keys.remove(before[index])
            keys.add(after[index])
        self._documents[new.id] = Stored(new.id, new.etag, new.json, held.request)
        self._happened("updated", new.id)
        return True

    async def delete(self, old: Stored) -> bool:
        held = self._documents.get(old.id)
        if held is None or held.etag != old.etag:
            return False
        for index, keys in self._unique.items():
            keys.remove(_key(index, held.json))
        del self._documents[old.id]
        del self._ids[bisect_left(self._ids, old.id)]
        self._happened("deleted", old.id)
        return True

    async def page(self, query: PageQuery) -> Page:
        if query.condition != EVERYTHING or query.sort != BY_ID:
            return select(self._documents.values(), query, Budget(self._query_seconds))
        start = 0 if query.after is None else bisect_right(self._ids, query.after)
        ids = self._ids[start : start + query.limit]
        more = start + query.limit < len(self._ids)
        return Page(tuple(self._documents[each] for each in ids), ids[-1] if more else None)

    def watch(self, after: EventPosition | None) -> AsyncGenerator[Event]:
        return follow(Log(self._origin, self._changed, self._read), self._bell, after, poll_seconds=None)

    def _happened(self, kind: Kind, document_id: str) -> None:
        self._changes.append((kind, document_id))
        self._changed += 1
        self._bell.ring()

    async def _read(self, after: int) -> list[tuple[int, Change | None]]:
        first = self._changed - len(self._changes) + 1
        start = max(after + 1, first)
        changes = islice(self._changes, start - first, start - first + BATCH)
        return [(number, self._change(*each)) for number, each in enumerate(changes, start)]

    def _change(self, kind: Kind, document_id: str) -> Change | None:
        if kind == "deleted":
            return Change(kind, document_id, None)
        stored = self._documents.get(document_id)  # None: its deletion follows
        return Change(kind, document_id, stored.json) if stored else None

    async def count(self, condition: Condition, *, estimated: bool) -> int:
        if condition == EVERYTHING:
            return len(self._documents)
        most = ESTIMATE_MOST if estimated else None
        return count(self._documents.values(), condition, Budget(self._query_seconds), most)

    def _keys(self, index: Index) -> set[_Key]:
        keys = {_key(index, stored.json) for stored in self._documents.values()}
        if len(keys) < len(self._documents):
            raise IndexConflict(f"documents that exist share their {', '.join(index.paths)}")
        return keys


def _key(index: Index, json: bytes) -> _Key:
    document = msgspec.json.decode(json)
    return tuple(_value(document, field) for field in index.fields)


def _value(document: object, field: IndexField) -> object:
    for name in field.names:
        document = document.get(name) if isinstance(document, dict) else None
    # Python holds True and 1 for equal; the stores do not. Numbers of any kind compare as numbers.
    if isinstance(document, bool):
        return ("bool", document)
    return document if isinstance(document, str | int | float | None) else msgspec.json.encode(document)
