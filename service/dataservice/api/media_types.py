"""Which bodies are taken as JSON."""

from starlette.datastructures import Headers

from dataservice.api.errors import UnsupportedMediaType

JSON = "application/json"


def require_json(headers: Headers) -> None:
    """Raises UnsupportedMediaType unless the body is declared as uncompressed JSON in UTF-8."""
    given = headers.getlist("content-type")
    if given != [JSON] and not (len(given) == 1 and _is_json(given[0])):
        raise UnsupportedMediaType("send the document with 'Content-Type: application/json'")
    if any(coding.lower() != "identity" for coding in headers.getlist("content-encoding")):
        raise UnsupportedMediaType("send the body without Content-Encoding")


def _is_json(given: str) -> bool:
    media_type, *parameters = (part.strip().lower() for part in given.split(";"))
    # RFC 8259 section 8.1: JSON is UTF-8 and has no charset; some clients say utf-8 nevertheless.
    charsets = (each.partition("=")[2].strip('"') for each in parameters if each.startswith("charset="))
    structured = media_type.startswith("application/") and media_type.endswith("+json")
    return (media_type == JSON or structured) and all(each in {"utf-8", "utf8"} for each in charsets)
