"""Errors as answers: RFC 9457 problem details. The one place that gives an error its HTTP status."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from dataservice import errors, logs
from dataservice.api import errors as api_errors
from dataservice.api.media_types import PATCHES
from dataservice.domain.pointer import pointer

MEDIA_TYPE = "application/problem+json"
_TYPE_BASE = "https://dataservice.dev/problems/"
_encode = msgspec.json.Encoder().encode


class _Kind(NamedTuple):
    status: HTTPStatus
    code: str
    title: str
    headers: Mapping[str, str] = {}


# Whoever refuses a body unread must not take the rest of it for the next request.
_CLOSE = {"Connection": "close"}

_UNAUTHENTICATED = "The caller is not known"

TABLE: Mapping[type[Exception], _Kind] = {
    errors.MalformedJson: _Kind(HTTPStatus.BAD_REQUEST, "malformed-json", "The body is not JSON"),
    errors.InvalidDocument: _Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-document", "The document breaks the rules"
    ),
    errors.DocumentNotFound: _Kind(HTTPStatus.NOT_FOUND, "document-not-found", "No such document"),
    errors.DuplicateDocument: _Kind(HTTPStatus.CONFLICT, "duplicate", "A unique value is taken"),
    errors.InvalidFilter: _Kind(HTTPStatus.BAD_REQUEST, "invalid-filter", "The filter cannot be used"),
    errors.InvalidSort: _Kind(HTTPStatus.BAD_REQUEST, "invalid-sort", "The list cannot be sorted so"),
    errors.InvalidFields: _Kind(HTTPStatus.BAD_REQUEST, "invalid-fields", "The fields cannot be chosen"),
    errors.QueryTooSlow: _Kind(HTTPStatus.BAD_REQUEST, "query-too-slow", "The query takes too long"),
    errors.InvalidPatch: _Kind(HTTPStatus.BAD_REQUEST, "invalid-patch", "The body is not a patch"),
    errors.PatchConflict: _Kind(
        HTTPStatus.CONFLICT, "patch-conflict", "The patch does not go with the document"
    ),
    errors.PreconditionFailed: _Kind(
        HTTPStatus.PRECONDITION_FAILED, "precondition-failed", "The document is another version"
    ),
    errors.PreconditionRequired: _Kind(
        HTTPStatus.PRECONDITION_REQUIRED, "precondition-required", "The version is to be named"
    ),
    errors.Contended: _Kind(
        HTTPStatus.CONFLICT, "contended", "The document keeps changing", {"Retry-After": "1"}
    ),
    errors.TooManyDocuments: _Kind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-many-documents", "Too many documents"
    ),
    errors.LineTooLong: _Kind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "line-too-long", "The line is too long"),
    errors.IdempotencyKeyReused: _Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused", "The key was used for something else"
    ),
    errors.IdempotencyConflict: _Kind(
        HTTPStatus.CONFLICT, "idempotency-conflict", "The same request is under way", {"Retry-After": "1"}
    ),
    errors.InvalidCursor: _Kind(HTTPStatus.BAD_REQUEST, "invalid-cursor", "The cursor cannot be used"),
    errors.PositionTooLong: _Kind(HTTPStatus.CONFLICT, "position-too-long", "The page cannot end here"),
    errors.EventsGone: _Kind(HTTPStatus.GONE, "events-gone", "The events are gone"),
    errors.EventsNotSupported: _Kind(
        HTTPStatus.NOT_IMPLEMENTED, "not-implemented", "The store tells of no changes"
    ),
    errors.TooManyWatchers: _Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "too-many-watchers", "Too many watch", {"Retry-After": "5"}
    ),
    errors.StoreUnavailable: _Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable", "The store is away", {"Retry-After": "1"}
    ),
    errors.CredentialsMissing: _Kind(
        HTTPStatus.UNAUTHORIZED, "unauthenticated", _UNAUTHENTICATED, {"WWW-Authenticate": "Bearer"}
    ),
    errors.InvalidCredentials: _Kind(
        HTTPStatus.UNAUTHORIZED,
        "unauthenticated",
        _UNAUTHENTICATED,
        {"WWW-Authenticate": 'Bearer error="invalid_token"'},
    ),
    errors.ScopeMissing: _Kind(
        HTTPStatus.FORBIDDEN,
        "forbidden",
        "The caller may not do this",
        {"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
    ),
    errors.KeySetUnavailable: _Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "key-set-unavailable",
        "Tokens cannot be checked",
        {"Retry-After": "5"},
    ),
    errors.RateExceeded: _Kind(HTTPStatus.TOO_MANY_REQUESTS, "rate-exceeded", "Too many requests"),
    api_errors.UnknownParameter: _Kind(
        HTTPStatus.BAD_REQUEST, "unknown-parameter", "Unknown query parameter"
    ),
    api_errors.InvalidParameter: _Kind(
        HTTPStatus.BAD_REQUEST, "invalid-parameter", "Invalid query parameter"
    ),
    api_errors.InvalidHeader: _Kind(HTTPStatus.BAD_REQUEST, "invalid-header", "Invalid header field"),
    api_errors.UnsupportedPatchType: _Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body is not sent as a patch",
        {"Accept-Patch": ", ".join(PATCHES)},
    ),
    api_errors.InvalidIdempotencyKey: _Kind(
        HTTPStatus.BAD_REQUEST, "invalid-idempotency-key", "The idempotency key cannot be used"
    ),
    api_errors.UnsupportedMediaType: _Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body is not sent as JSON",
        {"Accept-Post": "application/json"},
    ),
    api_errors.MalformedRequest: _Kind(
        HTTPStatus.BAD_REQUEST, "malformed-request", "The request is not HTTP/1.1", _CLOSE
    ),
    api_errors.RequestTimeout: _Kind(
        HTTPStatus.REQUEST_TIMEOUT, "request-timeout", "The request arrives too slowly", _CLOSE
    ),
    api_errors.Overloaded: _Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", "Too many requests at once", {"Retry-After": "1"}
    ),
    api_errors.LinesExpected: _Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body is not sent as lines of JSON",
        {"Accept-Post": "application/x-ndjson, application/jsonl"},
    ),
    api_errors.BodyTooLarge: _Kind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", "The body is too large", _CLOSE
    ),
    api_errors.UrlTooLong: _Kind(
        HTTPStatus.REQUEST_URI_TOO_LONG, "url-too-long", "The URL is too long", _CLOSE
    ),
    api_errors.HeadersTooLarge: _Kind(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", "The headers are too large", _CLOSE
    ),
}
_INTERNAL = _Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "The service failed")
_NOT_FOUND = _Kind(HTTPStatus.NOT_FOUND, "not-found", "No such path")
_METHOD_NOT_ALLOWED = _Kind(HTTPStatus.METHOD_NOT_ALLOWED, "method-not-allowed", "Not with this method")

KINDS = tuple(
    {
        kind.code: kind for kind in reversed((*TABLE.values(), _NOT_FOUND, _METHOD_NOT_ALLOWED, _INTERNAL))
    }.values()
)
"""Every problem that a client may meet, each code once."""

CODES = tuple(dict.fromkeys(kind.code for kind in (*TABLE.values(), _INTERNAL)))
"""Beside those of what the framework refuses."""


class _Problem(Response):
    """Leaves its code in the scope, under `problem`, for those who count and log."""

    def __init__(self, kind: _Kind, problem: Mapping[str, Any], headers: Mapping[str, str] = {}) -> None:
        super().__init__(_encode(problem), kind.status, {**kind.headers, **headers}, MEDIA_TYPE)
        self._code = kind.code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["problem"] = self._code
        await super().__call__(scope, receive, send)


def response(error: Exception, headers: Mapping[str, str] = {}, members: Mapping[str, Any] = {}) -> Response:
    """The answer for an error of TABLE, with headers and members beside its own."""
    return _Problem(_kind(error), {**body(error), **members}, headers)


def body(error: Exception) -> dict[str, Any]:
    """The problem of an error of TABLE, for an answer that has several."""
    # A client is told that the store is away, not where it is.
    detail = (
        "the store does not answer; try again" if isinstance(error, errors.StoreUnavailable) else str(error)
    )
    return _body(_kind(error), detail, _violations(error))


def _kind(error: Exception) -> _Kind:
    return next(TABLE[each] for each in type(error).__mro__ if each in TABLE)


def code_of(error: Exception) -> str:
    return _kind(error).code


def internal() -> Response:
    return _response(_INTERNAL, "an unexpected error; the log has it under this request_id")


async def handle(_request: Request, error: Exception) -> Response:
    return response(error)


async def handle_http_exception(request: Request, error: HTTPException) -> Response:
    """What the framework itself refuses: no such route, or not with this method."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(sorted(_methods(request)))
        kind = _METHOD_NOT_ALLOWED._replace(headers={"Allow": allowed})
        return _response(kind, f"{request.method} is not possible here; allowed: {allowed}")
    if error.status_code == HTTPStatus.NOT_FOUND:
        return _response(_NOT_FOUND, "nothing is served at this path")
    status = HTTPStatus(error.status_code)
    return _response(_Kind(status, status.phrase.lower().replace(" ", "-"), status.phrase), str(error.detail))


def _methods(request: Request) -> set[str]:
    """All methods of a path: the framework knows those of its first route only."""
    routes = [each for each in request.app.routes if each.matches(request.scope)[0] is not Match.NONE]
    return set().union(*(each.methods or () for each in routes))


def _violations(error: Exception) -> list[dict[str, str]] | None:
    if isinstance(error, errors.InvalidDocument):
        return [
            {"pointer": each.pointer, "code": each.code, "detail": each.detail} for each in error.violations
        ]
    if isinstance(error, errors.DuplicateDocument):
        return [
            {"pointer": pointer(path.split(".")), "code": "duplicate", "detail": "the value is taken"}
            for path in error.fields
        ]
    return None


def _response(kind: _Kind, detail: str) -> Response:
    return Response(_encode(_body(kind, detail)), kind.status, kind.headers, MEDIA_TYPE)


def _body(kind: _Kind, detail: str, violations: list[dict[str, str]] | None = None) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "type": _TYPE_BASE + kind.code,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "code": kind.code,
        "request_id": logs.request_id.get(),
    }
    if violations:
        problem["errors"] = violations
    return problem
