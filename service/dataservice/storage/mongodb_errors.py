"""Driver errors become the service's own here, once; their text goes to the log at most."""

import logging
from types import TracebackType

from pymongo.errors import DocumentTooLarge, DuplicateKeyError, OperationFailure, PyMongoError

from dataservice.errors import InvalidDocument, StoreAuthFailed, StoreUnavailable, Violation

_log = logging.getLogger(__name__)

# https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml; 8000 is Atlas' own.
_AUTH_CODES = frozenset({13, 18, 8000})
_VALIDATION_FAILED = 121
_PARALLEL_ARRAYS = 171


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
