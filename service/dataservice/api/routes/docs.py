"""`/docs`: the description drawn for people, by files of this service alone."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dataservice.api import parameters
from dataservice.api.answers import answer
from dataservice.api.direct_route import PlainRoute

# Nothing but this origin's own files and data; and no text becomes markup (W3C Trusted Types).
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script';"
    " trusted-types 'none'"
)
_HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "no-cache",
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class _File(NamedTuple):
    name: str
    media_type: str


_FILES: Final[Mapping[str, _File]] = {
    "/docs": _File("page.html", "text/html; charset=utf-8"),
    "/docs/page.js": _File("page.js", "text/javascript; charset=utf-8"),
    "/docs/style.css": _File("style.css", "text/css; charset=utf-8"),
    "/docs/icon.svg": _File("icon.svg", "image/svg+xml"),
}
PATHS: Final = frozenset(_FILES)
"""Served to everyone: a browser that is shown a page sends no credential, and these files say nothing of the
instance. What they draw is read from `/openapi.json`, with the credential that the person gives."""


class DocsRoutes:
    def __init__(self) -> None:
        folder = files("dataservice.api") / "docs"
        self._answers = {path: (folder / file.name).read_bytes() for path, file in _FILES.items()}

    def routes(self) -> list[BaseRoute]:
        return [PlainRoute(path, self.get) for path in _FILES]

    async def get(self, request: Request) -> Response:
        parameters.read(request, known=())
        path = request.scope["route"].path
        return answer(request, self._answers[path], dict(_HEADERS), _FILES[path].media_type)
