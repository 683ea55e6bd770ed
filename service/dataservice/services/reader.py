"""One document, or a page of many."""

import msgspec

from dataservice.domain.cursor import CursorSigner
from dataservice.domain.document import Stored
from dataservice.domain.ids import is_document_id
from dataservice.domain.page import PageQuery
from dataservice.domain.query.fields import cut
from dataservice.domain.query.listing import ListQuery
from dataservice.domain.repository import Repository
from dataservice.errors import DocumentNotFound
from dataservice.services.shared import Shared

_encode = msgspec.json.Encoder().encode


class Listing(msgspec.Struct, frozen=True):
    items: tuple[bytes, ...]
    """JSON, cut to the fields that were asked for."""
    cursor: str | None
    count: int | None


class Reader:
    def __init__(self, repository: Repository, cursor_key: bytes) -> None:
        self._repository = repository
        self._cursors = CursorSigner(cursor_key)
        self._shared = Shared()

    async def get(self, document_id: str) -> Stored:
        """Raises DocumentNotFound, also for a text that can be no id."""
        stored = await self._repository.get(document_id) if is_document_id(document_id) else None
        if stored is None:
            raise DocumentNotFound(document_id)
        return stored

    async def page(self, query: ListQuery) -> Listing:
        """Raises InvalidCursor, PositionTooLong, QueryTooSlow."""
        return await self._shared.ask(_encode(query), lambda: self._page(query))

    async def _page(self, query: ListQuery) -> Listing:
        after = None if query.cursor is None else self._cursors.read(query.cursor, query.text)
        page = await self._repository.page(PageQuery(query.limit, after, query.condition, query.sort))
        following = None if page.next is None else self._cursors.sign(page.next, query.text)
        documents = (each.json for each in page.items)
        items = tuple(documents if query.fields is None else (cut(each, query.fields) for each in documents))
        return Listing(items, following, await self._count(query))

    async def _count(self, query: ListQuery) -> int | None:
        if query.count == "none":
            return None
        return await self._repository.count(query.condition, estimated=query.count == "estimated")
