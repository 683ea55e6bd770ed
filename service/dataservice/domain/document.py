"""The document: the client's JSON object and four fields of the server."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from dataservice.domain.timestamps import rfc3339

ID = "_id"
ETAG = "_etag"
CREATED_AT = "_created_at"
UPDATED_AT = "_updated_at"
REQUEST = "_request"
"""Kept beside the document where a store has one place for all; never shown."""
SERVER_FIELDS = frozenset({ID, ETAG, CREATED_AT, UPDATED_AT})

_encode = msgspec.json.Encoder().encode


class Document(msgspec.Struct, frozen=True):
    """A document about to be written.

    `fields` is what typed stores keep; `json` is the whole document as clients see it, encoded once
    for the store that keeps text and for the answer.
    """

    id: str
    etag: str
    created_at: datetime
    updated_at: datetime
    fields: Mapping[str, Any]
    json: bytes
    request: str | None = None
    """The hash of the request that stored it under an idempotency key."""


class Stored(msgspec.Struct, frozen=True):
    """A document as a store hands it back. `etag` is None where another program wrote it."""

    id: str
    etag: str | None
    json: bytes
    request: str | None = None
    """As in Document; for comparison, never for clients."""
    native: Any = None
    """The store's own form of it, where that says more than JSON; for the store alone."""


def new_document(
    document_id: str,
    etag: str,
    now: datetime,
    fields: Mapping[str, Any],
    *,
    created_at: datetime | None = None,
    request: str | None = None,
) -> Document:
    """`created_at` is given for a new version of a document that exists."""
    updated = rfc3339(now)
    created = updated if created_at is None else rfc3339(created_at)
    server = {ETAG: etag, CREATED_AT: created, UPDATED_AT: updated}
    whole = _encode({ID: document_id, **fields, **server})
    return Document(document_id, etag, created_at or now, now, fields, whole, request)
