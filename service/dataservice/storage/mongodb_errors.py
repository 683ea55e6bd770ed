"""Driver errors become the service's own here, once; their text goes to the log at most."""

import logging
from types import TracebackType

from pymongo.errors import DocumentTooLarge, DuplicateKeyError, OperationFailure, PyMongoError

from dataservice.domain.index import Index
from dataservice.errors import (
    EventsGone,
    EventsNotSupported,
    IndexConflict,
    IndexRefused,
    InvalidDocument,
    StoreAuthFailed,
    StoreUnavailable,
    Violation,
)

_log = logging.getLogger(__name__)

# https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml; 8000 is Atlas' own.
AUTHENTICATION_FAILED = 18
_NOT_AUTHORIZED = frozenset({13, 8000})
_AUTH_CODES = _NOT_AUTHORIZED | {AUTHENTICATION_FAILED}
_VALIDATION_FAILED = 121
_PARALLEL_ARRAYS = 171
_ANOTHER_INDEX = (
    "another index has the fields or the name of that on {fields}, with other options: drop it in the database,"
    " or declare it alike"
)
_INDEX_CONFLICTS = {
    85: _ANOTHER_INDEX,
    86: _ANOTHER_INDEX,
    _VALIDATION_FAILED: "documents that exist break the validator of the collection: correct them, and the index"
    " on {fields} can be made",
    _PARALLEL_ARRAYS: "documents that exist have arrays in more than one of {fields}: change them, or leave all"
    " but one of these fields out of the index",
    11000: "documents that exist share their {fields}: change them, or drop 'unique'",
}


# Of a server that is no replica set, and of those that speak MongoDB's protocol without change streams.
_NO_CHANGE_STREAMS = frozenset({40573, 40324, 59, 115, 238, 303})
# The resume token is older than the oplog, follows a dropped collection, or is of another one or another server's.
_HISTORY_LOST = frozenset({286, 280, 260, 9})


class DriverErrors:
    """A context in which PyMongo's errors (Motor's are the same) and time-outs turn into the service's."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if isinstance(error, DocumentTooLarge):
            raise _refused("too-large", "MongoDB keeps documents of at most 16 MB") from error
        if isinstance(error, PyMongoError | TimeoutError) and not isinstance(error, DuplicateKeyError):
            raise _translated(error, self._where) from error


def _translated(error: PyMongoError | TimeoutError, where: str) -> Exception:
    code = error.code if isinstance(error, OperationFailure) else None
    if code == _VALIDATION_FAILED:
        return _refused("collection-validator", "the collection has a validator of its own that refuses this")
    if code == _PARALLEL_ARRAYS:
        return _refused(
            "parallel-arrays", "one index is over several of its fields, and two of them are arrays"
        )
    _log.warning("MongoDB at %s: %s, code %s", where, type(error).__name__, code)
    return StoreAuthFailed(where) if code in _AUTH_CODES else StoreUnavailable(where)


def _refused(code: str, detail: str) -> InvalidDocument:
    return InvalidDocument((Violation("", code, detail),))


def duplicate_fields(error: DuplicateKeyError) -> tuple[str, ...]:
    """Which index was broken; empty if the server does not say."""
    return tuple((error.details or {}).get("keyPattern", ()))


def watch_error(error: OperationFailure) -> EventsGone | EventsNotSupported | None:
    """What of a change stream's errors is its own; None is an error like that of any request."""
    if error.code in _NO_CHANGE_STREAMS:
        return EventsNotSupported()
    return EventsGone() if error.code in _HISTORY_LOST else None


def index_error(error: OperationFailure, index: Index, namespace: str) -> IndexConflict | IndexRefused:
    """Why the server did not make an index of a collection, in words that name both and nothing of its text."""
    fields = ", ".join(index.paths)
    if conflict := _INDEX_CONFLICTS.get(error.code or 0):
        return IndexConflict(conflict.format(fields=fields))
    if error.code in _NOT_AUTHORIZED:
        return IndexRefused(
            f"the configured user may not make the index on {fields}: grant it the right createIndex on"
            f" {namespace}, which the role readWrite has"
        )
    return IndexRefused(f"the database refuses the index on {fields}, with its error code {error.code}")
