"""Create and read documents."""

import time
from collections.abc import Callable

from dataservice.domain.cursor import CursorSigner
from dataservice.domain.document import ID, Document, Stored, new_document
from dataservice.domain.etag import new_etag
from dataservice.domain.ids import IdGenerator, is_document_id
from dataservice.domain.index import check_unique_values
from dataservice.domain.json_rules import decode_object
from dataservice.domain.page import PageQuery
from dataservice.domain.repository import Repository
from dataservice.domain.timestamps import from_unix_ms
from dataservice.errors import DocumentNotFound, InvalidDocument, Violation
from dataservice.services.instance import Instance

_NAMES_A_CLIENT_MAY_SET = frozenset({ID})
# What a cursor is bound to. Every list is in the order of `_id` so far.
_LIST_QUERY = "sort=_id"


def unix_ms() -> int:
    return time.time_ns() // 1_000_000


class Documents:
    def __init__(
        self,
        repository: Repository,
        instance: Instance,
        clock: Callable[[], int] = unix_ms,
    ) -> None:
        self._repository = repository
        self._schema = instance.schema
        self._indexes = instance.indexes
        self._cursors = CursorSigner(instance.cursor_key)
        self._clock = clock
        self._new_id = IdGenerator(clock)

    async def create(self, body: bytes) -> Document:
        """Store a JSON object. Raises MalformedJson, InvalidDocument, DuplicateDocument."""
        fields = decode_object(body, _NAMES_A_CLIENT_MAY_SET)
        document_id = _chosen_id(fields.pop(ID)) if ID in fields else self._new_id()
        self._schema.check(fields)
        check_unique_values(self._indexes, fields)
        document = new_document(document_id, new_etag(), from_unix_ms(self._clock()), fields)
        await self._repository.insert(document)
        return document

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


def _chosen_id(value: object) -> str:
    if isinstance(value, str) and is_document_id(value):
        return value
    detail = "an _id is a string of 1 to 128 letters, digits, '_' and '-'; leave it out to be given one"
    raise InvalidDocument((Violation(f"/{ID}", "invalid-id", detail),))
