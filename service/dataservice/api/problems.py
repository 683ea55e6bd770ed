"""Errors as answers: RFC 9457 problem details."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from dataservice import errors, logs
from dataservice.api.problem_kinds import INTERNAL, METHOD_NOT_ALLOWED, NOT_FOUND, TABLE, Kind
from dataservice.domain.pointer import pointer

MEDIA_TYPE = "application/problem+json"
_TYPE_BASE = "https://dataservice.dev/problems/"
_encode = msgspec.json.Encoder().encode


class _Problem(Response):
    """Leaves its code in the scope, under `problem`, for those who count and log."""

    def __init__(self, kind: Kind, problem: Mapping[str, Any], headers: Mapping[str, str] = {}) -> None:
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


def _kind(error: Exception) -> Kind:
    return next(TABLE[each] for each in type(error).__mro__ if each in TABLE)


def code_of(error: Exception) -> str:
    return _kind(error).code


def internal() -> Response:
    return _response(INTERNAL, "an unexpected error; the log has it under this request_id")


async def handle(_request: Request, error: Exception) -> Response:
    errors.let_go(error)
    return response(error)


async def handle_http_exception(request: Request, error: HTTPException) -> Response:
    """What the framework itself refuses: no such route, or not with this method."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(sorted(_methods(request)))
        kind = METHOD_NOT_ALLOWED._replace(headers={"Allow": allowed})
        return _response(kind, f"{request.method} is not possible here; allowed: {allowed}")
    if error.status_code == HTTPStatus.NOT_FOUND:
        return _response(NOT_FOUND, "nothing is served at this path")
    status = HTTPStatus(error.status_code)
    return _response(Kind(status, status.phrase.lower().replace(" ", "-"), status.phrase), str(error.detail))


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


def _response(kind: Kind, detail: str) -> Response:
    return Response(_encode(_body(kind, detail)), kind.status, kind.headers, MEDIA_TYPE)


def _body(kind: Kind, detail: str, violations: list[dict[str, str]] | None = None) -> dict[str, Any]:
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
