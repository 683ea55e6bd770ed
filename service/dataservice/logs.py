"""Log lines: text for people, JSON for collectors; each with the id of its request."""

import asyncio
import logging
import sys
from contextvars import ContextVar
from typing import Any, TextIO

import msgspec

from dataservice.domain.entropy import random_bytes
from dataservice.domain.timestamps import rfc3339_of_unix_ms
from dataservice.settings import LogSettings

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered; empty outside of one."""

trace_id: ContextVar[str] = ContextVar("trace_id", default="")
"""Of the trace that the request is part of (domain/trace_context.py); empty without one."""

_ROOT = "dataservice"
_encode = msgspec.json.Encoder(enc_hook=str).encode


def new_request_id() -> str:
    return random_bytes().hex()


def configure(settings: LogSettings) -> None:
    """Send this package's and the server's lines to stderr."""
    handler = GroupingHandler(sys.stderr)
    handler.setFormatter(JSONFormatter() if settings.format == "json" else TextFormatter())
    for name in (_ROOT, "uvicorn", "opentelemetry"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(settings.level)
    # The access line of api/middleware/observe.py takes the place of the server's, which shows query values.
    access = logging.getLogger("uvicorn.access")
    access.handlers, access.propagate = [], False
    logging.getLogger("uvicorn.error").handlers = []
    # Nothing below shows these, and finding them costs more than the rest of a line.
    # https://docs.python.org/3/howto/logging.html#optimization
    logging._srcfile = None  # noqa: SLF001 - documented there
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


class GroupingHandler(logging.StreamHandler[TextIO]):
    """Lines up to INFO of one turn of the event loop are written together: a write for each took a third of a line's
    time. Graver ones are written at once, with what was before them.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: list[str] = []
        self._to_flush: asyncio.AbstractEventLoop | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.append(self.format(record) + self.terminator)
            if record.levelno > logging.INFO or not self._flushed_later():
                self.flush()
        except Exception:  # noqa: BLE001 - as logging's own handlers
            self.handleError(record)

    def flush(self) -> None:
        self.acquire()
        try:
            self._to_flush = None
            lines, self._lines = self._lines, []
            self.stream.write("".join(lines))
            super().flush()
        finally:
            self.release()

    def _flushed_later(self) -> bool:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        if self._to_flush is not loop:
            self._to_flush = loop
            loop.call_soon(self.flush)
        return True


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": rfc3339_of_unix_ms(int(record.created * 1000)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request_id"] = current
        if trace := trace_id.get():
            line["trace_id"] = trace
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _encode(line).decode()


class TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = rfc3339_of_unix_ms(int(record.created * 1000))
        fields = " ".join(f"{name}={value}" for name, value in getattr(record, "fields", {}).items())
        current, trace = request_id.get(), trace_id.get()
        parts = [
            time,
            record.levelname,
            record.getMessage(),
            fields,
            f"request_id={current}" if current else "",
            f"trace_id={trace}" if trace else "",
        ]
        line = " ".join(part for part in parts if part)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line
