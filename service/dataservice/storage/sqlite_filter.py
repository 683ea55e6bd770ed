"""From a condition to SQL that finds its candidates: every document that meets it, and perhaps others.

What a condition means is told by `domain.query.match`, which looks at each candidate; SQL is there so that declared
indexes are used. It says the same expressions as they do (`indexed_value`).

Of an array MongoDB compares the elements. Its text begins with '[', so all texts that do are candidates too, in the
same index; and where the path has several parts, so is every document in which it leads nowhere, since an array may
stand in the way.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from math import inf
from typing import Any, NamedTuple

from dataservice.domain.document import ID, SERVER_FIELDS
from dataservice.domain.query.tree import Among, Compare, Condition, Field, StartsWith, Test
from dataservice.domain.timestamps import rfc3339
from dataservice.storage.sqlite_indexes import indexed_value

# SQLite does not find names that JSON writes with an escape.
_PLAIN_PATH = re.compile(r"""[^"'\\\x00-\x1f]+""")
# Up to here SQLite reads every number exactly; beyond, the last bits may differ from those that Python reads.
_EXACT_INTEGER = 2**53
_READING_ERROR = 1e-14
_BLOBS = {None: b"", False: b"\x00", True: b"\x01"}
_FIRST_SURROGATE, _AFTER_SURROGATES = 0xD800, 0xE000
_LAST_CHARACTER = "\U0010ffff"


class Sql(NamedTuple):
    text: str
    parameters: tuple[Any, ...] = ()


ALL = Sql("1")


def candidates(condition: Condition) -> Sql:
    return _condition(condition) or ALL


def value_of(name: str) -> str:
    """What a server's field is sorted by."""
    return "id" if name == ID else indexed_value([name])


def _condition(condition: Condition) -> Sql | None:
    """None where SQL narrows nothing."""
    if isinstance(condition, Field):
        return _field(condition)
    members = [_condition(each) for each in condition.members]
    known = [each for each in members if each]
    match condition.operator:
        case "$and":
            return _joined(known, " AND ")
        case "$or":
            return _joined(known, " OR ") if len(known) == len(members) else None
        case "$nor":
            return None


def _joined(parts: Sequence[Sql], word: str) -> Sql | None:
    if not parts:
        return None
    text = word.join(part.text for part in parts)
    return Sql(f"({text})", tuple(each for part in parts for each in part.parameters))


def _field(field: Field) -> Sql | None:
    if _PLAIN_PATH.fullmatch(field.path) is None:
        return None
    names = field.path.split(".")
    value = value_of(field.path) if field.path == ID else indexed_value(names)
    known = [part for test in field.tests if (part := _test(test, value))]
    if field.path not in SERVER_FIELDS:
        array = f"({value} >= '[' AND {value} < '\\')"
        nowhere = f" OR {value} = x''" if len(names) > 1 else ""
        known = [Sql(f"({text} OR {array}{nowhere})", parameters) for text, parameters in known]
    return _joined(known, " AND ")


def _test(test: Test, value: str) -> Sql | None:
    match test:
        case Compare(operator, operand):
            return _compared(operator, operand, value)
        case Among("$in", operands):
            exact = [_exact(each) for each in operands]
            if None in exact:
                return None
            return Sql(f"{value} IN ({', '.join('?' * len(exact))})", tuple(exact))
        case Among("$all", [first, *_]):
            return _compared("$eq", first, value)
        case StartsWith(prefix):
            return _starting(prefix, value)
        case _:
            return None


def _exact(operand: Any) -> Any:
    """What SQLite holds for exactly this value; None where it is not sure."""
    if isinstance(operand, datetime):
        return rfc3339(operand)
    if operand is None or isinstance(operand, bool):
        return _BLOBS[operand]
    if isinstance(operand, int):
        return operand if abs(operand) <= _EXACT_INTEGER else None
    return operand if isinstance(operand, str) else None


def _compared(operator: str, operand: Any, value: str) -> Sql | None:
    if operator == "$ne" or isinstance(operand, dict | list):
        return None
    exact = _exact(operand)
    if operator == "$eq" and exact is not None:
        return Sql(f"{value} = ?", (exact,))
    if operand is None or isinstance(operand, bool):
        return Sql(f"{value} {'=' if operand is None else '>'} x''")
    if isinstance(operand, int | float):
        return _numbers(operator, operand, value)
    bounds = f">= ? AND {value} < x''" if operator in ("$gt", "$gte") else f">= '' AND {value} <= ?"
    return Sql(f"({value} {bounds})", (exact,))


def _numbers(operator: str, operand: float, value: str) -> Sql:
    error = abs(operand) * _READING_ERROR
    least = operand - error if operator in ("$eq", "$gt", "$gte") else -inf
    most = operand + error if operator in ("$eq", "$lt", "$lte") else inf
    return Sql(f"({value} >= ? AND {value} <= ?)", (least, most))


def _starting(prefix: str, value: str) -> Sql:
    following = _following(prefix)
    if following is None:
        return Sql(f"({value} >= ? AND {value} < x'')", (prefix,))
    return Sql(f"({value} >= ? AND {value} < ?)", (prefix, following))


def _following(prefix: str) -> str | None:
    """The least text that is greater than all with this prefix."""
    kept = prefix.rstrip(_LAST_CHARACTER)
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(_AFTER_SURROGATES if following == _FIRST_SURROGATE else following)
