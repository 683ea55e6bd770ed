"""The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07)."""

import re

from starlette.datastructures import Headers
from starlette.requests import Request

from dataservice.api.errors import InvalidIdempotencyKey
from dataservice.domain.idempotency import Key

_HEADER = "idempotency-key"
# The header is a string of RFC 9651 (section 3.3.3), in quotes; many clients send it without.
_QUOTED = re.compile(r'"((?:[!#-\[\]-~]|\\["\\])+)"')
_BARE = re.compile(r"[!#-+\--:<-\[\]-~]+")  # without '"', '\', and the separators ',' and ';'
_ESCAPED = re.compile(r"\\(.)")
_MOST = 255


def key(request: Request) -> Key | None:
    """The key of a request, and whose it is. Raises InvalidIdempotencyKey."""
    given = request.headers.getlist(_HEADER)
    if not given:
        return None
    principal = request.scope.get("principal")
    return Key(principal.name if principal else "", _text(given))


def refuse_key(headers: Headers) -> None:
    """Raises InvalidIdempotencyKey where one would be ignored: a promise that is not kept."""
    if _HEADER in headers:
        raise InvalidIdempotencyKey("an Idempotency-Key is for POST /data only")


def _text(given: list[str]) -> str:
    text = given[0].strip() if len(given) == 1 else ""
    if quoted := _QUOTED.fullmatch(text):
        text = _ESCAPED.sub(r"\1", quoted[1])
    elif not _BARE.fullmatch(text):
        text = ""
    if not 1 <= len(text) <= _MOST:
        raise InvalidIdempotencyKey(
            f'send one key of 1 to {_MOST} visible ASCII characters, as in Idempotency-Key: "8e03978e"'
        )
    return text
