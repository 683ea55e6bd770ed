"""`/data:watch`: changes as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from collections.abc import AsyncGenerator
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dataservice.api import parameters
from dataservice.api.direct_route import DirectRoute, PlainRoute
from dataservice.api.errors import InvalidParameter
from dataservice.api.openapi import watch as openapi
from dataservice.api.streams import Stream, nothing
from dataservice.domain.document import ID
from dataservice.errors import DataServiceError
from dataservice.services.watchers import Told, Watchers

EVENT_STREAM: Final = "text/event-stream"
# Nginx holds back what it is sent unless it is told not to.
_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}
_PATIENCE_SECONDS: Final = 30.0
_RETRY: Final = b"retry: 1000\n"


class WatchRoutes:
    def __init__(self, watchers: Watchers) -> None:
        self._watchers = watchers

    def routes(self) -> list[BaseRoute]:
        return [
            DirectRoute("/data:watch", self.get, methods=["GET"], **openapi.WATCH_DOCUMENTS),
            PlainRoute("/data:watch", self.get, methods=["HEAD"]),
        ]

    async def get(self, request: Request) -> Response:
        told = self._watchers.watch(_last_event_id(request))
        first = await anext(told)  # what is wrong from the start is told by a status
        if request.method == "HEAD":
            await told.aclose()
            return Stream(nothing(), _HEADERS, EVENT_STREAM)
        return Stream(_frames(first, told), _HEADERS, EVENT_STREAM, patience=_PATIENCE_SECONDS)


def _last_event_id(request: Request) -> str | None:
    """The field wins: a browser that connects again sends it to the address that it was first given."""
    values = parameters.read(request, known=("after",))
    given = request.headers.getlist("last-event-id")
    if len(given) > 1:
        raise InvalidParameter("the field Last-Event-ID stands twice")
    return (given[0] if given else values.get("after")) or None


async def _frames(first: Told, rest: AsyncGenerator[Told]) -> AsyncGenerator[bytes]:
    try:
        yield _RETRY + _frame(first)
        async for told in rest:
            yield _frame(told)
    except DataServiceError:  # the client connects again, and is told by a status
        return
    finally:
        await rest.aclose()


def _frame(told: Told) -> bytes:
    """An event; or its id alone, which moves the client's and dispatches nothing; or a comment."""
    position = b"id: %b\n" % told.id.encode() if told.id else b""
    if change := told.change:
        data = change.json if change.json is not None else msgspec.json.encode({ID: change.id})
        return b"%bevent: %b\ndata: %b\n\n" % (position, change.kind.encode(), data)
    return (position or b":\n") + b"\n"
