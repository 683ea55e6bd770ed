"""`/data`: all documents."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dataservice.api import creations, idempotency, parameters, preconditions
from dataservice.api.answers import answer, prefers_minimal
from dataservice.api.direct_route import DirectRoute, KeyedRoute, PlainRoute
from dataservice.api.listing import ListParameters
from dataservice.api.media_types import require_json
from dataservice.api.openapi import collection as openapi
from dataservice.services.creator import Creator
from dataservice.services.reader import Listing, Reader

_CREATE_PARAMETERS = ("validate_only",)


class CollectionRoutes:
    def __init__(self, reader: Reader, creator: Creator, listing: ListParameters, max_page_size: int) -> None:
        self._reader = reader
        self._creator = creator
        self._max_page_size = max_page_size
        self._list_parameters = listing

    def routes(self) -> list[BaseRoute]:
        listing = openapi.list_documents(parameters.DEFAULT_LIMIT, self._max_page_size)
        creating = openapi.create_documents(self._creator.most)
        return [
            KeyedRoute("/data", self.create, methods=["POST"], **creating),
            DirectRoute("/data", self.page, methods=["GET"], **listing),
            PlainRoute("/data", self.page, methods=["HEAD"]),
        ]

    async def create(self, request: Request) -> Response:
        values = parameters.read(request, known=_CREATE_PARAMETERS)
        validate_only = parameters.flag(values, "validate_only")
        preconditions.refuse(request.headers, "If-Match")
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
        listing = await self._reader.page(self._list_parameters.read(request))
        return answer(request, _page(listing))


def _page(listing: Listing) -> bytes:
    """The documents are JSON already; nothing is decoded to list them."""
    more = b"true" if listing.cursor else b"false"
    count = b"" if listing.count is None else b',"count":%d' % listing.count
    return b'{"items":[%b],"next":%b,"has_more":%b%b}' % (
        b",".join(listing.items),
        msgspec.json.encode(listing.cursor),
        more,
        count,
    )
