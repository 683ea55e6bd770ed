"""Each error of a request as a kind of problem: the one place that gives it its HTTP status and its code."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

from dataservice import errors
from dataservice.api import errors as api_errors
from dataservice.api.media_types import PATCHES


class Kind(NamedTuple):
    status: HTTPStatus
    code: str
    title: str
    headers: Mapping[str, str] = {}


# Whoever refuses a body unread must not take the rest of it for the next request.
_CLOSE = {"Connection": "close"}

_UNAUTHENTICATED = "The caller is not known"

TABLE: Mapping[type[Exception], Kind] = {
    errors.MalformedJson: Kind(HTTPStatus.BAD_REQUEST, "malformed-json", "The body is not JSON"),
    errors.InvalidDocument: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-document", "The document breaks the rules"
    ),
    errors.DocumentNotFound: Kind(HTTPStatus.NOT_FOUND, "document-not-found", "No such document"),
    errors.DuplicateDocument: Kind(HTTPStatus.CONFLICT, "duplicate", "A unique value is taken"),
    errors.InvalidFilter: Kind(HTTPStatus.BAD_REQUEST, "invalid-filter", "The filter cannot be used"),
    errors.InvalidSort: Kind(HTTPStatus.BAD_REQUEST, "invalid-sort", "The list cannot be sorted so"),
    errors.InvalidFields: Kind(HTTPStatus.BAD_REQUEST, "invalid-fields", "The fields cannot be chosen"),
    errors.QueryTooSlow: Kind(HTTPStatus.BAD_REQUEST, "query-too-slow", "The query takes too long"),
    errors.InvalidPatch: Kind(HTTPStatus.BAD_REQUEST, "invalid-patch", "The body is not a patch"),
    errors.PatchConflict: Kind(
        HTTPStatus.CONFLICT, "patch-conflict", "The patch does not go with the document"
    ),
    errors.PreconditionFailed: Kind(
        HTTPStatus.PRECONDITION_FAILED, "precondition-failed", "The document is another version"
    ),
    errors.PreconditionRequired: Kind(
        HTTPStatus.PRECONDITION_REQUIRED, "precondition-required", "The version is to be named"
    ),
    errors.Contended: Kind(
        HTTPStatus.CONFLICT, "contended", "The document keeps changing", {"Retry-After": "1"}
    ),
    errors.TooManyDocuments: Kind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-many-documents", "Too many documents"
    ),
    errors.LineTooLong: Kind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "line-too-long", "The line is too long"),
    errors.IdempotencyKeyReused: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused", "The key was used for something else"
    ),
    errors.IdempotencyConflict: Kind(
        HTTPStatus.CONFLICT, "idempotency-conflict", "The same request is under way", {"Retry-After": "1"}
    ),
    errors.InvalidCursor: Kind(HTTPStatus.BAD_REQUEST, "invalid-cursor", "The cursor cannot be used"),
    errors.PositionTooLong: Kind(HTTPStatus.CONFLICT, "position-too-long", "The page cannot end here"),
    errors.EventsGone: Kind(HTTPStatus.GONE, "events-gone", "The events are gone"),
    errors.EventsNotSupported: Kind(
        HTTPStatus.NOT_IMPLEMENTED, "not-implemented", "The store tells of no changes"
    ),
    errors.TooManyWatchers: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "too-many-watchers", "Too many watch", {"Retry-After": "5"}
    ),
    errors.StoreUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable", "The store is away", {"Retry-After": "1"}
    ),
    errors.CredentialsMissing: Kind(
        HTTPStatus.UNAUTHORIZED, "unauthenticated", _UNAUTHENTICATED, {"WWW-Authenticate": "Bearer"}
    ),
    errors.InvalidCredentials: Kind(
        HTTPStatus.UNAUTHORIZED,
        "unauthenticated",
        _UNAUTHENTICATED,
        {"WWW-Authenticate": 'Bearer error="invalid_token"'},
    ),
    errors.ScopeMissing: Kind(
        HTTPStatus.FORBIDDEN,
        "forbidden",
        "The caller may not do this",
        {"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
    ),
    errors.KeySetUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "key-set-unavailable",
        "Tokens cannot be checked",
        {"Retry-After": "5"},
    ),
    errors.RateExceeded: Kind(HTTPStatus.TOO_MANY_REQUESTS, "rate-exceeded", "Too many requests"),
    api_errors.UnknownParameter: Kind(HTTPStatus.BAD_REQUEST, "unknown-parameter", "Unknown query parameter"),
    api_errors.InvalidParameter: Kind(HTTPStatus.BAD_REQUEST, "invalid-parameter", "Invalid query parameter"),
    api_errors.InvalidHeader: Kind(HTTPStatus.BAD_REQUEST, "invalid-header", "Invalid header field"),
    api_errors.UnsupportedPatchType: Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body is not sent as a patch",
        {"Accept-Patch": ", ".join(PATCHES)},
    ),
    api_errors.InvalidIdempotencyKey: Kind(
        HTTPStatus.BAD_REQUEST, "invalid-idempotency-key", "The idempotency key cannot be used"
    ),
    api_errors.UnsupportedMediaType: Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body is not sent as JSON",
        {"Accept-Post": "application/json"},
    ),
    api_errors.MalformedRequest: Kind(
        HTTPStatus.BAD_REQUEST, "malformed-request", "The request is not HTTP/1.1", _CLOSE
    ),
    api_errors.RequestTimeout: Kind(
        HTTPStatus.REQUEST_TIMEOUT, "request-timeout", "The request arrives too slowly", _CLOSE
    ),
    api_errors.Overloaded: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", "Too many requests at once", {"Retry-After": "1"}
    ),
    api_errors.LinesExpected: Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body is not sent as lines of JSON",
        {"Accept-Post": "application/x-ndjson, application/jsonl"},
    ),
    api_errors.BodyTooLarge: Kind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", "The body is too large", _CLOSE
    ),
    api_errors.UrlTooLong: Kind(
        HTTPStatus.REQUEST_URI_TOO_LONG, "url-too-long", "The URL is too long", _CLOSE
    ),
    api_errors.HeadersTooLarge: Kind(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", "The headers are too large", _CLOSE
    ),
}
INTERNAL = Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "The service failed")
NOT_FOUND = Kind(HTTPStatus.NOT_FOUND, "not-found", "No such path")
METHOD_NOT_ALLOWED = Kind(HTTPStatus.METHOD_NOT_ALLOWED, "method-not-allowed", "Not with this method")

KINDS = tuple(
    {
        kind.code: kind for kind in reversed((*TABLE.values(), NOT_FOUND, METHOD_NOT_ALLOWED, INTERNAL))
    }.values()
)
"""Every problem that a client may meet, each code once."""

CODES = tuple(dict.fromkeys(kind.code for kind in (*TABLE.values(), INTERNAL)))
"""Beside those of what the framework refuses."""
