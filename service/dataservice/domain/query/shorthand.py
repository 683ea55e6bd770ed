"""`field=value` in a query: equality for who does not want to write a filter."""

import json
from collections.abc import Mapping
from typing import Any

from dataservice.domain.document import CREATED_AT, SERVER_FIELDS, UPDATED_AT
from dataservice.domain.query import json_text
from dataservice.domain.query.parse import check_path, instant
from dataservice.domain.query.tree import Compare, Field
from dataservice.errors import InvalidFilter


def fields_for_shorthand(schema: Mapping[str, Any]) -> frozenset[str]:
    """The server's fields, and those that the schema declares at the top level."""
    declared = (name for name in schema.get("properties", {}) if "." not in name and not check_path(name))
    return frozenset({*declared, *SERVER_FIELDS})


def parse_shorthand(name: str, text: str) -> Field:
    """A value is JSON if it is a JSON scalar, else it is text as it stands; of a server's field it is always text.
    Raises InvalidFilter.
    """
    try:
        value = _value(name, text)
    except json_text.UnusableJson as error:
        raise InvalidFilter(f"the value of {json_text.shown(name)} cannot be used: {error}") from error
    return Field(name, (Compare("$eq", value),))


def _value(name: str, text: str) -> Any:
    if name in (CREATED_AT, UPDATED_AT):
        moment = instant(text)
        if moment is None:
            raise json_text.UnusableJson("it is no time of RFC 3339 with at most milliseconds")
        return moment
    value = text if name in SERVER_FIELDS else _scalar(text)
    if isinstance(value, str):
        json_text.check_text(value)
    return value


def _scalar(text: str) -> Any:
    if text.startswith(("{", "[", " ")) or not _is_json(text):
        return text
    return json_text.decode(text)


def _is_json(text: str) -> bool:
    """Also of numbers that are too large: these are refused, not searched for as text."""
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_none)
    except ValueError:
        return False
    return True


def _none(text: str) -> None:
    raise ValueError(text)
