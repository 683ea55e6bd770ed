"""uvicorn's HTTP protocol, with a bound on the head of a request while it arrives."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Well above the limits of api/middleware/limits.py, which answer with a problem that says more.
_MAX_HEAD_BYTES = 64 * 1024
_REFUSAL = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedHttpProtocol(HttpToolsProtocol):
    """The parser hands a head over once it is complete, so one without an end would fill the memory."""

    _in_head = False
    _head_bytes = 0
    _chunk_bytes = 0

    def data_received(self, data: bytes) -> None:
        self._chunk_bytes = len(data)
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD_BYTES:
                self.transport.write(_REFUSAL)
                self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        # The chunk it begins in may also hold the end of the request before: it does not count.
        self._head_bytes = -self._chunk_bytes

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()
