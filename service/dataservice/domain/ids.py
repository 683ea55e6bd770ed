"""Document ids: UUIDv7 made here, or chosen by the client."""

import re
from collections.abc import Callable

from dataservice.domain.entropy import random_bytes

# No colon, so that `/data/{id}:verb` stays free.
_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)

_RANDOM_COUNTER_BITS = 0x7FF
_COUNTER_MAX = 0xFFF
_RANDOM_B = 0x3FFF_FFFF_FFFF_FFFF
_VERSION = 0x7 << 76
_VERSION_8 = 0x8 << 76
_VARIANT = 0b10 << 62


def is_document_id(text: str) -> bool:
    return _PATTERN.fullmatch(text) is not None


class IdGenerator:
    """UUIDv7 (RFC 9562 section 5.7) whose order is the order of the calls, also within a millisecond.

    `rand_a` is a counter that starts at a random value each millisecond (section 6.2, method 1). When it
    overflows, or when the clock steps back, the timestamp runs ahead of the clock instead of repeating.
    """

    def __init__(self, unix_ms: Callable[[], int]) -> None:
        self._unix_ms = unix_ms
        self._last_ms = -1
        self._counter = 0

    def __call__(self) -> str:
        now = self._unix_ms()
        random = int.from_bytes(random_bytes()[:10])
        if now > self._last_ms:
            self._last_ms, self._counter = now, random >> 64 & _RANDOM_COUNTER_BITS
        elif self._counter < _COUNTER_MAX:
            self._counter += 1
        else:
            self._last_ms, self._counter = self._last_ms + 1, 0
        bits = (self._last_ms & 0xFFFF_FFFF_FFFF) << 80 | _VERSION | self._counter << 64
        return _text(bits | _VARIANT | random & _RANDOM_B)


def uuid8(digest: bytes) -> str:
    """A UUIDv8 (RFC 9562 section 5.8) of the first 122 free bits of a digest of at least 128."""
    bits = int.from_bytes(digest[:16])
    upper = bits & ~((0xF << 76) | ((1 << 64) - 1))
    return _text(upper | _VERSION_8 | _VARIANT | bits & _RANDOM_B)


def _text(bits: int) -> str:
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
