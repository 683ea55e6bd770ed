"""Bounds on what a request may bring: URL, headers, body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dataservice.api import problems
from dataservice.api.errors import BodyTooLarge, HeadersTooLarge, RequestError, UrlTooLong

MAX_URL_BYTES = 8 * 1024
MAX_HEADER_BYTES = 16 * 1024


class Limits:
    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif error := self._broken(scope):
            await problems.response(error)(scope, receive, send)
        else:
            await self._app(scope, self._counted(receive), send)

    def _broken(self, scope: Scope) -> RequestError | None:
        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URL_BYTES:
            return UrlTooLong(MAX_URL_BYTES)
        size = 0
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            if name == b"content-length" and value.isdigit() and int(value) > self._max_body:
                return BodyTooLarge(self._max_body)
        return HeadersTooLarge(MAX_HEADER_BYTES) if size > MAX_HEADER_BYTES else None

    def _counted(self, receive: Receive) -> Receive:
        """Also a chunked body, whose length nobody declares, ends at the limit."""
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body:
                raise BodyTooLarge(self._max_body)
            return message

        return counted
