"""All documents, one after another, in the memory of a page."""

from collections.abc import AsyncGenerator
from typing import Final

from dataservice.domain.page import Page, PageQuery, Position
from dataservice.domain.query.fields import cut
from dataservice.domain.query.listing import Selection
from dataservice.domain.repository import Repository

_MOST: Final = 1000
_FIRST: Final = 100
_PAGE_BYTES: Final = 1024 * 1024
"""What a page should have, by the size of the documents of the page before."""


class Exporter:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def pages(self, selection: Selection) -> AsyncGenerator[list[bytes]]:
        """The JSON of every selected document that is there from begin to end, once, in the order of `_id`.

        The next page is read when it is asked for. Raises what `Repository.page` does.
        """
        limit, position = _FIRST, None
        while True:
            page = await self._page(limit, position, selection)
            yield [_cut(each.json, selection) for each in page.items]
            if page.next is None:
                return
            limit, position = _next_limit(limit, page), page.next

    async def _page(self, limit: int, position: Position | None, selection: Selection) -> Page:
        return await self._repository.page(PageQuery(limit, position, selection.condition))


def _cut(document: bytes, selection: Selection) -> bytes:
    return document if selection.fields is None else cut(document, selection.fields)


def _next_limit(limit: int, page: Page) -> int:
    """Large documents come in fewer, and small ones in at most twice as many: the next may be larger again."""
    mean = sum(len(each.json) for each in page.items) // len(page.items)
    return max(1, min(_MOST, 2 * limit, _PAGE_BYTES // (mean or 1)))
