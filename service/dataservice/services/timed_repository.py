"""Around every operation of a store that a request waits for: how long it took, and how long it may take."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from dataservice.deadline import Deadline
from dataservice.domain.document import Document, Stored
from dataservice.domain.event import Event, EventPosition
from dataservice.domain.index import Index
from dataservice.domain.page import Page, PageQuery
from dataservice.domain.query.tree import Condition
from dataservice.domain.repository import Repository
from dataservice.errors import StoreUnavailable
from dataservice.services.metrics import Metrics

_T = TypeVar("_T")

OPERATION_SECONDS = 10.0
"""For all that a store does for one operation, with the tries of its driver and the wait for those before."""


class TimedRepository:
    """Raises StoreUnavailable after OPERATION_SECONDS: it is then not known whether a write took place."""

    def __init__(
        self,
        store: Repository,
        metrics: Metrics,
        seconds: float = OPERATION_SECONDS,
        span: Callable[[str], AbstractContextManager[None]] | None = None,
    ) -> None:
        """`span` is entered around each operation, with its name."""
        self._span = span or (lambda _: nullcontext())
        self._store = store
        self._metrics = metrics
        self._deadline = Deadline(seconds)

    @property
    def where(self) -> str:
        return self._store.where

    async def open(self) -> None:
        await self._store.open()

    async def close(self) -> None:
        await self._store.close()

    async def ping(self) -> None:
        await self._store.ping()

    async def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        await self._store.ensure_indexes(indexes)

    async def insert(self, document: Document) -> None:
        await self._timed("insert", self._store.insert(document))

    async def insert_many(self, documents: Sequence[Document]) -> tuple[Exception | None, ...]:
        return await self._timed("insert_many", self._store.insert_many(documents))

    async def get(self, document_id: str) -> Stored | None:
        return await self._timed("get", self._store.get(document_id))

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        return await self._timed("get_many", self._store.get_many(ids))

    async def replace(self, old: Stored, new: Document) -> bool:
        return await self._timed("replace", self._store.replace(old, new))

    async def delete(self, old: Stored) -> bool:
        return await self._timed("delete", self._store.delete(old))

    async def page(self, query: PageQuery) -> Page:
        return await self._timed("page", self._store.page(query))

    async def count(self, condition: Condition, *, estimated: bool) -> int:
        return await self._timed("count", self._store.count(condition, estimated=estimated))

    def watch(self, after: EventPosition | None) -> AsyncGenerator[Event]:
        return self._store.watch(after)

    async def _timed(self, operation: str, work: Awaitable[_T]) -> _T:
        started = time.perf_counter()
        try:
            with self._span(operation):
                return await self._deadline.wait(work)
        except TimeoutError:
            self._metrics.store_failed(operation)
            raise StoreUnavailable(self.where) from None
        except StoreUnavailable:
            self._metrics.store_failed(operation)
            raise
        finally:
            self._metrics.store_answered(operation, time.perf_counter() - started)
