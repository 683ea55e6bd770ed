"""Query parameters: a misspelt one is refused, not ignored."""

import re
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from dataservice.api.errors import InvalidParameter, UnknownParameter

_MAX_PARAMETERS = 64
_NUMBER = re.compile("[0-9]{1,9}")
DEFAULT_LIMIT = 50


def read(request: Request, known: Collection[str]) -> Mapping[str, str]:
    """The parameters of a request, as `parse` has it."""
    return parse(request.scope["query_string"], known)


def parse(query: bytes, known: Collection[str], fields: Collection[str] = ()) -> Mapping[str, str]:
    """The parameters of a query string, each at most once. `fields` are taken as well, but not named to who misspells
    one: they may be many. A value that is no UTF-8 holds lone surrogates. Raises UnknownParameter or InvalidParameter.
    """
    if not query:
        return {}
    try:
        pairs = parse_qsl(
            query.decode("latin-1"),
            keep_blank_values=True,
            errors="surrogateescape",
            max_num_fields=_MAX_PARAMETERS,
        )
    except ValueError as error:
        raise InvalidParameter(f"more than {_MAX_PARAMETERS} query parameters") from error
    values: dict[str, str] = {}
    for name, value in pairs:
        if name not in known and name not in fields:
            raise UnknownParameter(name, known)
        if name in values:
            raise InvalidParameter(f"the query parameter {name!r} stands twice")
        values[name] = value
    return values


def flag(values: Mapping[str, str], name: str) -> bool:
    """Whether a parameter that can only be true stands there."""
    if values.get(name, "true") != "true":
        raise InvalidParameter(f"{name!r} can be 'true' only: leave it out otherwise")
    return name in values


def limit(values: Mapping[str, str], most: int) -> int:
    text = values.get("limit")
    if text is None:
        return min(DEFAULT_LIMIT, most)
    if _NUMBER.fullmatch(text) is None or not 1 <= int(text) <= most:
        raise InvalidParameter(f"'limit' is a number from 1 to {most}")
    return int(text)
