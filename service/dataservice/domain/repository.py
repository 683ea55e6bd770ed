"""What a store of documents does. The contract suite runs against every implementation."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from dataservice.domain.document import Document, Stored
from dataservice.domain.index import Index
from dataservice.domain.page import Page, PageQuery


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

    async def page(self, query: PageQuery) -> Page: ...
