"""The field `traceparent` of a request (https://www.w3.org/TR/trace-context/#traceparent-header)."""

import re

_IDS = rb"-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
# A later version may add more behind the flags; version ff is none.
_FIRST = re.compile(rb"00" + _IDS)
_LATER = re.compile(rb"(?!00|ff)[0-9a-f]{2}" + _IDS + rb"(?:-.*)?")


def trace_id(traceparent: bytes) -> str:
    """The 32 digits of the trace; empty where the field breaks the rules, which then counts as absent."""
    found = _FIRST.fullmatch(traceparent) or _LATER.fullmatch(traceparent)
    return found[1].decode() if found else ""
