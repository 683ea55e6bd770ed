"""Driver errors become the service's own here, once; their text goes to the log at most."""

import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from pymongo.errors import BulkWriteError, DocumentTooLarge, DuplicateKeyError, OperationFailure, PyMongoError

from dataservice.domain.index import Index
from dataservice.errors import (
    DuplicateDocument,
    EventsGone,
    EventsNotSupported,
    IndexConflict,
    IndexRefused,
    InvalidDocument,
    QueryTooSlow,
    StoreAuthFailed,
    StoreUnavailable,
    Violation,
    let_go,
)

_log = logging.getLogger(__name__)

# https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml; 8000 is Atlas' own.
AUTHENTICATION_FAILED = 18
_NOT_AUTHORIZED = frozenset({13, 8000})
_AUTH_CODES = _NOT_AUTHORIZED | {AUTHENTICATION_FAILED}
# As the driver's DuplicateKeyError has it.
DUPLICATE_KEY = frozenset({11000, 11001, 12582})
_TOO_LARGE = 10334
_VALIDATION_FAILED = 121
_PARALLEL_ARRAYS = 171
# maxTimeMS is over; or a sort without an index needs more memory than the server gives it.
_QUERY_GIVEN_UP = frozenset({50, 292})
_FIELD_NAMES = frozenset({52, 57})
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
        if not isinstance(error, PyMongoError | DocumentTooLarge | TimeoutError):
            return
        let_go(error)  # one of the driver's frames holds it
        if isinstance(error, DocumentTooLarge):
            raise _too_large() from error
        if not _tells_of_documents(error):
            code = error.code if isinstance(error, OperationFailure) else None
            raise _translated(code, type(error).__name__, self._where) from error


def _tells_of_documents(error: Exception) -> bool:
    """What was not acknowledged by a majority may be lost, whatever is said of single documents."""
    if isinstance(error, BulkWriteError):
        return not error.details.get("writeConcernErrors")
    return isinstance(error, DuplicateKeyError)


def write_error(told: Mapping[str, Any], where: str) -> Exception:
    """Why one document of several was not stored, from what a BulkWriteError says of it."""
    if told["code"] in DUPLICATE_KEY:
        return DuplicateDocument(duplicate_fields(told))
    return _translated(told["code"], "WriteError", where)


def _translated(code: int | None, kind: str, where: str) -> Exception:
    if code == _TOO_LARGE:
        return _too_large()
    if code == _VALIDATION_FAILED:
        return _refused("collection-validator", "the collection has a validator of its own that refuses this")
    if code == _PARALLEL_ARRAYS:
        return _refused(
            "parallel-arrays", "one index is over several of its fields, and two of them are arrays"
        )
    if code in _QUERY_GIVEN_UP:
        return QueryTooSlow()
    if code in _FIELD_NAMES:
        return _refused(
            "field-name", "another program gave it a field whose name the database does not take in a change"
        )
    _log.warning("MongoDB at %s: %s, code %s", where, kind, code)
    return StoreAuthFailed(where) if code in _AUTH_CODES else StoreUnavailable(where)


def _too_large() -> InvalidDocument:
    return _refused("too-large", "MongoDB keeps documents of at most 16 MB")


def _refused(code: str, detail: str) -> InvalidDocument:
    return InvalidDocument((Violation("", code, detail),))


def duplicate_fields(told: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Which index was broken; empty if the server does not say."""
    return tuple((told or {}).get("keyPattern", ()))


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
