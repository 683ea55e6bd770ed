"""A span around every request, under the client's `traceparent` where there is one."""

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dataservice import logs
from dataservice.services.tracing import Tracing, failed, trace_id

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Trace:
    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        attributes = {"url.scheme": scope["scheme"], "url.path": scope["raw_path"].decode("latin-1")[:200]}
        with self._tracing.request(method, attributes, _parent(scope)) as span:
            logs.trace_id.set(trace_id(span))

            async def send_told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
                        failed(span, scope.get("problem", str(message["status"])))
                await send(message)

            try:
                await self._app(scope, receive, send_told)
            except BaseException as error:
                failed(span, type(error).__name__)
                raise
            finally:
                if route := getattr(scope.get("route"), "path", ""):
                    span.update_name(f"{method} {route}")
                    span.set_attribute("http.route", route)


def _parent(scope: Scope) -> dict[str, str]:
    fields = [(name, value) for name, value in scope["headers"] if name in {b"traceparent", b"tracestate"}]
    if [name for name, _ in fields].count(b"traceparent") != 1:
        return {}
    return {name.decode(): value.decode("latin-1") for name, value in fields}
