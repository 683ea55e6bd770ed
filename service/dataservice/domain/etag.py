"""Entity tags: opaque, new at every write."""

import re

from dataservice.domain.entropy import random_bytes

_PATTERN = re.compile("[0-9a-f]{16}")


def new_etag() -> str:
    return random_bytes()[:8].hex()


def is_etag(value: object) -> bool:
    """Whether `new_etag` could have made it: another program's text may not even fit into a header."""
    return isinstance(value, str) and _PATTERN.fullmatch(value) is not None


def quoted(etag: str) -> str:
    return f'"{etag}"'


def matches(if_none_match: str, etag: str) -> bool:
    """Whether an If-None-Match header names this tag (RFC 9110 section 13.1.2, weak comparison)."""
    if if_none_match.strip() == "*":
        return True
    candidates = (part.strip().removeprefix("W/") for part in if_none_match.split(","))
    return quoted(etag) in candidates
