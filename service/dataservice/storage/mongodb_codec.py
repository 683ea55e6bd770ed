"""Between documents and what the collection holds.

`_created_at` and `_updated_at` are kept as BSON dates, not as text: TTL indexes, range queries of other
tools and the aggregation framework expect dates, and a BSON date holds exactly the milliseconds that
clients see. Documents that other programs wrote are shown as JSON too, whatever types they hold.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
from bson import Binary, DBRef, Int64, MaxKey, MinKey, Regex, Timestamp
from bson.datetime_ms import DatetimeMS

from dataservice.domain.document import CREATED_AT, ETAG, ID, REQUEST, UPDATED_AT, Document, Stored
from dataservice.domain.etag import is_etag
from dataservice.domain.timestamps import rfc3339_of_unix_ms

_INSTANTS: Final = (CREATED_AT, UPDATED_AT)
_OBJECT_ID: Final = re.compile("[0-9a-fA-F]{24}")


def to_bson(document: Document) -> dict[str, Any]:
    request = {} if document.request is None else {REQUEST: document.request}
    return {
        ID: document.id,
        **document.fields,
        ETAG: document.etag,
        CREATED_AT: document.created_at,
        UPDATED_AT: document.updated_at,
        **request,
    }


def from_bson(raw: dict[str, Any], native: dict[str, Any] | None = None) -> Stored:
    shown = dict(raw)
    etag, request = shown.get(ETAG), shown.pop(REQUEST, None)
    for name in _INSTANTS:  # each document has them: to have the encoder ask costs twice as much
        value = shown.get(name)
        if type(value) is DatetimeMS:
            shown[name] = _instant(int(value))
    return Stored(
        shown_id(raw[ID]),
        etag if is_etag(etag) else None,
        _encode(shown),
        request if isinstance(request, str) else None,
        native,
    )


def replacement(raw: dict[str, Any], new: Document) -> dict[str, Any]:
    """The new version of a raw document. What is shown as before stays as it is: a client that changes another field,
    or sends back what it has read, knows nothing of a date or a decimal.
    """
    fields = {
        name: _restored(raw[name], value) if name in raw else value for name, value in new.fields.items()
    }
    kept = {REQUEST: raw[REQUEST]} if REQUEST in raw else {}
    return {**to_bson(new), **fields, **kept, ID: raw[ID]}


def _restored(raw: Any, new: Any) -> Any:
    if _encode(raw) == _encode(new):
        return raw
    if isinstance(raw, dict) and isinstance(new, dict):
        return {name: _restored(raw[name], value) if name in raw else value for name, value in new.items()}
    if isinstance(raw, list) and isinstance(new, list):
        known = {_encode(each): each for each in raw}  # an element may have moved
        return [_element(known, raw[at] if at < len(raw) else None, value) for at, value in enumerate(new)]
    return new


def _element(known: Mapping[bytes, Any], raw: Any, new: Any) -> Any:
    text = _encode(new)
    return known[text] if text in known else _restored(raw, new)


def shows_object_id(value: object) -> bool:
    """Whether it is the text that an ObjectId is shown as. `ObjectId.is_valid` takes bytes too, and answers no by an
    exception that it catches, for each new document.
    """
    return isinstance(value, str) and _OBJECT_ID.fullmatch(value) is not None


def shown_id(value: object) -> str:
    return value if isinstance(value, str) else str(value)


def _json(value: Any) -> Any:
    """How a BSON type without a JSON twin is shown (called by the encoder for types it does not know)."""
    show = _SHOWN.get(type(value), str)
    return show(value)


@lru_cache(maxsize=4096)
def _instant(milliseconds: int) -> str | int:
    try:
        return rfc3339_of_unix_ms(milliseconds)
    except (ValueError, OverflowError):  # outside of the years 1 to 9999: the number says it exactly
        return milliseconds


_SHOWN: Mapping[type, Callable[[Any], Any]] = {
    Int64: int,
    DatetimeMS: lambda value: _instant(int(value)),
    Binary: lambda value: b64encode(value).decode(),
    Timestamp: lambda value: rfc3339_of_unix_ms(value.time * 1000),
    Regex: lambda value: value.pattern,
    DBRef: lambda value: {"$ref": value.collection, "$id": value.id},
    MinKey: lambda _: None,
    MaxKey: lambda _: None,
}
_encode = msgspec.json.Encoder(enc_hook=_json).encode
