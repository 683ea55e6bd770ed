"""A store in this process's memory: for tests and demonstrations, gone when the process ends."""

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence

import msgspec

from dataservice.domain.document import Document, Stored
from dataservice.domain.index import Index, IndexField
from dataservice.domain.page import Page, PageQuery
from dataservice.errors import DuplicateDocument, IndexConflict

_Key = tuple[object, ...]


class MemoryRepository:
    where = "memory"

    def __init__(self) -> None:
        self._documents: dict[str, Stored] = {}
        self._ids: list[str] = []
        self._unique: dict[Index, set[_Key]] = {}

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def ping(self) -> None:
        pass

    async def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        self._unique = {index: self._keys(index) for index in indexes if index.unique}

    async def insert(self, document: Document) -> None:
        if document.id in self._documents:
            raise DuplicateDocument(("_id",))
        keys = {index: _key(index, document.json) for index in self._unique}
        for index, key in keys.items():
            if key in self._unique[index]:
                raise DuplicateDocument(index.paths)
        for index, key in keys.items():
            self._unique[index].add(key)
        self._documents[document.id] = Stored(document.id, document.etag, document.json, document.request)
        insort(self._ids, document.id)

    async def insert_many(self, documents: Sequence[Document]) -> tuple[Exception | None, ...]:
        outcomes: list[Exception | None] = []
        for document in documents:
            try:
                await self.insert(document)
            except DuplicateDocument as error:
                outcomes.append(error)
            else:
                outcomes.append(None)
        return tuple(outcomes)

    async def get(self, document_id: str) -> Stored | None:
        return self._documents.get(document_id)

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        return {each: self._documents[each] for each in ids if each in self._documents}

    async def page(self, query: PageQuery) -> Page:
        start = 0 if query.after is None else bisect_right(self._ids, query.after)
        ids = self._ids[start : start + query.limit]
        more = start + query.limit < len(self._ids)
        return Page(tuple(self._documents[each] for each in ids), ids[-1] if more else None)

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
