"""uvicorn's HTTP protocol, with bounds on what a client may leave unfinished, and refusals that are problems."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from dataservice import logs
from dataservice.api import problems
from dataservice.api.errors import HeadersTooLarge, MalformedRequest, Overloaded, RequestError, RequestTimeout
from dataservice.settings import LimitSettings, SecondsSettings

# Well above the limits of api/middleware/limits.py, which see a request only once its head is complete.
_MAX_HEAD_BYTES = 64 * 1024
# Chunk extensions and trailers (RFC 9112, section 7.1) between two bytes of a body. Nothing here reads either.
_MAX_FRAMING_BYTES = 16 * 1024
# Each waits in memory for the answers before its own.
_MAX_PIPELINED = 16
_LEAST_TAKEN_BYTES = 64 * 1024
_LOOK_SECONDS = 1.0


def bounded_http(
    limits: LimitSettings, on_cut: Callable[[str], None] = lambda _: None
) -> type[HttpToolsProtocol]:
    """A class for uvicorn. `on_cut` is told why, each time that a connection is ended below the application."""

    class Protocol(BoundedHttpProtocol):
        _seconds = limits.seconds
        _max_connections = limits.max_connections
        _on_cut = staticmethod(on_cut)

    return Protocol


class BoundedHttpProtocol(HttpToolsProtocol):
    """The parser tells of a head once it is complete, and neither it nor the transport knows of time."""

    _seconds: SecondsSettings
    _max_connections: int
    _on_cut: Callable[[str], None]

    _refused = False
    _in_head = False
    _head_bytes = 0
    _framing_bytes = 0
    _received_bytes = 0
    _begun = False
    _head_due: float | None = None
    _unread: tuple[int, float] | None = None
    """How much of the answers waits for the client, and by when it must be less."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        super().connection_made(transport)
        self._head_due = self.loop.time() + self._seconds.head
        self._look_again()
        if len(self.connections) > self._max_connections:
            self._refuse(Overloaded(f"{self._max_connections} connections are open"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._looking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._received_bytes = len(data)
        self._begun = not self._idle()
        self._framing_bytes += len(data)
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD_BYTES:
                self._refuse(HeadersTooLarge(_MAX_HEAD_BYTES))
        elif self._framing_bytes > _MAX_FRAMING_BYTES:
            self._refuse(MalformedRequest("chunk extensions or trailers without an end"))
        # Whatever comes while no request is under way has to become one: a blank line does not, nor does the
        # rest of a body that was refused unread.
        if not self._idle():
            self._head_due = None
        elif self._head_due is None:
            self._head_due = self.loop.time() + self._seconds.head

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        # Where the bytes it begins in also hold the end of a request before, they do not count.
        self._head_bytes = -self._received_bytes if self._begun else 0
        self._begun = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A trailer is no header (RFC 9110, section 6.5.1), where uvicorn takes it for one."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._framing_bytes = 0
        if len(self.pipeline) >= _MAX_PIPELINED:
            raise ValueError("too many requests before an answer")  # the parser's end: send_400_response
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._framing_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._framing_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """What uvicorn calls when the parser gives up; its own answer is plain text."""
        self._refuse(MalformedRequest("this is not HTTP/1.1 as RFC 9112 has it"))

    def _idle(self) -> bool:
        # None before the first request, which uvicorn does not declare.
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    def _refuse(self, error: RequestError) -> None:
        """End the connection; the answers that are owed to requests before this one are given first."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._on_cut(problems.code_of(error))
        if self._idle() or (self.cycle.more_body and not self.cycle.response_started and not self.pipeline):
            self.transport.write(_message(error))
            self.transport.close()
        else:
            self.cycle.keep_alive = False

    def _look_again(self) -> None:
        every = min(_LOOK_SECONDS, self._seconds.head / 4, self._seconds.answer / 4)
        self._looking = self.loop.call_later(every, self._look)

    def _look(self) -> None:
        """A look now and then costs a request nothing, where a timer of its own would."""
        now = self.loop.time()
        if self._head_due is not None and now > self._head_due:
            self._head_due = None
            self._late()
        if self._stalled(now):
            self._on_cut("answer-not-taken")
            self.transport.abort()
        else:
            self._look_again()

    def _late(self) -> None:
        if self._in_head:
            self._refuse(RequestTimeout("head of the request", self._seconds.head))
        else:  # nothing was asked
            self.transport.close()

    def _stalled(self, now: float) -> bool:
        """Whether the client has taken too little of its answers for too long; also of a closed connection's last."""
        waiting = self.transport.get_write_buffer_size()
        if not waiting:
            self._unread = None
        elif self._unread is None or not self._unread[0] - _LEAST_TAKEN_BYTES < waiting <= self._unread[0]:
            self._unread = (waiting, now + self._seconds.answer)
        return self._unread is not None and now > self._unread[1]


def _message(error: RequestError) -> bytes:
    request_id = logs.new_request_id()
    context = copy_context()
    context.run(logs.request_id.set, request_id)
    response = context.run(problems.response, error, {"X-Request-Id": request_id, "Connection": "close"})
    fields = [b"%b: %b\r\n" % field for field in response.raw_headers]
    return b"".join([STATUS_LINE[response.status_code], *fields, b"\r\n", response.body])
