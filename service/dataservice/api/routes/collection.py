"""`/data`: all documents."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dataservice.api import parameters, preconditions
from dataservice.api.answers import answer, location, prefers_minimal
from dataservice.api.direct_route import DirectRoute
from dataservice.api.listing import ListParameters
from dataservice.api.media_types import JSON, require_json
from dataservice.api.openapi import collection as openapi
from dataservice.domain import etag
from dataservice.services.creator import Creator
from dataservice.services.reader import Listing, Reader


class CollectionRoutes:
    def __init__(
        self, reader: Reader, creator: Creator, schema: Mapping[str, Any], max_page_size: int
    ) -> None:
        self._reader = reader
        self._creator = creator
        self._max_page_size = max_page_size
        self._list_parameters = ListParameters(schema, max_page_size)

    def routes(self) -> list[BaseRoute]:
        listing = openapi.list_documents(parameters.DEFAULT_LIMIT, self._max_page_size)
        return [
            DirectRoute("/data", self.create, methods=["POST"], **openapi.CREATE_DOCUMENT),
            DirectRoute("/data", self.page, methods=["GET"], **listing),
            DirectRoute("/data", self.page, methods=["HEAD"], include_in_schema=False),
        ]

    async def create(self, request: Request) -> Response:
        parameters.read(request, known=())
        preconditions.refuse(request.headers, "If-Match")
        require_json(request.headers)
        document = await self._creator.create(await request.body())
        headers = {
            "location": location(request, document.id),
            "etag": etag.quoted(document.etag),
        }
        if prefers_minimal(request):
            return Response(status_code=201, headers={**headers, "preference-applied": "return=minimal"})
        return Response(document.json, 201, headers, JSON)

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
