"""What a store of documents does. The contract suite runs against every implementation."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Protocol

from dataservice.domain.document import Document, Stored
from dataservice.domain.event import Event, EventPosition
from dataservice.domain.index import Index
from dataservice.domain.page import Page, PageQuery
from dataservice.domain.query.tree import Condition

ESTIMATE_MOST = 10_000


class Repository(Protocol):
    """Every method may raise StoreUnavailable or StoreAuthFailed, and nothing of its driver."""

    @property
    def where(self) -> str:
        """Hosts and ports, or the file; never a credential."""

    async def open(self) -> None:
        """Get ready to connect. Does not wait for a server that is away."""

    async def close(self) -> None: ...

    async def ping(self) -> None:
        """Return when the store has answered."""

    async def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        """Make the declared indexes; done again, it changes nothing. May take as long as the documents are many.

        Raises IndexConflict or IndexRefused, which name the index.
        """

    async def insert(self, document: Document) -> None:
        """Return when the document is durable. Raises DuplicateDocument or InvalidDocument."""

    async def insert_many(self, documents: Sequence[Document]) -> tuple[Exception | None, ...]:
        """Return what became of each: None when it is durable, or why it was not stored, DuplicateDocument or
        InvalidDocument. A StoreUnavailable among them says that this one may be stored or not; it is raised where
        that is so of all.
        """

    async def get(self, document_id: str) -> Stored | None: ...

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        """Those that are there, by id; ids are at most as many as documents of one insert_many."""

    async def replace(self, old: Stored, new: Document) -> bool:
        """Put `new` in the place of `old`, which `get` gave, in one step and only if that still is the version that the
        store holds; False if it is not. Return when it is durable. A value that is in JSON as it was stays what it is
        in the store. Raises DuplicateDocument or InvalidDocument.
        """

    async def delete(self, old: Stored) -> bool:
        """As `replace`, with nothing in its place."""

    async def page(self, query: PageQuery) -> Page:
        """Raises QueryTooSlow."""

    async def count(self, condition: Condition, *, estimated: bool) -> int:
        """How many documents meet the condition. An estimate of all is what the store knows without counting; one of
        some counts no further than ESTIMATE_MOST. Raises QueryTooSlow.
        """

    def watch(self, after: EventPosition | None) -> AsyncGenerator[Event]:
        """What happens after a position, or from now on, whoever does it; without end.

        The first event is no change: it says where the watch begins. Raises EventsGone, at the begin and where the
        watch falls behind what is kept, and EventsNotSupported.
        """
