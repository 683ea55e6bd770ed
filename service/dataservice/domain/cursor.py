"""Cursors: a position in a list, signed so that clients can only send back what they were given."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from dataservice.domain.page import Position
from dataservice.errors import InvalidCursor, PositionTooLong

_MAC_BYTES = 32
_VERSION = b"1"
# What fits into a URL of 8 KiB (`api/middleware/limits.py`) beside the path and the other parameters. It is also the
# bound of many proxies for a request's first line.
_MAX_CHARACTERS = 8000


class CursorSigner:
    """HMAC-SHA256 over the query and the position, so that a cursor fits its own query only."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, position: Position, query: str) -> str:
        """A cursor that `read` takes; raises PositionTooLong if it would be longer than a URL may be."""
        payload = msgspec.json.encode(position)
        cursor = urlsafe_b64encode(self._mac(payload, query) + payload).rstrip(b"=").decode()
        if len(cursor) > _MAX_CHARACTERS:
            raise PositionTooLong
        return cursor

    def read(self, cursor: str, query: str) -> Position:
        """The position of a cursor made by `sign` for the same query; raises InvalidCursor."""
        token = _decoded(cursor)
        mac, payload = token[:_MAC_BYTES], token[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(payload, query)):
            raise InvalidCursor("the cursor was not made by this service for this query")
        return msgspec.json.decode(payload)

    def _mac(self, payload: bytes, query: str) -> bytes:
        # The lengths keep (query, payload) pairs apart that would join to the same bytes.
        bound = query.encode()
        message = b"%b:%d:%b%b" % (_VERSION, len(bound), bound, payload)
        return hmac.digest(self._key, message, "sha256")


def _decoded(cursor: str) -> bytes:
    if len(cursor) > _MAX_CHARACTERS:
        raise InvalidCursor("the cursor is longer than any that this service makes")
    try:
        token = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError as error:  # also what non-ASCII text raises
        raise InvalidCursor("the cursor is not base64url text") from error
    # The decoder skips foreign characters and spare bits: one cursor has one spelling.
    if urlsafe_b64encode(token).rstrip(b"=") != cursor.encode():
        raise InvalidCursor("the cursor is not base64url text")
    return token
