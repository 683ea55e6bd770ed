"""`/data:export`: all documents as a file."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dataservice.api.direct_route import DirectRoute, PlainRoute
from dataservice.api.listing import ListParameters
from dataservice.api.openapi import export as openapi
from dataservice.api.streams import Stream, nothing
from dataservice.services.exporter import Exporter

NDJSON: Final = "application/x-ndjson"
_HEADERS: Final = {"content-disposition": 'attachment; filename="data.ndjson"', "cache-control": "no-store"}
_CHUNK_BYTES: Final = 64 * 1024


class ExportRoutes:
    def __init__(self, exporter: Exporter, parameters: ListParameters) -> None:
        self._exporter = exporter
        self._parameters = parameters

    def routes(self) -> list[BaseRoute]:
        return [
            DirectRoute("/data:export", self.get, methods=["GET"], **openapi.EXPORT_DOCUMENTS),
            PlainRoute("/data:export", self.get, methods=["HEAD"]),
        ]

    async def get(self, request: Request) -> Response:
        pages = self._exporter.pages(self._parameters.read_selection(request))
        first = await anext(pages)  # what is wrong from the start is told by a status
        if request.method == "HEAD":
            await pages.aclose()
            return Stream(nothing(), _HEADERS, NDJSON)
        return Stream(_lines(first, pages), _HEADERS, NDJSON)


async def _lines(first: list[bytes], rest: AsyncIterator[list[bytes]]) -> AsyncGenerator[bytes]:
    for chunk in _chunks(first):
        yield chunk
    async for page in rest:
        for chunk in _chunks(page):
            yield chunk


def _chunks(documents: Iterable[bytes]) -> Iterator[bytes]:
    """Lines, joined to what is worth a write."""
    lines: list[bytes] = []
    size = 0
    for document in documents:
        lines += (document, b"\n")
        size += len(document) + 1
        if size >= _CHUNK_BYTES:
            yield b"".join(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines)
