"""Bounds on what a request may bring, how long it may take over it, and how many there may be."""

import asyncio
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dataservice.api import problems
from dataservice.api.errors import (
    BodyTooLarge,
    HeadersTooLarge,
    MalformedRequest,
    Overloaded,
    RequestError,
    RequestTimeout,
    UrlTooLong,
)
from dataservice.deadline import Deadline
from dataservice.settings import LimitSettings

MAX_URL_BYTES = 8 * 1024
MAX_HEADER_BYTES = 16 * 1024
LEAST_UPLOADED_BYTES = 4 * 1024
"""In the time of a body, of one that may take any time: a byte now and then holds a place for ever."""


class Limits:
    def __init__(
        self, app: ASGIApp, limits: LimitSettings, streamed: Mapping[str, int | None] | None = None
    ) -> None:
        """`streamed` are the paths whose bodies are never held as a whole, each with a bound of its own or none: they
        may take any time as long as they go on arriving, at LEAST_UPLOADED_BYTES in the time of a body.
        """
        self._app = app
        self._max_body = limits.max_body_bytes
        self._body_deadline = Deadline(limits.seconds.body)
        self._max_in_flight = limits.max_in_flight
        self._in_flight = 0
        self._streamed = streamed or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        most = self._streamed.get(path, self._max_body)
        if error := self._broken(scope, most):
            await problems.response(error)(scope, receive, send)
        else:
            self._in_flight += 1
            try:
                bounded = self._bounded(receive, most, streamed=path in self._streamed)
                await self._app(scope, bounded, send)
            finally:
                self._in_flight -= 1

    def _broken(self, scope: Scope, most: int | None) -> RequestError | None:
        if self._in_flight >= self._max_in_flight:
            return Overloaded(f"{self._max_in_flight} requests are under way")
        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URL_BYTES:
            return UrlTooLong(MAX_URL_BYTES)
        size = hosts = 0
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            if name == b"host":
                hosts += 1
            elif name == b"content-length" and most is not None and value.isdigit() and int(value) > most:
                return BodyTooLarge(most)
        if hosts != 1 and (hosts or scope["http_version"] != "1.0"):
            return MalformedRequest("a request has one Host field (RFC 9112, section 3.2)")
        return HeadersTooLarge(MAX_HEADER_BYTES) if size > MAX_HEADER_BYTES else None

    def _bounded(self, receive: Receive, most: int | None, *, streamed: bool) -> Receive:
        """Also a chunked body, whose length nobody declares, ends at the limit. What is received after the body is the
        end of the connection, which may take its time.
        """
        now = asyncio.get_running_loop().time
        seconds = self._body_deadline.seconds
        due = now() + seconds
        received = credited = 0
        more = True

        async def bounded() -> Message:
            nonlocal credited, due, more, received
            if not more:
                return await receive()
            try:
                message = await self._body_deadline.wait(receive(), due)
            except TimeoutError:
                what = f"next {LEAST_UPLOADED_BYTES} bytes of the body" if streamed else "body"
                raise RequestTimeout(what, seconds) from None
            more = message.get("more_body", False)
            received += len(message.get("body", b""))
            if most is not None and received > most:
                raise BodyTooLarge(most)
            if streamed and received - credited >= LEAST_UPLOADED_BYTES:
                credited, due = received, now() + seconds
            return message

        return bounded
