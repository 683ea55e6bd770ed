"""Around every request: its id, its metrics, its line in the log, and an answer if all else fails."""

import logging
import re
import time
from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dataservice import logs
from dataservice.api import problems
from dataservice.domain import trace_context
from dataservice.services.metrics import Metrics

_log = logging.getLogger("dataservice.access")
_errors = logging.getLogger(__name__)
# Ids of clients go into logs: no spaces, no control characters, no novels.
_SANE_ID = re.compile(rb"[A-Za-z0-9._:+/=-]{1,128}")
# Nginx's status for "the client went away"; it is only ever logged and counted.
_CLIENT_GONE = 499
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Observe:
    def __init__(self, app: ASGIApp, metrics: Metrics, draining: Callable[[], bool]) -> None:
        self._app = app
        self._metrics = metrics
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, trace_id = _ids(scope)
        logs.request_id.set(request_id.decode())
        logs.trace_id.set(trace_id)
        started = time.perf_counter()
        status = 0

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], (b"x-request-id", request_id)]
                if self._draining():
                    headers.append((b"connection", b"close"))
                message = {**message, "headers": headers}
            await send(message)

        self._metrics.in_flight += 1
        try:
            await self._app(scope, receive, send_observed)
        except ClientDisconnect:
            status = _CLIENT_GONE
        except Exception:
            _errors.exception("unexpected error")
            if status:  # the answer is under way: only breaking the connection says that it is incomplete
                raise
            await problems.internal()(scope, receive, send_observed)
        finally:
            self._metrics.in_flight -= 1
            self._answered(scope, status or _CLIENT_GONE, time.perf_counter() - started)

    def _answered(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.request_answered(route, method, status, seconds)
        code = scope.get("problem")
        if code:
            self._metrics.problem_told(code)
        if _log.isEnabledFor(logging.INFO):
            # The path as it was sent: percent-encoded, so that it cannot forge a line. No query: it holds values.
            path = scope["raw_path"].decode("latin-1")[:200]
            fields: dict[str, object] = {"status": status, "milliseconds": round(seconds * 1000, 2)}
            if principal := scope.get("principal"):
                fields["principal"] = principal.name
            if code:
                fields["code"] = code
            _log.info("%s %s", scope["method"], path, extra={"fields": fields})


def _ids(scope: Scope) -> tuple[bytes, str]:
    """Of the request, the client's or a new one; and of the trace that it is part of, or empty."""
    request_id, traces = b"", []
    for name, value in scope["headers"]:
        if name == b"x-request-id" and not request_id and _SANE_ID.fullmatch(value):
            request_id = bytes(value)
        elif name == b"traceparent":
            traces.append(trace_context.trace_id(value))
    return request_id or logs.new_request_id().encode(), traces[0] if len(traces) == 1 else ""
