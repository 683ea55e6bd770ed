"""What the operator says of itself over HTTP: whether it is well and ready, and what it counts.

Kopf has one probe only, which ends with the first thing it does when it stops.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from dataservice_operator.errors import OperatorError
from dataservice_operator.reconcile.controller import Controller
from dataservice_operator.settings import Settings


@asynccontextmanager
async def answering(settings: Settings, controller: Controller) -> AsyncIterator[None]:
    """Answer probes, and with a metrics port scrapes, for as long as the block lasts.

    Raises:
        OperatorError: a port cannot be used.
    """
    async with AsyncExitStack() as servers:
        await servers.enter_async_context(_serving(probes(controller), settings, "probe_port"))
        if settings.metrics_port:
            await servers.enter_async_context(_serving(metrics(controller), settings, "metrics_port"))
        yield


def probes(controller: Controller) -> web.Application:
    """`/healthz` fails when only a restart can help. `/readyz` succeeds once this replica could lead at once.

    Whether it leads does not matter to it: a rolling update waits for each new replica to be ready before it ends an
    old one, so that whoever leads is followed by one that knows the cluster's state.
    """

    async def healthz(_: web.Request) -> web.Response:
        return _answer(controller.ailment())

    async def readyz(_: web.Request) -> web.Response:
        return _answer(None if controller.warm() else "what is in the cluster is still being listed")

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
    return app


def metrics(controller: Controller) -> web.Application:
    async def scrape(_: web.Request) -> web.Response:
        return web.Response(
            body=controller.metrics.exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    app = web.Application()
    app.add_routes([web.get("/metrics", scrape)])
    return app


def _answer(trouble: str | None) -> web.Response:
    return web.Response(
        text=trouble or "ok", status=HTTPStatus.SERVICE_UNAVAILABLE if trouble else HTTPStatus.OK
    )


@asynccontextmanager
async def _serving(app: web.Application, settings: Settings, port_setting: str) -> AsyncIterator[None]:
    port: int = getattr(settings, port_setting)
    runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.probe_host, port).start()
        except OSError as error:
            message = f"{port_setting.replace('_', ' ')} {port} cannot be used: {error.strerror or error}"
            raise OperatorError(f"{message}; set DATASERVICE_OPERATOR_{port_setting.upper()}") from error
        yield
    finally:
        await runner.cleanup()
