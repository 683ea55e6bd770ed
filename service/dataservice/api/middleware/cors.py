"""Calls from web pages of other origins (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

from collections.abc import Iterable, Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route

_SENT = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "Prefer",
    "X-Request-Id",
)
_SHOWN = (
    "Accept-Patch",
    "Content-Disposition",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-Id",
)
_PREFLIGHT_SECONDS = 600


def cors(origins: Sequence[str], routes: Iterable[BaseRoute]) -> Middleware:
    """Asked for by browsers before they send credentials, so it stands before authentication. Cookies are not taken."""
    methods = {method for route in routes if isinstance(route, Route) for method in route.methods or ()}
    return Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=sorted(methods),
        allow_headers=_SENT,
        expose_headers=_SHOWN,
        max_age=_PREFLIGHT_SECONDS,
    )
