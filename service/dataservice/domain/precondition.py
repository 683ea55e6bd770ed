"""What a client demands of a document's version before it is changed (RFC 9110 section 13)."""

import msgspec

from dataservice.domain.document import Stored
from dataservice.errors import PreconditionFailed


class Tags(msgspec.Struct, frozen=True):
    """The entity tags of one header field, without their quotes."""

    anything: bool = False
    """The field is `*`."""
    strong: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()


class Preconditions(msgspec.Struct, frozen=True):
    """None: the client did not send the field."""

    if_match: Tags | None = None
    if_none_match: Tags | None = None

    def check(self, current: Stored | None) -> None:
        """Raise PreconditionFailed, in the order of section 13.2.2. `*` alone matches a document without an ETag."""
        if self.if_match and not _matches(self.if_match, current, self.if_match.strong):
            raise PreconditionFailed("If-Match")
        if self.if_none_match:
            weakly = self.if_none_match.strong | self.if_none_match.weak
            if _matches(self.if_none_match, current, weakly):
                raise PreconditionFailed("If-None-Match")


def _matches(tags: Tags, current: Stored | None, comparable: frozenset[str]) -> bool:
    if current is None:
        return False
    return tags.anything or current.etag in comparable
