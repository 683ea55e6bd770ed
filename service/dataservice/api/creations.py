"""Answers that say what became of documents, one or several."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

from dataservice.api import problems
from dataservice.api.media_types import JSON
from dataservice.domain import etag
from dataservice.services.creator import Created, Failed, Outcome

_REPLAYED = {"idempotency-replayed": "true"}
_MINIMAL = {"preference-applied": "return=minimal"}
_encode = msgspec.json.Encoder().encode


def one(created: Created, root_path: str, *, minimal: bool) -> Response:
    document = created.document
    headers = {"location": f"{root_path}/data/{document.id}"} | (_REPLAYED if created.replayed else {})
    if document.etag is not None:
        headers["etag"] = etag.quoted(document.etag)
    if minimal:
        return Response(status_code=HTTPStatus.CREATED, headers=headers | _MINIMAL)
    return Response(document.json, HTTPStatus.CREATED, headers, JSON)


def several(outcomes: Sequence[Outcome], *, minimal: bool) -> Response:
    """201 if all are there, else 207, with the same items."""
    items = [_item(index, outcome, minimal=minimal) for index, outcome in enumerate(outcomes)]
    failed = any(isinstance(outcome, Failed) for outcome in outcomes)
    replayed = any(isinstance(outcome, Created) and outcome.replayed for outcome in outcomes)
    headers = (_REPLAYED if replayed else {}) | (_MINIMAL if minimal else {})
    status = HTTPStatus.MULTI_STATUS if failed else HTTPStatus.CREATED
    return Response(_encode({"items": items}), status, headers, JSON)


def validated(outcomes: Created | Sequence[Outcome]) -> Response:
    """200 with the statuses that there would be, as far as they do not depend on the store."""
    if isinstance(outcomes, Created):
        return Response(_encode({"status": HTTPStatus.CREATED}), media_type=JSON)
    items = [
        _failed(index, outcome)
        if isinstance(outcome, Failed)
        else {"index": index, "status": HTTPStatus.CREATED}
        for index, outcome in enumerate(outcomes)
    ]
    return Response(_encode({"items": items}), media_type=JSON)


def _item(index: int, outcome: Outcome, *, minimal: bool) -> dict[str, Any]:
    if isinstance(outcome, Failed):
        return _failed(index, outcome)
    document = outcome.document
    item = {"index": index, "status": HTTPStatus.CREATED, "id": document.id, "etag": document.etag}
    if outcome.replayed:
        item["replayed"] = True
    if not minimal:
        item["document"] = msgspec.Raw(document.json)
    return item


def _failed(index: int, outcome: Failed) -> dict[str, Any]:
    problem = problems.body(outcome.error)
    return {"index": index, "status": problem["status"], "id": outcome.id, "error": problem}
