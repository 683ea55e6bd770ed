"""Documents for tests, made as the service makes them."""

from collections.abc import Iterable
from itertools import count
from typing import Any

from dataservice.domain.document import Document, new_document
from dataservice.domain.etag import new_etag
from dataservice.domain.ids import IdGenerator
from dataservice.domain.timestamps import from_unix_ms

NOON = 1_772_366_400_123
"""2026-03-01T12:00:00.123Z."""

_new_id = IdGenerator(count(NOON).__next__)


def document(
    fields: dict[str, Any] | None = None, *, document_id: str | None = None, request: str | None = None
) -> Document:
    return new_document(
        document_id or _new_id(), new_etag(), from_unix_ms(NOON), fields or {}, request=request
    )


def documents(fields: Iterable[dict[str, Any]]) -> list[Document]:
    return [document(each) for each in fields]
