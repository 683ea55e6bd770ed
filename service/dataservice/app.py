"""The application: settings in, a FastAPI app out. All is wired here, and nothing is global."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from socket import socket
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from dataservice import __version__, logs
from dataservice.api import problem_kinds, problems
from dataservice.api.admin import AdminApp
from dataservice.api.lean_app import LeanApp
from dataservice.api.listing import ListParameters
from dataservice.api.middleware.authenticate import Authenticate
from dataservice.api.middleware.cors import cors
from dataservice.api.middleware.limits import Limits
from dataservice.api.middleware.observe import Observe
from dataservice.api.middleware.rate import Rate
from dataservice.api.openapi.build import build
from dataservice.api.routes import docs, importing
from dataservice.api.routes.collection import CollectionRoutes
from dataservice.api.routes.description import DescriptionRoutes
from dataservice.api.routes.document import DocumentRoutes
from dataservice.api.routes.export import ExportRoutes
from dataservice.api.routes.importing import ImportRoutes
from dataservice.api.routes.schema import SchemaRoutes
from dataservice.api.routes.watch import WatchRoutes
from dataservice.domain.repository import Repository
from dataservice.errors import InvalidSettings
from dataservice.server import admin_listener, admin_server
from dataservice.services.authentication import Authenticator, authenticator
from dataservice.services.changer import Changer, Terms
from dataservice.services.creator import Creator
from dataservice.services.drafts import Drafts
from dataservice.services.exporter import Exporter
from dataservice.services.importer import Importer
from dataservice.services.indexing import ensure_indexes
from dataservice.services.instance import Instance, load_instance
from dataservice.services.metrics import Metrics
from dataservice.services.rate import RateLimiter
from dataservice.services.reader import Reader
from dataservice.services.readiness import Readiness
from dataservice.services.timed_repository import TimedRepository
from dataservice.services.watchers import Watchers
from dataservice.settings import ApiSettings, Settings, load_settings
from dataservice.storage import open as storage

if TYPE_CHECKING:
    from dataservice.services.tracing import Tracing

_log = logging.getLogger(__name__)
_BAD_SETTINGS_EXIT = 2


@dataclass(frozen=True, slots=True)
class Service:
    """The parts that a server, or a test, needs to hold."""

    settings: Settings
    app: FastAPI
    admin: AdminApp
    readiness: Readiness
    metrics: Metrics


def create_app() -> FastAPI:
    """The factory for any ASGI server; its settings are the environment's."""
    return service_from_environment().app


def service_from_environment() -> Service:
    """Bad settings end the process with one line on stderr, which becomes a pod's termination message."""
    try:
        settings = load_settings(os.environ)
        logs.configure(settings.log)
        instance = load_instance(settings)
        metrics = Metrics()
        repository = storage.repository(settings.database, metrics.group_written)
        return assemble(settings, instance, repository, metrics, admin_listener(settings))
    except InvalidSettings as error:
        sys.stderr.write(f"dataservice: {error}\n")
        sys.exit(_BAD_SETTINGS_EXIT)


