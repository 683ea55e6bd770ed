"""The query parameters of a list."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, get_args

from starlette.requests import Request

from dataservice.api import parameters
from dataservice.api.errors import InvalidParameter
from dataservice.domain.query.fields import Fields, parse_fields
from dataservice.domain.query.listing import Count, ListQuery, Selection, parse_condition, parse_order
from dataservice.domain.query.shorthand import fields_for_shorthand
from dataservice.domain.query.tree import Condition

NAMES = ("limit", "cursor", "filter", "sort", "fields", "count")
SELECTING = ("filter", "fields")
_REMEMBERED: Final = 256
_LONGEST_REMEMBERED: Final = 256
"""Bytes of a query string, so that what is remembered of all is bounded too."""

_COUNTS: Mapping[str, Count] = {each: each for each in get_args(Count)}


class ListParameters:
    def __init__(self, schema: Mapping[str, Any], max_page_size: int) -> None:
        self._schema = schema
        self._max_page_size = max_page_size
        # A field that has the name of a parameter can be asked for in `filter` only.
        self._fields = fields_for_shorthand(schema) - set(NAMES)
        self._remembered = lru_cache(_REMEMBERED)(self._query)

    def read(self, request: Request) -> ListQuery:
        """Raises UnknownParameter, InvalidParameter, InvalidFilter, InvalidSort, InvalidFields."""
        text = request.scope["query_string"]
        return self._remembered(text) if len(text) <= _LONGEST_REMEMBERED else self._query(text)

    def _query(self, text: bytes) -> ListQuery:
        values = parameters.parse(text, NAMES, self._fields)
        return ListQuery(
            parameters.limit(values, self._max_page_size),
            values.get("cursor"),
            _condition(values),
            parse_order(values.get("sort"), self._schema),
            fields(values),
            _count(values),
        )

    def read_selection(self, request: Request) -> Selection:
        """Raises UnknownParameter, InvalidParameter, InvalidFilter, InvalidFields."""
        values = parameters.parse(request.scope["query_string"], SELECTING, self._fields)
        return Selection(_condition(values), fields(values))


def _condition(values: Mapping[str, str]) -> Condition:
    shorthands = {name: text for name, text in values.items() if name not in NAMES}
    return parse_condition(values.get("filter"), shorthands)


def fields(values: Mapping[str, str]) -> Fields | None:
    """None where no fields are named. Raises InvalidFields."""
    text = values.get("fields")
    return None if text is None else parse_fields(text)


def _count(values: Mapping[str, str]) -> Count:
    count = _COUNTS.get(values.get("count", "none"))
    if count is None:
        raise InvalidParameter(f"'count' is one of {', '.join(_COUNTS)}")
    return count
