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


def post(path: str, body: bytes) -> bytes:
    """A whole HTTP/1.1 request, with the headers that an application's client sends."""
    return (
        b"POST %b HTTP/1.1\r\nHost: localhost\r\nUser-Agent: benchmark\r\nAccept: */*\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body)
    )


def get(path: str) -> bytes:
    return (
        b"GET %b HTTP/1.1\r\nHost: localhost\r\nUser-Agent: benchmark\r\nAccept: */*\r\n\r\n" % path.encode()
    )


def gets(ids: Sequence[str]) -> list[bytes]:
    return [get(f"/data/{each}") for each in ids]
