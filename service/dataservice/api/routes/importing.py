"""`/data:import`: documents by the thousand."""

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dataservice.api import parameters, problems
from dataservice.api.direct_route import DirectRoute
from dataservice.api.errors import BodyTooLarge
from dataservice.api.media_types import JSON, require_lines
from dataservice.api.openapi import importing as openapi
from dataservice.services.importer import Importer, LineError, Report

PATH = "/data:import"
# The rest of the body is not read: it must not be taken for the next request.
_CLOSE = {"Connection": "close"}
_SHOWN = ("status", "code", "detail", "errors")


class ImportRoutes:
    def __init__(self, importer: Importer) -> None:
        self._importer = importer

    def routes(self) -> list[BaseRoute]:
        return [DirectRoute(PATH, self.import_lines, methods=["POST"], **openapi.IMPORT_DOCUMENTS)]

    async def import_lines(self, request: Request) -> Response:
        values = parameters.read(request, known=("validate_only",))
        validate_only = parameters.flag(values, "validate_only")
        require_lines(request.headers)
        report = Report()
        try:
            await self._importer.run(request.stream(), report, store=not validate_only)
        except BodyTooLarge as error:
            return problems.response(error, members={"import": _shown(report)})
        if report.interrupted:
            return problems.response(report.interrupted, _CLOSE, {"import": _shown(report)})
        return Response(msgspec.json.encode(_shown(report)), HTTPStatus.OK, media_type=JSON)


def _shown(report: Report) -> dict[str, Any]:
    return {
        "read": report.read,
        "stored": report.stored,
        "duplicates": report.duplicates,
        "failed": report.failed,
        "unknown": report.unknown,
        "errors": [_line(each) for each in report.errors],
    }


def _line(each: LineError) -> dict[str, Any]:
    problem = problems.body(each.error)
    return {"line": each.line, **{name: problem[name] for name in _SHOWN if name in problem}}
