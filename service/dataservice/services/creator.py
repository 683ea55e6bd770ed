"""New documents."""

import time
from collections.abc import Callable

from dataservice.domain.document import ID, Document, new_document
from dataservice.domain.etag import new_etag
from dataservice.domain.ids import IdGenerator, is_document_id
from dataservice.domain.index import check_unique_values
from dataservice.domain.json_rules import decode_object
from dataservice.domain.repository import Repository
from dataservice.domain.timestamps import from_unix_ms
from dataservice.errors import InvalidDocument, Violation
from dataservice.services.instance import Instance

_NAMES_A_CLIENT_MAY_SET = frozenset({ID})


def unix_ms() -> int:
    return time.time_ns() // 1_000_000


class Creator:
    def __init__(
        self, repository: Repository, instance: Instance, clock: Callable[[], int] = unix_ms
    ) -> None:
        self._repository = repository
        self._schema = instance.schema
        self._indexes = instance.indexes
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


def _chosen_id(value: object) -> str:
    if isinstance(value, str) and is_document_id(value):
        return value
    detail = "an _id is a string of 1 to 128 letters, digits, '_' and '-'; leave it out to be given one"
    raise InvalidDocument((Violation(f"/{ID}", "invalid-id", detail),))
