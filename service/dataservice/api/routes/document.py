"""`/data/{id}`: one document."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dataservice.api import listing, parameters
from dataservice.api.answers import answer
from dataservice.api.direct_route import DirectRoute
from dataservice.api.openapi import document as openapi
from dataservice.domain import etag
from dataservice.domain.query.fields import cut
from dataservice.services.reader import Reader


class DocumentRoutes:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def routes(self) -> list[BaseRoute]:
        return [
            DirectRoute("/data/{id}", self.get, methods=["GET"], **openapi.GET_DOCUMENT),
            DirectRoute("/data/{id}", self.get, methods=["HEAD"], include_in_schema=False),
        ]

    async def get(self, request: Request) -> Response:
        fields = listing.fields(parameters.read(request, known=("fields",)))
        stored = await self._reader.get(request.path_params["id"])
        if fields is not None:  # the tag is of the whole document
            return answer(request, cut(stored.json, fields))
        if stored.etag is None:
            return answer(request, stored.json)
        headers = {"etag": etag.quoted(stored.etag)}
        known = request.headers.getlist("if-none-match")
        if known and etag.matches(", ".join(known), stored.etag):
            return Response(status_code=304, headers=headers)
        return answer(request, stored.json, headers)
