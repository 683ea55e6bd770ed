"""From the text of `filter` to a tree, or a sentence that says what is wrong with it, and where."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from dataservice.domain.document import CREATED_AT, SERVER_FIELDS, UPDATED_AT
from dataservice.domain.pointer import Pointer
from dataservice.domain.query import json_text
from dataservice.domain.query.tree import (
    EVERYTHING,
    Among,
    Combined,
    Compare,
    Condition,
    ElementHas,
    ElementIs,
    Exists,
    Field,
    Group,
    Size,
    StartsWith,
    Test,
)
from dataservice.errors import InvalidFilter

MAX_DEPTH = 16
"""Levels of objects and arrays in the text."""
MAX_TESTS = 200
"""Operators, and fields that are compared, altogether."""
MAX_VALUES = 1000
"""Operands of one `$in`, `$nin` or `$all`."""
MAX_PARTS = 32
_MAX_SIZE = 2**31 - 1

_GROUPS: Mapping[str, Group] = {"$and": "$and", "$or": "$or", "$nor": "$nor"}
_COMPARISONS = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")
_LISTS = ("$in", "$nin", "$all")
FIELD_OPERATORS = (*_COMPARISONS, *_LISTS, "$exists", "$size", "$elemMatch", "$startsWith")
_INSTANTS = frozenset({CREATED_AT, UPDATED_AT})
_INSTANT_OPERATORS = frozenset({*_COMPARISONS, "$in", "$nin", "$exists"})
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,3})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def parse_filter(text: str) -> Condition:
    """The condition that a JSON text says. Raises InvalidFilter."""
    try:
        value = json_text.decode(text)
    except json_text.UnusableJson as error:
        raise InvalidFilter(f"the filter is not JSON that can be used: {error}") from error
    return _Parser().condition(value, Pointer(), 1)


def check_path(path: str) -> str | None:
    """Why this can be no path into a document; None if it can."""
    parts = path.split(".")
    if not all(parts) or "$" in path or "\0" in path:
        return "a path is names joined by dots, without '$'"
    if len(parts) > MAX_PARTS:
        return f"a path has at most {MAX_PARTS} parts"
    if path.startswith("_") and path not in SERVER_FIELDS:
        return f"of the names that begin with '_' these can be asked for: {', '.join(sorted(SERVER_FIELDS))}"
    return None


def instant(value: object) -> datetime | None:
    """RFC 3339 with at most milliseconds, which is what stores keep; None for all else."""
    if not isinstance(value, str) or _INSTANT.fullmatch(value) is None:
        return None
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class _Parser:
    """Counts what it reads of one filter."""

    def __init__(self) -> None:
        self._tests = 0

    def condition(self, value: Any, at: Pointer, depth: int, *, inner: bool = False) -> Condition:
        """`inner` are the fields of an element, where a leading underscore is free."""
        _check_depth(at, depth)
        if not isinstance(value, dict):
            _refuse(at, "an object of fields and $and, $or, $nor is expected")
        members = tuple(
            self._group(name, item, at / name, depth, inner=inner)
            if name.startswith("$")
            else self._field(name, item, at / name, depth, inner=inner)
            for name, item in value.items()
        )
        if not members:
            return EVERYTHING
        return members[0] if len(members) == 1 else Combined("$and", members)

    def _group(self, name: str, value: Any, at: Pointer, depth: int, *, inner: bool) -> Condition:
        self._count(at)
        if name not in _GROUPS:
            allowed = f"allowed here: {', '.join(_GROUPS)}"
            if name in FIELD_OPERATORS:
                _refuse(at, f'{name} belongs below a field, as in {{"field": {{"{name}": ...}}}}; {allowed}')
            _refuse(at, f"the operator is not known; {allowed}")
        if not isinstance(value, list) or not value:
            _refuse(at, "an array with at least one condition is expected")
        _check_depth(at, depth + 1)
        members = (
            self.condition(each, at / number, depth + 2, inner=inner) for number, each in enumerate(value)
        )
        return Combined(_GROUPS[name], tuple(members))

    def _field(self, path: str, value: Any, at: Pointer, depth: int, *, inner: bool) -> Field:
        problem = check_path("x." + path if inner else path)
        if problem:
            _refuse(at, problem)
        timed = not inner and path in _INSTANTS
        if isinstance(value, dict) and any(name.startswith("$") for name in value):
            return Field(path, self._tests_of(value, at, depth + 1, timed=timed))
        self._count(at)
        return Field(path, (Compare("$eq", _operand(value, at, depth + 1, timed=timed)),))

    def _tests_of(
        self, value: Mapping[str, Any], at: Pointer, depth: int, *, timed: bool
    ) -> tuple[Test, ...]:
        _check_depth(at, depth)
        return tuple(self._test(name, item, at / name, depth, timed=timed) for name, item in value.items())

    def _test(self, name: str, value: Any, at: Pointer, depth: int, *, timed: bool) -> Test:
        self._count(at)
        if name not in FIELD_OPERATORS:
            _refuse(at, f"the operator is not known; allowed here: {', '.join(FIELD_OPERATORS)}")
        if timed and name not in _INSTANT_OPERATORS:
            _refuse(at, f"{name} is not possible with an instant")
        if name in _COMPARISONS:
            return _comparison(name, value, at, depth, timed=timed)
        if name in _LISTS:
            return _among(name, value, at, depth, timed=timed)
        if name == "$elemMatch":
            return self._element(value, at, depth)
        return _SIMPLE[name](value, at)

    def _element(self, value: Any, at: Pointer, depth: int) -> Test:
        if not isinstance(value, dict):
            _refuse(at, "an object of operators, or of fields, is expected")
        if any(name.startswith("$") and name not in _GROUPS for name in value):
            return ElementIs(self._tests_of(value, at, depth + 1, timed=False))
        return ElementHas(self.condition(value, at, depth + 1, inner=True))

    def _count(self, at: Pointer) -> None:
        self._tests += 1
        if self._tests > MAX_TESTS:
            _refuse(at, f"a filter has at most {MAX_TESTS} operators and fields")


def _comparison(name: Any, value: Any, at: Pointer, depth: int, *, timed: bool) -> Test:
    if name not in ("$eq", "$ne") and isinstance(value, dict | list):
        _refuse(at, "a string, a number, a boolean or null is expected")
    return Compare(name, _operand(value, at, depth + 1, timed=timed))


def _among(name: Any, value: Any, at: Pointer, depth: int, *, timed: bool) -> Test:
    if not isinstance(value, list):
        _refuse(at, "an array of values is expected")
    if len(value) > MAX_VALUES:
        _refuse(at, f"at most {MAX_VALUES} values are taken")
    _check_depth(at, depth + 1)
    operands = (_operand(each, at / number, depth + 2, timed=timed) for number, each in enumerate(value))
    return Among(name, tuple(operands))


def _exists(value: Any, at: Pointer) -> Test:
    if not isinstance(value, bool):
        _refuse(at, "true or false is expected")
    return Exists(value)


def _size(value: Any, at: Pointer) -> Test:
    if type(value) is not int or not 0 <= value <= _MAX_SIZE:
        _refuse(at, f"a whole number from 0 to {_MAX_SIZE} is expected")
    return Size(value)


def _starts_with(value: Any, at: Pointer) -> Test:
    if not isinstance(value, str):
        _refuse(at, "a string is expected")
    _check_text(value, at)
    return StartsWith(value)


_SIMPLE: Mapping[str, Callable[[Any, Pointer], Test]] = {
    "$exists": _exists,
    "$size": _size,
    "$startsWith": _starts_with,
}


def _operand(value: Any, at: Pointer, depth: int, *, timed: bool) -> Any:
    if not timed:
        _check_literal(value, at, depth)
        return value
    moment = instant(value)
    if moment is None:
        _refuse(
            at,
            'a time is expected as RFC 3339 with at most milliseconds, such as "2026-03-01T12:00:00Z"'
            " (a '+' is written %2B in a URL)",
        )
    return moment


def _check_literal(value: Any, at: Pointer, depth: int) -> None:
    if isinstance(value, str):
        _check_text(value, at)
    elif isinstance(value, dict):
        _check_depth(at, depth)
        for name, item in value.items():
            _check_text(name, at / name)
            if "$" in name or "." in name:
                _refuse(at / name, "a value to compare with has no names with '$' or '.'")
            _check_literal(item, at / name, depth + 1)
    elif isinstance(value, list):
        _check_depth(at, depth)
        for number, item in enumerate(value):
            _check_literal(item, at / number, depth + 1)


def _check_text(text: str, at: Pointer) -> None:
    try:
        json_text.check_text(text)
    except json_text.UnusableJson as error:
        _refuse(at, str(error))


def _check_depth(at: Pointer, depth: int) -> None:
    if depth > MAX_DEPTH:
        _refuse(at, f"a filter nests at most {MAX_DEPTH} levels deep")


def _refuse(at: Pointer, reason: str) -> NoReturn:
    where = str(at)
    raise InvalidFilter(f"the filter at {where}: {reason}" if where else f"the filter: {reason}")
