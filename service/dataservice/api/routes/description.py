"""`/openapi.json`: what can be asked here."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dataservice.api import parameters
from dataservice.api.answers import answer
from dataservice.api.direct_route import PlainRoute


class DescriptionRoutes:
    def __init__(self, describe: Callable[[], dict[str, Any]]) -> None:
        """`describe` gives the OpenAPI document, once the app has all its routes."""
        self._describe = describe

    def routes(self) -> list[BaseRoute]:
        return [PlainRoute("/openapi.json", self.get)]

    async def get(self, request: Request) -> Response:
        parameters.read(request, known=())
        return answer(request, msgspec.json.encode(self._describe()))
