"""The order of a list: fields, then always `_id`, so that no two documents share a place."""

from collections.abc import Mapping, Sequence
from functools import cmp_to_key
from typing import Any

import msgspec

from dataservice.domain.document import ID, SERVER_FIELDS
from dataservice.domain.query import json_text
from dataservice.domain.query.order import compare
from dataservice.errors import InvalidSort

_MAX_FIELDS = 8
_SCALARS = frozenset({"string", "number", "integer", "boolean", "null"})


class SortField(msgspec.Struct, frozen=True):
    name: str
    descending: bool = False

    def __str__(self) -> str:
        return ("-" if self.descending else "") + self.name


Sort = tuple[SortField, ...]
"""The last one is `_id`, and no other is."""

BY_ID: Sort = (SortField(ID),)


def parse_sort(text: str, schema: Mapping[str, Any]) -> Sort:
    """Read `-a,b`. Raises InvalidSort: keyset paging needs a scalar of every document."""
    names = text.split(",")
    if len(names) > _MAX_FIELDS:
        raise InvalidSort(f"a list is sorted by at most {_MAX_FIELDS} fields")
    fields = tuple(SortField(name.removeprefix("-"), name.startswith("-")) for name in names)
    for field in fields:
        _check(field.name, schema)
    if len({field.name for field in fields}) < len(fields):
        raise InvalidSort("the sort names a field twice: name it once")
    by_id = next((place for place, field in enumerate(fields) if field.name == ID), None)
    return (*fields, *BY_ID) if by_id is None else fields[: by_id + 1]


def canonical(sort: Sort) -> str:
    return ",".join(map(str, sort))


def _check(name: str, schema: Mapping[str, Any]) -> None:
    if name in SERVER_FIELDS or _is_required_scalar(name, schema):
        return
    raise InvalidSort(
        f"not by {json_text.shown(name)}: sort by {', '.join(sorted(SERVER_FIELDS))}, or by fields at the top level"
        " that the schema requires and gives a scalar type"
    )


def _is_required_scalar(name: str, schema: Mapping[str, Any]) -> bool:
    if name.startswith("_") or not name or set("$.\0") & set(name) or name not in schema.get("required", ()):
        return False
    declared = schema.get("properties", {}).get(name)
    if not isinstance(declared, Mapping):
        return False
    if "type" in declared:
        types = declared["type"]
        return _SCALARS.issuperset([types] if isinstance(types, str) else types)
    values = declared.get("enum", [declared["const"]] if "const" in declared else [[]])
    return not any(isinstance(each, list | dict) for each in values)


class Key:
    """The place of a document in a sort. `values` has an array for each field: `[value]`, and `[]` where the field is
    an empty array, which comes before null.
    """

    __slots__ = ("_sort", "values")

    def __init__(self, values: Sequence[list[Any]], sort: Sort) -> None:
        self.values = values
        self._sort = sort

    def __lt__(self, other: "Key") -> bool:
        for field, mine, its in zip(self._sort, self.values, other.values, strict=True):
            order = compare(mine[0], its[0]) if mine and its else len(mine) - len(its)
            if order:
                return order > 0 if field.descending else order < 0
        return False


def key(document: Mapping[str, Any], sort: Sort) -> Key:
    return Key([_sorted_by(document.get(field.name), field) for field in sort], sort)


def _sorted_by(value: Any, field: SortField) -> list[Any]:
    """An array is sorted by its least element, in descending order by its greatest."""
    if not isinstance(value, list):
        return [value]
    if not value:
        return []
    choose = max if field.descending else min
    return [choose(value, key=cmp_to_key(compare))]
