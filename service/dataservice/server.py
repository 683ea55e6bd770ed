"""uvicorn as this service runs it: the API server that drains, and the admin server beside it."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

_log = logging.getLogger(__name__)


class DrainingServer(uvicorn.Server):
    """Says so before it stops: the signal first makes the process unready, then ends the accepting."""

    def __init__(self, config: uvicorn.Config, on_signal: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_signal = on_signal

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_signal()
        super().handle_exit(sig, frame)


def api_server(
    app: Any, host: str, port: int, drain_seconds: float, on_signal: Callable[[], None]
) -> DrainingServer:
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(drain_seconds),
    )
    return DrainingServer(config, on_signal)


@contextlib.asynccontextmanager
async def admin_server(app: ASGIApp, host: str, port: int, *, required: bool) -> AsyncIterator[None]:
    """Serve `app` in this event loop. A taken port is an error only if the server is required."""
    listener = _listener(host, port, required=required)
    if listener is None:
        yield
        return
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    # The steps of Server.serve() without its signal handlers: signals belong to the API server.
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    serving = asyncio.create_task(server.main_loop())
    try:
        yield
    finally:
        server.should_exit = True
        await serving
        await server.shutdown(sockets=[listener])


def _listener(host: str, port: int, *, required: bool) -> socket.socket | None:
    if port == 0:
        return None
    try:
        return socket.create_server((host, port))
    except OSError as error:
        if required:
            raise
        _log.warning("no admin server on port %d: %s", port, error.strerror)
        return None
