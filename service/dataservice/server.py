"""uvicorn as this service runs it: the API server that drains, and the admin server beside it."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from dataservice.bounded_http import bounded_http
from dataservice.errors import InvalidSettings
from dataservice.settings import LimitSettings, Settings

_log = logging.getLogger(__name__)

_FAREWELL_SECONDS = 1.0
"""How long a kept connection may still bring a request before it is closed."""


class DrainingServer(uvicorn.Server):
    """Says so before it stops: the signal first makes the process unready and its answers the last of their
    connections, then ends the accepting.
    """

    def __init__(self, config: uvicorn.Config, on_signal: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_signal = on_signal

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_signal()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """A kept connection that is closed at once resets a request that is on its way: each may bring one more,
        whose answer says `Connection: close` (RFC 9112, section 9.6; api/middleware/observe.py).
        """
        if self.server_state.connections:
            await asyncio.sleep(_FAREWELL_SECONDS)
        await super().shutdown(sockets)


def api_server(
    app: ASGIApp, settings: Settings, on_signal: Callable[[], None], on_cut: Callable[[str], None]
) -> DrainingServer:
    """`on_cut` is told why, each time that a connection is ended below the application."""
    limits = settings.api.limits
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=bounded_http(limits, on_cut),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing here asks for the client's address or scheme
        timeout_keep_alive=limits.seconds.idle,
        timeout_graceful_shutdown=settings.drain_seconds,
    )
    return DrainingServer(config, on_signal)


def admin_listener(settings: Settings) -> socket.socket | None:
    """Take the admin port; None if it is off, or taken and not required. Raises InvalidSettings if required."""
    port = settings.admin.port
    if port == 0:
        return None
    try:
        return _bound(settings.host, port)
    except OSError as error:
        if settings.admin.required:
            raise InvalidSettings(
                f"DATASERVICE_ADMIN__PORT: port {port} cannot be used: {error.strerror}"
            ) from error
        _log.warning("no admin server on port %d: %s", port, error.strerror)
        return None


def _bound(host: str, port: int) -> socket.socket:
    """Bound and not yet listening: who connects before the app has started is refused, not left waiting."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


@contextlib.asynccontextmanager
async def admin_server(app: ASGIApp, listener: socket.socket | None) -> AsyncIterator[None]:
    """Serve `app` on the listener, in this event loop."""
    if listener is None:
        yield
        return
    config = uvicorn.Config(
        app,
        lifespan="off",
        http=bounded_http(LimitSettings()),
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
