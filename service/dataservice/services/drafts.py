"""Documents that may be stored, from the objects that clients send."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from dataservice.domain.document import ID, Document, new_document
from dataservice.domain.etag import new_etag
from dataservice.domain.idempotency import KeyedRequest
from dataservice.domain.ids import IdGenerator, is_document_id
from dataservice.domain.index import check_unique_values
from dataservice.domain.json_limits import violations_of_each
from dataservice.domain.timestamps import from_unix_ms
from dataservice.errors import InvalidDocument, Violation
from dataservice.services.instance import Instance

NAMES_A_CLIENT_MAY_SET: Final = frozenset({ID})


def unix_ms() -> int:
    return time.time_ns() // 1_000_000


class Drafts:
    def __init__(self, instance: Instance, clock: Callable[[], int] = unix_ms) -> None:
        self._schema = instance.schema
        self._indexes = instance.indexes
        self._clock = clock
        self._new_id = IdGenerator(clock)

    def of(self, fields: dict[str, Any], request: KeyedRequest | None = None, index: int = 0) -> Document:
        """The document that an object becomes; its `_id` is taken out of it. Raises InvalidDocument."""
        document_id = self._id(fields, request, index)
        self._schema.check(fields)
        check_unique_values(self._indexes, fields)
        now = from_unix_ms(self._clock())
        return new_document(document_id, new_etag(), now, fields, request=request.hash if request else None)

    def of_each(
        self, items: Sequence[dict[str, Any] | InvalidDocument], request: KeyedRequest | None = None
    ) -> list[Document | InvalidDocument]:
        """The same of each item."""
        share = violations_of_each(len(items))
        return [
            item if isinstance(item, InvalidDocument) else self._attempt(item, request, index, share)
            for index, item in enumerate(items)
        ]

    def _attempt(
        self, fields: dict[str, Any], request: KeyedRequest | None, index: int, most: int
    ) -> Document | InvalidDocument:
        try:
            return self.of(fields, request, index)
        except InvalidDocument as error:
            return InvalidDocument(error.violations[:most])

    def _id(self, fields: dict[str, Any], request: KeyedRequest | None, index: int) -> str:
        if ID not in fields:
            return request.document_id(index) if request else self._new_id()
        if request:
            raise _refused("id-with-key", "the Idempotency-Key makes the _id: leave one of the two out")
        value = fields.pop(ID)
        if isinstance(value, str) and is_document_id(value):
            return value
        raise _refused(
            "invalid-id",
            "an _id is a string of 1 to 128 letters, digits, '_' and '-'; leave it out to be given one",
        )


def _refused(code: str, detail: str) -> InvalidDocument:
    return InvalidDocument((Violation(f"/{ID}", code, detail),))
