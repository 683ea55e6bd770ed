"""Between documents and what the collection holds.

`_created_at` and `_updated_at` are kept as BSON dates, not as text: TTL indexes, range queries of other
tools and the aggregation framework expect dates, and a BSON date holds exactly the milliseconds that
clients see. Documents that other programs wrote are shown as JSON too, whatever types they hold.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from bson import Binary, DBRef, Int64, MaxKey, MinKey, Regex, Timestamp
from bson.datetime_ms import DatetimeMS

from dataservice.domain.document import CREATED_AT, ETAG, ID, UPDATED_AT, Document, Stored
from dataservice.domain.etag import is_etag
from dataservice.domain.timestamps import rfc3339_of_unix_ms


def to_bson(document: Document) -> dict[str, Any]:
    return {
        ID: document.id,
        **document.fields,
        ETAG: document.etag,
        CREATED_AT: document.created_at,
        UPDATED_AT: document.updated_at,
    }


def from_bson(raw: dict[str, Any]) -> Stored:
    etag = raw.get(ETAG)
    return Stored(shown_id(raw[ID]), etag if is_etag(etag) else None, _encode(raw))


def shown_id(value: object) -> str:
    return value if isinstance(value, str) else str(value)


def _json(value: Any) -> Any:
    """How a BSON type without a JSON twin is shown (called by the encoder for types it does not know)."""
    show = _SHOWN.get(type(value), str)
    return show(value)


def _instant(value: DatetimeMS) -> str | int:
    try:
        return rfc3339_of_unix_ms(int(value))
    except (ValueError, OverflowError):  # outside of the years 1 to 9999: the number says it exactly
        return int(value)


_SHOWN: Mapping[type, Callable[[Any], Any]] = {
    Int64: int,
    DatetimeMS: _instant,
    Binary: lambda value: b64encode(value).decode(),
    Timestamp: lambda value: rfc3339_of_unix_ms(value.time * 1000),
    Regex: lambda value: value.pattern,
    DBRef: lambda value: {"$ref": value.collection, "$id": value.id},
    MinKey: lambda _: None,
    MaxKey: lambda _: None,
}
_encode = msgspec.json.Encoder(enc_hook=_json).encode
