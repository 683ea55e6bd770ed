"""A filter as a typed tree. Stores compile this; what a client wrote never reaches a driver."""

from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec

Scalar: TypeAlias = str | int | float | bool | datetime | None
Group = Literal["$and", "$or", "$nor"]


class Compare(msgspec.Struct, frozen=True, tag=True):
    """`operand` is a JSON value, an instant for the server's times; a scalar under `$gt` and its like."""

    operator: Literal["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]
    operand: Any


class Among(msgspec.Struct, frozen=True, tag=True):
    operator: Literal["$in", "$nin", "$all"]
    operands: tuple[Any, ...]


class Exists(msgspec.Struct, frozen=True, tag=True):
    wanted: bool


class Size(msgspec.Struct, frozen=True, tag=True):
    items: int


class StartsWith(msgspec.Struct, frozen=True, tag=True):
    prefix: str


class ElementIs(msgspec.Struct, frozen=True, tag=True):
    """`$elemMatch` with operators: one element passes all tests."""

    tests: tuple["Test", ...]


class ElementHas(msgspec.Struct, frozen=True, tag=True):
    """`$elemMatch` with fields: one element, an object or array, meets the condition."""

    condition: "Condition"


class Field(msgspec.Struct, frozen=True, tag=True):
    """The value at a dotted path passes every test."""

    path: str
    tests: tuple["Test", ...]


class Combined(msgspec.Struct, frozen=True, tag=True):
    operator: Group
    members: tuple["Condition", ...]


Test: TypeAlias = Compare | Among | Exists | Size | StartsWith | ElementIs | ElementHas
Condition: TypeAlias = Field | Combined

EVERYTHING = Combined("$and", ())


def both(first: Condition, second: Condition) -> Condition:
    if second == EVERYTHING:
        return first
    return second if first == EVERYTHING else Combined("$and", (first, second))
