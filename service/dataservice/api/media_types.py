"""Which bodies are taken as JSON."""

from starlette.datastructures import Headers

from dataservice.api.errors import LinesExpected, UnsupportedMediaType, UnsupportedPatchType

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
PATCHES = (MERGE_PATCH, JSON_PATCH)
_LINES = frozenset({"application/x-ndjson", "application/jsonl"})
_NO_ENCODING = "send the body without Content-Encoding"


def require_json(headers: Headers) -> None:
    """Raises UnsupportedMediaType unless the body is declared as uncompressed JSON in UTF-8."""
    given = headers.getlist("content-type")
    if given != [JSON] and not (len(given) == 1 and _is_json(given[0])):
        raise UnsupportedMediaType("send the document with 'Content-Type: application/json'")
    if _is_encoded(headers):
        raise UnsupportedMediaType(_NO_ENCODING)


def require_lines(headers: Headers) -> None:
    """Raises LinesExpected unless the body is declared as uncompressed lines of JSON in UTF-8."""
    given = headers.getlist("content-type")
    if len(given) != 1 or _utf8_type(given[0]) not in _LINES:
        raise LinesExpected("send one JSON object a line with 'Content-Type: application/x-ndjson'")
    if _is_encoded(headers):
        raise LinesExpected(_NO_ENCODING)


def patch_type(headers: Headers) -> str:
    """MERGE_PATCH or JSON_PATCH, of an uncompressed body in UTF-8; raises UnsupportedPatchType."""
    given = headers.getlist("content-type")
    media_type = given[0].partition(";")[0].strip().lower() if len(given) == 1 else ""
    if media_type not in PATCHES:
        raise UnsupportedPatchType(f"send the patch as {' or '.join(PATCHES)}")
    try:
        require_json(headers)
    except UnsupportedMediaType as error:
        raise UnsupportedPatchType("send the patch in UTF-8 and without Content-Encoding") from error
    return media_type


def _is_json(given: str) -> bool:
    media_type = _utf8_type(given)
    return media_type == JSON or (media_type.startswith("application/") and media_type.endswith("+json"))


def _utf8_type(given: str) -> str:
    """The type without its parameters; empty with another charset than UTF-8."""
    media_type, *parameters = (part.strip().lower() for part in given.split(";"))
    # RFC 8259 section 8.1: JSON is UTF-8 and has no charset; some clients say utf-8 nevertheless.
    charsets = (each.partition("=")[2].strip('"') for each in parameters if each.startswith("charset="))
    return media_type if all(each in {"utf-8", "utf8"} for each in charsets) else ""


def _is_encoded(headers: Headers) -> bool:
    return any(coding.lower() != "identity" for coding in headers.getlist("content-encoding"))
