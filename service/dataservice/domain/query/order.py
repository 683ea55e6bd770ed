"""MongoDB's order of values, for JSON.

https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final


class Absence(Enum):
    MISSING = "missing"
    """No value at a path: as good as null to `$eq` and to sorting, not to `$exists`."""


MISSING: Final = Absence.MISSING

_NULL, _NUMBER, _TEXT, _OBJECT, _ARRAY, _BOOLEAN = range(6)
_RANKS: Mapping[type, int] = {
    Absence: _NULL,
    type(None): _NULL,
    int: _NUMBER,
    float: _NUMBER,
    str: _TEXT,
    dict: _OBJECT,
    list: _ARRAY,
    bool: _BOOLEAN,
}
_SIMPLE = frozenset({str, int, float, bool})


def rank(value: Any) -> int:
    """The bracket of types in which a value is compared."""
    return _RANKS[type(value)]


def compare(left: Any, right: Any) -> int:
    """Below, at or above 0. Numbers compare exactly, texts by code points (as UTF-8 does by bytes)."""
    if type(left) is type(right) and type(left) in _SIMPLE:  # nearly always
        return int(left > right) - int(left < right)
    kind = rank(left)
    if kind != rank(right):
        return kind - rank(right)
    if kind == _OBJECT:
        return _objects(left, right)
    if kind == _ARRAY:
        return _arrays(left, right)
    if kind == _NULL:
        return 0
    return int(left > right) - int(left < right)


def _objects(left: Mapping[str, Any], right: Mapping[str, Any]) -> int:
    """Member by member in their order: type, then name, then value."""
    for (name, item), (other, another) in zip(left.items(), right.items(), strict=False):
        order = rank(item) - rank(another) or (name > other) - (name < other) or compare(item, another)
        if order:
            return order
    return len(left) - len(right)


def _arrays(left: Sequence[Any], right: Sequence[Any]) -> int:
    for item, another in zip(left, right, strict=False):
        order = compare(item, another)
        if order:
            return order
    return len(left) - len(right)
