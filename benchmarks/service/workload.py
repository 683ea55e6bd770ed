"""What is sent: one order of an everyday size, and the JSON Schema that says what the baseline's models say."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

ORDER: Final[dict[str, Any]] = {
    "number": 100_234,
    "customer": {"name": "Ada Lovelace", "email": "ada@example.com"},
    "lines": [
        {"sku": "KEYBOARD-DE-01", "quantity": 1, "price": 89.9},
        {"sku": "MONITOR-27-4K", "quantity": 2, "price": 379.0},
        {"sku": "CABLE-USB-C-2M", "quantity": 4, "price": 12.5},
    ],
    "paid": True,
    "note": "Leave it with the neighbours.",
}
_TEXT: Final = {"type": "string", "minLength": 1}
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["number", "customer", "lines", "paid"],
    "properties": {
        "number": {"type": "integer", "minimum": 1},
        "customer": {
            "type": "object",
            "required": ["name", "email"],
            "properties": {
                "name": {**_TEXT, "maxLength": 100},
                "email": {"type": "string", "pattern": "^[^@]+@[^@]+$"},
            },
        },
        "lines": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["sku", "quantity", "price"],
                "properties": {
                    "sku": {**_TEXT, "maxLength": 40},
                    "quantity": {"type": "integer", "minimum": 1},
                    "price": {"type": "number", "minimum": 0},
                },
            },
        },
        "paid": {"type": "boolean"},
        "note": {"type": ["string", "null"]},
    },
}
BODY: Final = msgspec.json.encode(ORDER)
BULK: Final = 100
"""Documents of one array."""

IMPORTED: Final = 2000
"""Lines of one import."""

_ARRAY: Final = b"[%b]" % b",".join([BODY] * BULK)
_LINES: Final = (BODY + b"\n") * IMPORTED


def post(path: str, body: bytes, media_type: str = "application/json") -> bytes:
    """A whole HTTP/1.1 request, with the headers that an application's client sends."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: benchmark\r\nAccept: */*\r\n"
        f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str) -> bytes:
    return (
        b"GET %b HTTP/1.1\r\nHost: localhost\r\nUser-Agent: benchmark\r\nAccept: */*\r\n\r\n" % path.encode()
    )


def gets(ids: Sequence[str]) -> list[bytes]:
    return [get(f"/data/{each}") for each in ids]


def bulk(path: str) -> bytes:
    return post(path, _ARRAY)


def lines(path: str) -> bytes:
    return post(path, _LINES, "application/x-ndjson")
