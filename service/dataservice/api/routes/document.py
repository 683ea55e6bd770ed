"""`/data/{id}`: one document."""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dataservice.api import listing, parameters, preconditions
from dataservice.api.answers import answer, location, prefers_minimal
from dataservice.api.direct_route import DirectRoute, PlainRoute
from dataservice.api.media_types import JSON, JSON_PATCH, MERGE_PATCH, patch_type, require_json
from dataservice.api.openapi import document as openapi
from dataservice.domain import etag
from dataservice.domain.document import Document
from dataservice.domain.json_patch import parse_json_patch
from dataservice.domain.merge_patch import parse_merge_patch
from dataservice.domain.query.fields import cut
from dataservice.services.changer import Changer, Patch
from dataservice.services.reader import Reader


class DocumentRoutes:
    def __init__(self, reader: Reader, changer: Changer, max_body_bytes: int) -> None:
        self._reader = reader
        self._changer = changer
        self._patches: Mapping[str, Callable[[bytes], Patch]] = {
            MERGE_PATCH: parse_merge_patch,
            # What a patch copies is bounded as what it brings.
            JSON_PATCH: lambda body: parse_json_patch(body, most_copied=max_body_bytes),
        }

    def routes(self) -> list[BaseRoute]:
        return [
            DirectRoute("/data/{id}", self.get, methods=["GET"], **openapi.GET_DOCUMENT),
            PlainRoute("/data/{id}", self.get, methods=["HEAD"]),
            DirectRoute("/data/{id}", self.put, methods=["PUT"], **openapi.PUT_DOCUMENT),
            DirectRoute("/data/{id}", self.patch, methods=["PATCH"], **openapi.PATCH_DOCUMENT),
            DirectRoute("/data/{id}", self.delete, methods=["DELETE"], **openapi.DELETE_DOCUMENT),
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

    async def put(self, request: Request) -> Response:
        parameters.read(request, known=())
        # RFC 9110 section 14.5: a part that is taken for the whole would lose the rest.
        preconditions.refuse(request.headers, "Content-Range")
        require_json(request.headers)
        demanded = preconditions.read(request.headers)
        document_id = request.path_params["id"]
        document, created = await self._changer.put(document_id, await request.body(), demanded)
        if created:
            return _written(request, document, 201, {"location": location(request, document.id)})
        return _written(request, document, 200)

    async def patch(self, request: Request) -> Response:
        parameters.read(request, known=())
        parse = self._patches[patch_type(request.headers)]
        demanded = preconditions.read(request.headers)
        patch = parse(await request.body())
        return _written(request, await self._changer.patch(request.path_params["id"], patch, demanded), 200)

    async def delete(self, request: Request) -> Response:
        parameters.read(request, known=())
        await self._changer.delete(request.path_params["id"], preconditions.read(request.headers))
        return Response(status_code=204)


def _written(request: Request, document: Document, status: int, headers: Mapping[str, str] = {}) -> Response:
    headers = {**headers, "etag": etag.quoted(document.etag)}
    if prefers_minimal(request):
        empty = 204 if status == 200 else status  # noqa: PLR2004 - a 200 has a body
        return Response(status_code=empty, headers={**headers, "preference-applied": "return=minimal"})
    return Response(document.json, status, headers, JSON)
