"""One document, or a page of many."""

from dataservice.domain.cursor import CursorSigner
from dataservice.domain.document import Stored
from dataservice.domain.ids import is_document_id
from dataservice.domain.page import PageQuery
from dataservice.domain.repository import Repository
from dataservice.errors import DocumentNotFound

# What a cursor is bound to. Every list is in the order of `_id` so far.
_LIST_QUERY = "sort=_id"


class Reader:
    def __init__(self, repository: Repository, cursor_key: bytes) -> None:
        self._repository = repository
        self._cursors = CursorSigner(cursor_key)

    async def get(self, document_id: str) -> Stored:
        """Raises DocumentNotFound, also for a text that can be no id."""
        stored = await self._repository.get(document_id) if is_document_id(document_id) else None
        if stored is None:
            raise DocumentNotFound(document_id)
        return stored

    async def page(self, limit: int, cursor: str | None) -> tuple[tuple[Stored, ...], str | None]:
        """The documents of one page and the cursor of the following one. Raises InvalidCursor, PositionTooLong."""
        after = None if cursor is None else self._cursors.read(cursor, _LIST_QUERY)
        page = await self._repository.page(PageQuery(limit, after))
        following = None if page.next is None else self._cursors.sign(page.next, _LIST_QUERY)
        return page.items, following
