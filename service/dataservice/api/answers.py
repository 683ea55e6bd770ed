"""Answers that several routes give."""

from starlette.requests import Request
from starlette.responses import Response

from dataservice.api.media_types import JSON


def answer(
    request: Request, body: bytes, headers: dict[str, str] | None = None, media_type: str = JSON
) -> Response:
    """200 with the body; to HEAD, all of it but the body."""
    if request.method == "HEAD":
        return Response(headers={**(headers or {}), "content-length": str(len(body))}, media_type=media_type)
    return Response(body, headers=headers, media_type=media_type)


def location(request: Request, document_id: str) -> str:
    """Relative (RFC 9110 section 10.2.2): the service does not know by which name it was reached."""
    return f"{request.scope.get('root_path', '')}/data/{document_id}"


def prefers_minimal(request: Request) -> bool:
    """RFC 7240: several fields or one list, each preference perhaps quoted, perhaps with parameters."""
    for preference in ",".join(request.headers.getlist("prefer")).lower().split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip() == "return":
            return value.strip().strip('"') == "minimal"  # the first one counts
    return False
