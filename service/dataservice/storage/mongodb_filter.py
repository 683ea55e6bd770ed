"""From a condition to a filter of MongoDB: operators are written here, and only operands are the client's."""

import re
from collections.abc import Iterable
from typing import Any

from bson import ObjectId

from dataservice.domain.document import ID
from dataservice.domain.query.tree import (
    Among,
    Combined,
    Compare,
    Condition,
    ElementHas,
    ElementIs,
    Exists,
    Size,
    StartsWith,
    Test,
)
from dataservice.storage.mongodb_codec import shows_object_id

Filter = dict[str, Any]


def compiled(condition: Condition) -> Filter:
    """The filter for whole documents."""
    return _condition(condition, whole=True)


def _condition(condition: Condition, *, whole: bool) -> Filter:
    """`whole` is False for the elements of an array, whose `_id` is a field like any other."""
    if isinstance(condition, Combined):
        if not condition.members:
            return {}
        members = [_condition(each, whole=whole) for each in condition.members]
        together = _merged(members) if condition.operator == "$and" else None
        return {condition.operator: members} if together is None else together
    by_id = whole and condition.path == ID
    tests = [_test(_with_object_ids(each) if by_id else each) for each in condition.tests]
    together = _merged(tests)
    return (
        {"$and": [{condition.path: each} for each in tests]}
        if together is None
        else {condition.path: together}
    )


def _merged(filters: list[Filter]) -> Filter | None:
    """All in one, where no name stands twice."""
    merged = {name: value for each in filters for name, value in each.items()}
    return merged if len(merged) == sum(map(len, filters)) else None


def _test(test: Test) -> Filter:
    match test:
        case Compare(operator, operand):
            return {operator: operand}
        case Among(operator, operands):
            return {operator: list(operands)}
        case Exists() | Size():
            return {"$exists": test.wanted} if isinstance(test, Exists) else {"$size": test.items}
        case StartsWith(prefix):
            # Without a flag '^' is the start of the text only, and the case counts.
            return {"$regex": "^" + re.escape(prefix)}
        case ElementIs(tests):
            return {"$elemMatch": {name: value for each in tests for name, value in _test(each).items()}}
        case ElementHas(condition):
            return {"$elemMatch": _condition(condition, whole=False)}


def _with_object_ids(test: Test) -> Test:
    """An ObjectId is shown as its 24 digits, and found by them."""
    match test:
        case Compare("$eq", operand) if shows_object_id(operand):
            return Among("$in", tuple(_either([operand])))
        case Compare("$ne", operand) if shows_object_id(operand):
            return Among("$nin", tuple(_either([operand])))
        case Among("$in" | "$nin", operands):
            return Among(test.operator, tuple(_either(operands)))
        case _:
            return test


def _either(operands: Iterable[Any]) -> Iterable[Any]:
    for each in operands:
        yield each
        if shows_object_id(each):
            yield ObjectId(each)
