"""`/schema`: the JSON Schema that every stored document satisfies."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dataservice.api import parameters
from dataservice.api.answers import answer
from dataservice.api.direct_route import DirectRoute, PlainRoute
from dataservice.api.openapi import schema as openapi
from dataservice.services.schema import DocumentSchema


class SchemaRoutes:
    def __init__(self, schema: DocumentSchema) -> None:
        self._json = schema.json

    def routes(self) -> list[BaseRoute]:
        return [
            DirectRoute("/schema", self.get, methods=["GET"], **openapi.GET_SCHEMA),
            PlainRoute("/schema", self.get, methods=["HEAD"]),
        ]

    async def get(self, request: Request) -> Response:
        parameters.read(request, known=())
        return answer(request, self._json, media_type="application/schema+json")
