"""The header fields of conditional requests (RFC 9110 section 13.1), as far as they guard changes."""

import re
from collections.abc import Sequence

from starlette.datastructures import Headers

from dataservice.api.errors import InvalidHeader
from dataservice.domain.precondition import Preconditions, Tags

# Section 8.8.3; a list may have empty elements (section 5.6.1). Starlette reads header fields as Latin-1.
_ELEMENT = re.compile(r'[ \t]*(?:(?P<weak>W/)?"(?P<tag>[\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(?:,|\Z)')


def read(headers: Headers) -> Preconditions:
    """Raises InvalidHeader for a field that is sent and no list of entity tags. `If-Unmodified-Since` is ignored: a
    document has no Last-Modified (section 13.1.4).
    """
    return Preconditions(_tags(headers, "If-Match"), _tags(headers, "If-None-Match"))


def refuse(headers: Headers, *names: str) -> None:
    """Raise InvalidHeader for fields that have no meaning here, and whose sender expects one."""
    for name in names:
        if name in headers:
            raise InvalidHeader(f"{name} is not taken with this request")


def _tags(headers: Headers, name: str) -> Tags | None:
    given = headers.getlist(name)
    if not given:
        return None
    if [each.strip() for each in given] == ["*"]:
        return Tags(anything=True)
    tags = _parsed(given)
    if not tags:
        raise InvalidHeader(
            f'{name} is "*" or a list of entity tags, such as "0123456789abcdef" in its quotes'
        )
    strong = frozenset(tag for tag, weak in tags if not weak)
    return Tags(strong=strong, weak=frozenset(tag for tag, weak in tags if weak))


def _parsed(given: Sequence[str]) -> list[tuple[str, bool]]:
    """Tags, and whether they are weak; none if the field is malformed."""
    text, at, tags = ",".join(given), 0, []
    while at < len(text):
        found = _ELEMENT.match(text, at)
        if found is None:
            return []
        if found["tag"] is not None:
            tags.append((found["tag"], found["weak"] is not None))
        at = found.end()
    return tags
