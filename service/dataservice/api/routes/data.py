"""`/data`: the documents."""

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dataservice.api import openapi, parameters
from dataservice.api.direct_route import DirectRoute
from dataservice.api.media_types import JSON, require_json
from dataservice.domain import etag
from dataservice.services.documents import Documents

_LIST_PARAMETERS = ("limit", "cursor")


class DataRoutes:
    def __init__(self, documents: Documents, max_page_size: int) -> None:
        self._documents = documents
        self._max_page_size = max_page_size

    def routes(self) -> list[BaseRoute]:
        listing = openapi.list_documents(parameters.DEFAULT_LIMIT, self._max_page_size)
        return [
            DirectRoute("/data", self.create, methods=["POST"], **openapi.CREATE_DOCUMENT),
            DirectRoute("/data", self.page, methods=["GET"], **listing),
            DirectRoute("/data", self.page, methods=["HEAD"], include_in_schema=False),
            DirectRoute("/data/{id}", self.get, methods=["GET"], **openapi.GET_DOCUMENT),
            DirectRoute("/data/{id}", self.get, methods=["HEAD"], include_in_schema=False),
        ]

    async def create(self, request: Request) -> Response:
        parameters.read(request, known=())
        require_json(request.headers)
        document = await self._documents.create(await request.body())
        headers = {
            "location": f"{request.scope.get('root_path', '')}/data/{document.id}",
            "etag": etag.quoted(document.etag),
        }
        if _prefers_minimal(request):
            return Response(status_code=201, headers={**headers, "preference-applied": "return=minimal"})
        return Response(document.json, 201, headers, JSON)

    async def page(self, request: Request) -> Response:
        values = parameters.read(request, known=_LIST_PARAMETERS)
        limit = parameters.limit(values, self._max_page_size)
        items, cursor = await self._documents.page(limit, values.get("cursor"))
        return _answer(request, _page([item.json for item in items], cursor))

    async def get(self, request: Request) -> Response:
        parameters.read(request, known=())
        stored = await self._documents.get(request.path_params["id"])
        if stored.etag is None:
            return _answer(request, stored.json)
        headers = {"etag": etag.quoted(stored.etag)}
        known = request.headers.getlist("if-none-match")
        if known and etag.matches(", ".join(known), stored.etag):
            return Response(status_code=304, headers=headers)
        return _answer(request, stored.json, headers)


def _page(items: Sequence[bytes], cursor: str | None) -> bytes:
    """The documents are JSON already; nothing is decoded to list them."""
    more = b"true" if cursor else b"false"
    return b'{"items":[%b],"next":%b,"has_more":%b}' % (b",".join(items), msgspec.json.encode(cursor), more)


def _answer(request: Request, body: bytes, headers: dict[str, str] | None = None) -> Response:
    if request.method == "HEAD":
        return Response(headers={**(headers or {}), "content-length": str(len(body))}, media_type=JSON)
    return Response(body, headers=headers, media_type=JSON)


def _prefers_minimal(request: Request) -> bool:
    """RFC 7240: several fields or one list, each preference perhaps quoted, perhaps with parameters."""
    for preference in ",".join(request.headers.getlist("prefer")).lower().split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip() == "return":
            return value.strip().strip('"') == "minimal"  # the first one counts
    return False
