"""A stream of bytes as lines, in bounded memory."""

from collections.abc import Iterator

import msgspec


class Line(msgspec.Struct, frozen=True):
    number: int
    """The first is 1."""
    content: bytes | None
    """Without its end; None where it is too long to be kept."""


class LineSplitter:
    """Lines end with a line feed, the last one with the stream; what is blank is passed over, and counted."""

    def __init__(self, most: int) -> None:
        """Of a line with more bytes only the number is kept."""
        self._most = most
        self._number = 0
        self._begun = bytearray()
        self._too_long = False

    def feed(self, chunk: bytes) -> Iterator[Line]:
        first, *others = chunk.split(b"\n")
        self._grow(first)
        for each in others:
            yield from self.end()
            self._grow(each)

    def end(self) -> Iterator[Line]:
        """The line that was begun, if it has anything in it."""
        self._number += 1
        content, too_long = bytes(self._begun), self._too_long
        self._begun.clear()
        self._too_long = False
        if too_long:
            yield Line(self._number, None)
        elif content.strip():
            yield Line(self._number, content)

    def _grow(self, part: bytes) -> None:
        if len(self._begun) + len(part) > self._most:
            self._too_long = True
            self._begun.clear()
        if not self._too_long:
            self._begun += part
