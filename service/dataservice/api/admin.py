"""The admin port: probes and metrics. It never shows documents and needs no credentials."""

import msgspec
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from dataservice.services.metrics import Metrics
from dataservice.services.readiness import Readiness


class AdminApp:
    def __init__(self, readiness: Readiness, metrics: Metrics) -> None:
        self._readiness = readiness
        self._metrics = metrics
        self._pages = {
            "/livez": _alive,
            "/startupz": _alive,
            "/readyz": self._ready,
            "/metrics": self._exposed,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._pages.get(scope["path"])
        if page is None:
            response: Response = PlainTextResponse(f"pages: {' '.join(self._pages)}\n", 404)
        elif scope["method"] not in {"GET", "HEAD"}:
            response = PlainTextResponse("GET only\n", 405, {"Allow": "GET, HEAD"})
        else:
            response = await page(Request(scope))
        await response(scope, receive, send)

    async def _ready(self, _request: Request) -> Response:
        status = await self._readiness.status()
        self._metrics.readiness_told(status.ready)
        body = msgspec.json.encode(status)
        return Response(body, 200 if status.ready else 503, media_type="application/json")

    async def _exposed(self, request: Request) -> Response:
        encoder, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encoder(self._metrics.registry), headers={"content-type": content_type})


async def _alive(_request: Request) -> Response:
    """This server runs inside the app's own event loop once the app has started: to answer is the proof."""
    return PlainTextResponse("ok\n")
