"""Bounds on what a request may bring: URL, headers, body."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dataservice.api import problems
from dataservice.api.errors import BodyTooLarge, HeadersTooLarge, RequestError, UrlTooLong

MAX_URL_BYTES = 8 * 1024
MAX_HEADER_BYTES = 16 * 1024


class Limits:
    def __init__(
        self, app: ASGIApp, max_body_bytes: int, streamed: Mapping[str, int | None] | None = None
    ) -> None:
        """`streamed` are the paths whose bodies are never held as a whole, each with a bound of its own or none."""
        self._app = app
        self._max_body = max_body_bytes
        self._streamed = streamed or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        most = self._streamed.get(path, self._max_body)
        if error := _broken(scope, most):
            await problems.response(error)(scope, receive, send)
        else:
            await self._app(scope, receive if most is None else _counted(receive, most), send)


def _broken(scope: Scope, max_body: int | None) -> RequestError | None:
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URL_BYTES:
        return UrlTooLong(MAX_URL_BYTES)
    size = 0
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        if max_body is not None and name == b"content-length" and value.isdigit() and int(value) > max_body:
            return BodyTooLarge(max_body)
    return HeadersTooLarge(MAX_HEADER_BYTES) if size > MAX_HEADER_BYTES else None


def _counted(receive: Receive, most: int) -> Receive:
    """Also a chunked body, whose length nobody declares, ends at the limit."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise BodyTooLarge(most)
        return message

    return counted
