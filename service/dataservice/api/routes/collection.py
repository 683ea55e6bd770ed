"""`/data`: all documents."""

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dataservice.api import creations, idempotency, parameters
from dataservice.api.answers import answer, prefers_minimal
from dataservice.api.direct_route import DirectRoute, KeyedRoute
from dataservice.api.media_types import require_json
from dataservice.api.openapi import collection as openapi
from dataservice.services.creator import Creator
from dataservice.services.reader import Reader

_CREATE_PARAMETERS = ("validate_only",)
_LIST_PARAMETERS = ("limit", "cursor")


class CollectionRoutes:
    def __init__(self, reader: Reader, creator: Creator, max_page_size: int) -> None:
        self._reader = reader
        self._creator = creator
        self._max_page_size = max_page_size

    def routes(self) -> list[BaseRoute]:
        listing = openapi.list_documents(parameters.DEFAULT_LIMIT, self._max_page_size)
        creating = openapi.create_documents(self._creator.most)
        return [
            KeyedRoute("/data", self.create, methods=["POST"], **creating),
            DirectRoute("/data", self.page, methods=["GET"], **listing),
            DirectRoute("/data", self.page, methods=["HEAD"], include_in_schema=False),
        ]

    async def create(self, request: Request) -> Response:
        values = parameters.read(request, known=_CREATE_PARAMETERS)
        validate_only = parameters.flag(values, "validate_only")
        require_json(request.headers)
        key = idempotency.key(request)
        body = await request.body()
        if validate_only:
            return creations.validated(self._creator.validate(body, key))
        created = await self._creator.create(body, key)
        minimal = prefers_minimal(request)
        if isinstance(created, list):
            return creations.several(created, minimal=minimal)
        return creations.one(created, request.scope.get("root_path", ""), minimal=minimal)

    async def page(self, request: Request) -> Response:
        values = parameters.read(request, known=_LIST_PARAMETERS)
        limit = parameters.limit(values, self._max_page_size)
        items, cursor = await self._reader.page(limit, values.get("cursor"))
        return answer(request, _page([item.json for item in items], cursor))


def _page(items: Sequence[bytes], cursor: str | None) -> bytes:
    """The documents are JSON already; nothing is decoded to list them."""
    more = b"true" if cursor else b"false"
    return b'{"items":[%b],"next":%b,"has_more":%b}' % (b",".join(items), msgspec.json.encode(cursor), more)
