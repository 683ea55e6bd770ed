"""What can go wrong, in the domain's own words. HTTP statuses are given in `api/problems.py` only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: where (RFC 6901 pointer), which (a stable code), and a sentence for a person."""

    pointer: str
    code: str
    detail: str


def let_go(error: BaseException) -> None:
    """Forget where an error, and those that led to it, came from: for whom it has reached, and who tells no traceback.

    A frame that has the error in a variable is a ring with it. Only the garbage collector would find that, with all
    that the frame holds (docs/adr/0012-a-collector-that-looks-seldom.md).
    """
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        link.__traceback__ = None
        link = link.__cause__ or link.__context__


class DataServiceError(Exception):
    """Parent of every error that this service raises on purpose."""


class InvalidSettings(DataServiceError):
    """A variable or a file it names cannot be used: one line that names it and never shows a secret."""


class MalformedJson(DataServiceError):
    """The body is not JSON text (RFC 8259)."""


class InvalidDocument(DataServiceError):
    """The body is JSON but not a document that may be stored. There is at least one violation."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        first = violations[0]
        one = f"{first.pointer}: {first.detail}" if first.pointer else first.detail
        super().__init__(one if len(violations) == 1 else f"{len(violations)} rules are broken: see 'errors'")
        self.violations = violations


class TooManyDocuments(DataServiceError):
    def __init__(self, most: int) -> None:
        super().__init__(
            f"an array of more than {most} documents: send several requests, or POST /data:import"
        )


class LineTooLong(DataServiceError):
    def __init__(self, most: int) -> None:
        super().__init__(f"the line is longer than {most} bytes")


class DocumentNotFound(DataServiceError):
    def __init__(self, document_id: str) -> None:
        super().__init__(f"no document has the _id {document_id!r}")


class DuplicateDocument(DataServiceError):
    """A unique value is taken. `fields` names the index: `("_id",)` or the fields of a unique index."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__(f"another document has the same {', '.join(fields) or 'unique value'}")
        self.fields = fields


class InvalidFilter(DataServiceError):
    """The filter is not one that this service takes; the text names the place in it."""


class InvalidSort(DataServiceError):
    """A list cannot be in this order; the text says why."""


class InvalidFields(DataServiceError):
    """A document has no such fields to choose."""


class QueryTooSlow(DataServiceError):
    """A query was given up, since it took longer than one may."""

    def __init__(self) -> None:
        super().__init__("the query takes too long: ask for less, or filter by a field that has an index")


class InvalidPatch(DataServiceError):
    """The body is JSON but not a patch (RFC 6902); the text repeats nothing of it."""


class PatchConflict(DataServiceError):
    """An operation of a patch does not go with the document as it is; nothing is changed."""

    def __init__(self, operation: int, reason: str) -> None:
        super().__init__(f"operation {operation}: {reason}")


class PreconditionFailed(DataServiceError):
    def __init__(self, field: str) -> None:
        super().__init__(f"the document is not as {field} demands: read it again")


class PreconditionRequired(DataServiceError):
    def __init__(self) -> None:
        super().__init__("send If-Match with the ETag of the version that is to be changed")


class Contended(DataServiceError):
    """Others changed the document each time that it was tried; nothing is changed."""

    def __init__(self) -> None:
        super().__init__("others keep changing this document: nothing was stored, try again")


class IdempotencyKeyReused(DataServiceError):
    def __init__(self) -> None:
        super().__init__(
            "the Idempotency-Key was used for another body: each new request has a key of its own"
        )


class IdempotencyConflict(DataServiceError):
    """A request by the same key stored the document, and the store does not show it yet."""

    def __init__(self) -> None:
        super().__init__("a request by the same Idempotency-Key is under way: try again")


class InvalidCursor(DataServiceError):
    """The cursor was not made by this service for this query."""


class PositionTooLong(DataServiceError):
    """A page ends at a document whose `_id` and other values of the sort no cursor can hold."""

    def __init__(self) -> None:
        super().__init__(
            "the page ends at a document whose _id or sorted values no cursor can hold: ask for another limit"
        )


class EventsGone(DataServiceError):
    """What happened after a position is not known any more."""

    def __init__(self) -> None:
        super().__init__(
            "what happened since then is not kept any more: read the documents, and watch from now on"
        )


class EventsNotSupported(DataServiceError):
    """This store does not tell what happens to documents."""

    def __init__(self) -> None:
        super().__init__("the database does not tell of changes; MongoDB does as a replica set")


class TooManyWatchers(DataServiceError):
    def __init__(self, most: int) -> None:
        super().__init__(f"{most} watch already, which is the most that this process serves; try again")


class StoreUnavailable(DataServiceError):
    """The store did not answer in time. `where` names host and port or the file, never a credential."""

    def __init__(self, where: str) -> None:
        super().__init__(f"the store at {where} does not answer")
        self.where = where


class StoreAuthFailed(StoreUnavailable):
    """The store answers and refuses our credentials or our rights."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.args = (f"the store at {where} refuses the configured credentials or grants too few rights",)


class IndexConflict(DataServiceError):
    """A declared index does not go with what the store holds: documents, or another index. Only a person can
    resolve it.
    """


class IndexRefused(DataServiceError):
    """The store will not make a declared index, for want of a right or by a rule of its own."""


class CredentialsError(DataServiceError):
    """Parent of what keeps a caller out."""


class CredentialsMissing(CredentialsError):
    def __init__(self) -> None:
        super().__init__(
            "send 'Authorization: Bearer' with an API key or a token, as this service was set up for"
        )


class InvalidCredentials(CredentialsError):
    """The key or token says nothing that is believed here; the text is for the caller and repeats none of it."""


class ScopeMissing(CredentialsError):
    """The caller is known and may not do this."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"the key or token lacks the scope to {scope} documents")


class KeySetUnavailable(CredentialsError):
    """The keys with which tokens are checked could never be fetched."""

    def __init__(self) -> None:
        super().__init__("the keys that tokens are checked with cannot be fetched yet; try again")


class RateExceeded(DataServiceError):
    def __init__(self, rate: int) -> None:
        super().__init__(f"more than {rate} requests a second of this caller; see Retry-After")
