"""Whether a document meets a condition, as MongoDB would say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dataservice.domain.query.budget import Budget
from dataservice.domain.query.order import MISSING, compare, rank
from dataservice.domain.query.tree import (
    Among,
    Compare,
    Condition,
    ElementHas,
    ElementIs,
    Exists,
    Field,
    Size,
    StartsWith,
    Test,
)
from dataservice.domain.timestamps import rfc3339

_Reached = tuple[Any, bool]


def matches(condition: Condition, document: Mapping[str, Any], budget: Budget | None = None) -> bool:
    """`document` is as clients see it. Raises QueryTooSlow when the budget is spent."""
    budget = budget or Budget()
    if isinstance(condition, Field):
        parts = condition.path.split(".")
        return all(_passes(test, document, parts, budget) for test in condition.tests)
    members = (matches(each, document, budget) for each in condition.members)
    match condition.operator:
        case "$and":
            return all(members)
        case "$or":
            return any(members)
        case "$nor":
            return not any(members)


def _passes(test: Test, document: Mapping[str, Any], parts: Sequence[str], budget: Budget) -> bool:
    match test:
        case Compare("$ne", operand):
            return not _passes(Compare("$eq", operand), document, parts, budget)
        case Among("$nin", operands):
            return not _passes(Among("$in", operands), document, parts, budget)
        case Among("$all", operands):
            wanted = (Compare("$eq", each) for each in operands)
            return bool(operands) and all(_passes(each, document, parts, budget) for each in wanted)
        case Exists(wanted):
            return any(value is not MISSING for value, _ in _reached(document, parts, 0, budget)) is wanted
        case Size() | ElementIs() | ElementHas():
            return any(_holds(test, value, budget) for value, _ in _reached(document, parts, 0, budget))
        case _:
            return any(_holds(test, value, budget) for value in _leaves(document, parts, budget))


def _holds(test: Test, value: Any, budget: Budget) -> bool:
    """One value, without a look at the elements that an array has."""
    budget.spend()
    match test:
        case Compare(operator, operand):
            return _compares(operator, value, operand)
        case Among(operator, operands):
            return _is_among(operator, value, operands)
        case Exists(wanted):
            return wanted
        case StartsWith(prefix):
            return isinstance(value, str) and value.startswith(prefix)
        case _:
            return isinstance(value, list) and _array_holds(test, value, budget)


def _array_holds(test: Size | ElementIs | ElementHas, array: Sequence[Any], budget: Budget) -> bool:
    match test:
        case Size(items):
            return len(array) == items
        case ElementIs(tests):
            return any(all(_holds(each, item, budget) for each in tests) for item in array)
        case ElementHas(condition):
            inner = (_as_object(item) for item in array)
            return any(matches(condition, each, budget) for each in inner if each is not None)


def _is_among(operator: str, value: Any, operands: Sequence[Any]) -> bool:
    equal = (_compares("$eq", value, each) for each in operands)
    match operator:
        case "$in":
            return any(equal)
        case "$nin":
            return not any(equal)
        case _:
            return bool(operands) and all(equal)


_OUTCOMES: Mapping[str, Callable[[int], bool]] = {
    "$eq": lambda order: order == 0,
    "$gt": lambda order: order > 0,
    "$gte": lambda order: order >= 0,
    "$lt": lambda order: order < 0,
    "$lte": lambda order: order <= 0,
}


def _compares(operator: str, value: Any, operand: Any) -> bool:
    # In JSON an instant is text of fixed width, whose order is that of time.
    other = rfc3339(operand) if isinstance(operand, datetime) else operand
    if operator == "$ne":
        return not _compares("$eq", value, other)
    return rank(value) == rank(other) and _OUTCOMES[operator](compare(value, other))


def _as_object(element: Any) -> Mapping[str, Any] | None:
    """In BSON an array is an object whose names are the positions."""
    if isinstance(element, list):
        return {str(position): item for position, item in enumerate(element)}
    return element if isinstance(element, dict) else None


def _leaves(document: Mapping[str, Any], parts: Sequence[str], budget: Budget) -> Iterator[Any]:
    """An array at the end of a path is its elements and itself."""
    for value, spread in _reached(document, parts, 0, budget):
        if spread and isinstance(value, list):
            yield from value
        yield value


def _reached(fields: Mapping[str, Any], parts: Sequence[str], at: int, budget: Budget) -> Iterator[_Reached]:
    """What lies at the path from its part `at` on, MISSING included, and whether an array there is spread."""
    budget.spend()
    value = fields.get(parts[at], MISSING)
    if at + 1 == len(parts):
        yield value, True
    elif isinstance(value, dict):
        yield from _reached(value, parts, at + 1, budget)
    elif isinstance(value, list):
        yield from _inside(value, parts, at + 1, budget)
    else:
        yield MISSING, True


def _inside(array: Sequence[Any], parts: Sequence[str], at: int, budget: Budget) -> Iterator[_Reached]:
    """A part below an array is a name in each object of it, and a position where it is a number."""
    position = _position(parts[at])
    for number, element in enumerate(array):
        if isinstance(element, dict):
            yield from _reached(element, parts, at, budget)
        if number != position:
            continue
        if at + 1 == len(parts):
            yield element, False
        elif isinstance(element, dict):
            yield from _reached(element, parts, at + 1, budget)
        elif isinstance(element, list):
            yield from _inside(element, parts, at + 1, budget)


def _position(part: str) -> int | None:
    digits = part.isascii() and part.isdigit() and len(part) < len("1000000000")
    return int(part) if digits and str(int(part)) == part else None