def assemble(
    settings: Settings,
    instance: Instance,
    repository: Repository,
    metrics: Metrics,
    admin_socket: socket | None = None,
) -> Service:
    """Wire everything; nothing is opened or started before the app's lifespan is."""
    callers = authenticator(settings.api.auth)
    ailment = callers.ailment if callers else lambda: None
    spans = _tracing(settings)
    store = TimedRepository(repository, metrics, span=spans.operation if spans else None)
    watchers = Watchers(store, instance.cursor_key)
    readiness = Readiness(repository, metrics.store_pinged, ailment=ailment, on_drain=watchers.end)
    admin = AdminApp(readiness, metrics)
    reader = Reader(store, instance.cursor_key)
    limits = settings.api.limits
    listing = ListParameters(instance.schema.document, limits.max_page_size)
    drafts = Drafts(instance)
    creator = Creator(store, drafts, settings.name, limits.max_bulk_items)
    terms = Terms(limits.max_body_bytes, settings.api.require_if_match)
    changer = Changer(store, instance, terms)
    routes = [
        *CollectionRoutes(reader, creator, listing, limits.max_page_size).routes(),
        *ImportRoutes(Importer(store, drafts, limits.max_body_bytes)).routes(),
        *DocumentRoutes(reader, changer, limits.max_body_bytes).routes(),
        *ExportRoutes(Exporter(store), listing).routes(),
        *WatchRoutes(watchers).routes(),
        *SchemaRoutes(instance.schema).routes(),
        *docs.DocsRoutes().routes(),
        *DescriptionRoutes(lambda: _description(app, instance, settings.api)).routes(),
    ]

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        _log.info("documents are kept in %s, %s", settings.database.kind, repository.where)
        if settings.api.cursor_key_file is None:
            _log.info("no DATASERVICE_API__CURSOR_KEY_FILE: cursors end with this process and fit no other")
        await repository.open()
        background = [asyncio.create_task(ensure_indexes(repository, instance.indexes, readiness))]
        if callers:
            background.append(asyncio.create_task(callers.run()))
        async with admin_server(admin, admin_socket):
            yield
            readiness.drain()
            for task in background:
                await _cancelled(task)
        await repository.close()
        if spans:
            await asyncio.to_thread(spans.close)

    app = LeanApp(
        title=settings.name,
        version=__version__,
        lifespan=lifespan,
        middleware=[
            Middleware(Observe, metrics=metrics, draining=lambda: readiness.draining),
            *_traced(spans),
            *_middleware(settings.api, routes, callers, metrics),
        ],
        routes=routes,
        exception_handlers={
            HTTPException: problems.handle_http_exception,
            **dict.fromkeys(problem_kinds.TABLE, problems.handle),
        },
        redirect_slashes=False,
        # Off until it is offered: to look for providers at every request costs as much as a GET's own work.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        openapi_url=None,  # api/routes/description.py has it; FastAPI's own ignores unknown parameters
    )
    return Service(settings, app, admin, readiness, metrics)


def _middleware(
    api: ApiSettings, routes: Sequence[BaseRoute], callers: Authenticator | None, metrics: Metrics
) -> Iterator[Middleware]:
    """What each request passes on its way in, the first outermost; nothing that was not asked for costs anything."""
    if api.cors.allowed_origins:
        yield cors(api.cors.allowed_origins, routes)
    streamed = {importing.PATH: api.limits.max_import_bytes}
    yield Middleware(Limits, limits=api.limits, streamed=streamed)
    if callers:
        yield Middleware(
            Authenticate, authenticator=callers, on_failure=metrics.not_let_in, public=docs.PATHS
        )
    if rate := api.limits.requests_per_second:
        yield Middleware(Rate, limiter=RateLimiter(rate, api.limits.burst or rate))


def _description(app: FastAPI, instance: Instance, api: ApiSettings) -> dict[str, Any]:
    return build(
        app,
        instance.schema.document,
        authenticated=api.auth.mode != "None",
        limited=api.limits.requests_per_second is not None,
    )


def _tracing(settings: Settings) -> "Tracing | None":
    """None where no traces are wanted. Raises InvalidSettings where what it takes is not installed."""
    if not settings.tracing.endpoint:
        return None
    try:
        # An extra, which takes memory and time at the start.
        from dataservice.services.tracing import Tracing  # noqa: PLC0415 - as said above
    except ImportError as error:
        raise InvalidSettings(
            f"DATASERVICE_TRACING__ENDPOINT: needs the extra 'tracing' of this package: {error.name} is missing"
        ) from error
    return Tracing(settings)


def _traced(spans: "Tracing | None") -> Iterator[Middleware]:
    if spans:
        from dataservice.api.middleware.trace import Trace  # noqa: PLC0415 - it imports the extra

        yield Middleware(Trace, tracing=spans)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
