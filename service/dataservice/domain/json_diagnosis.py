"""Name the rules that a body breaks: exact, and slower than `json_rules`, which asks only on suspicion."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from dataservice.domain.json_limits import (
    INT64_MAX,
    INT64_MIN,
    MAX_DEPTH,
    MAX_VIOLATIONS,
    violations_of_each,
)
from dataservice.domain.pointer import Pointer
from dataservice.errors import InvalidDocument, InvalidPatch, MalformedJson, Violation

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# Python refuses to read longer integers, and none of them is within int64.
_MAX_INTEGER_DIGITS = 20


class _Members(list[tuple[str, Any]]):
    """An object's members in the order of the text, with names that stand twice."""


class _Refused(msgspec.Struct, frozen=True):
    """A number that cannot be kept: the code and the detail of its violation."""

    code: str
    detail: str


Item = dict[str, Any] | InvalidDocument
"""An item of an array: the object, or the rules that it breaks."""

_NOT_AN_OBJECT = Violation("", "not-an-object", "this is not a JSON object: write {...}")


def explain(body: bytes, allowed_names: frozenset[str], decoder_said: str = "") -> None:
    """Raise MalformedJson or InvalidDocument; return if the body is in order after all."""
    _explain(_parse(body), allowed_names, decoder_said)


def explain_items(body: bytes, allowed_names: frozenset[str], decoder_said: str = "") -> list[Item]:
    """The same of each item of an array; pointers begin at the item. Raises MalformedJson, and InvalidDocument for
    what is no array or cannot be taken apart. Of many items each has few violations: an answer names a bounded number.
    """
    values = _parse(body)
    if type(values) is not list:
        _explain(values, allowed_names, decoder_said)
        raise InvalidDocument((_NOT_AN_OBJECT,))
    share = violations_of_each(len(values))
    items = [_item(value, allowed_names, share) for value in values]
    if decoder_said and not any(isinstance(item, InvalidDocument) for item in items):
        raise MalformedJson(f"the body is not JSON: {decoder_said}")
    return items


def _item(value: Any, allowed_names: frozenset[str], most: int) -> Item:
    if not isinstance(value, _Members):
        return InvalidDocument((_NOT_AN_OBJECT,))
    violations = tuple(islice(_violations(value, Pointer(), 1, allowed_names), most))
    return InvalidDocument(violations) if violations else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, _Members):
        return {name: _plain(item) for name, item in value}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _explain(value: Any, allowed_names: frozenset[str], decoder_said: str) -> None:
    if decoder_said and not isinstance(value, _Members):
        raise InvalidDocument((Violation("", "not-an-object", "the body is not a JSON object"),))
    violations = tuple(islice(_violations(value, Pointer(), 1, allowed_names), MAX_VIOLATIONS))
    if violations:
        raise InvalidDocument(violations)
    if decoder_said:
        raise MalformedJson(f"the body is not JSON: {decoder_said}")


def explain_array(body: bytes, decoder_said: str = "") -> None:
    """As `explain`, for an array of objects whose members are each as deep as a document's may be."""
    if not body.strip():
        raise MalformedJson("the body is empty: send a JSON array of operations")
    value = _parse(body)
    if isinstance(value, _Members) or not isinstance(value, list):
        raise InvalidPatch("the body is JSON but not an array of operations")
    violations = tuple(islice(_violations(value, Pointer(), -1, None), MAX_VIOLATIONS))
    if violations:
        raise InvalidDocument(violations)
    if decoder_said:
        raise MalformedJson(f"the body is not JSON: {decoder_said}")


def _parse(body: bytes) -> Any:
    if not body.strip():
        raise MalformedJson("the body is empty: send a JSON object")
    try:
        return _DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        raise MalformedJson(f"the body is not UTF-8 text: byte {error.start}") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise MalformedJson(f"the body is not JSON: {error.msg.removesuffix(' at')} at {where}") from error
    except RecursionError as error:
        raise InvalidDocument((_too_deep(Pointer()),)) from error


def _integer(text: str) -> int | _Refused:
    if len(text) <= _MAX_INTEGER_DIGITS and INT64_MIN <= (value := int(text)) <= INT64_MAX:
        return value
    return _Refused("integer-out-of-range", "integers are kept within int64: write a larger one as a string")


def _real(text: str) -> float | _Refused:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        return _Refused("number-out-of-range", "the number is larger than a 64-bit float can hold")
    return value


def _constant(text: str) -> _Refused:
    return _Refused("not-a-number", f"{text} is not a JSON number: leave the field out or write null")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Members, parse_int=_integer, parse_float=_real, parse_constant=_constant
)


def _violations(
    value: Any, at: Pointer, depth: int, allowed_names: frozenset[str] | None
) -> Iterator[Violation]:
    """`allowed_names` is given for the top level only: further down a leading underscore is free."""
    if isinstance(value, _Refused):
        yield Violation(str(at), value.code, value.detail)
    elif isinstance(value, str):
        yield from _text(value, at)
    elif isinstance(value, list) and depth > MAX_DEPTH:
        yield _too_deep(at)
    elif isinstance(value, _Members):
        seen: set[str] = set()
        for name, item in value:
            yield from _name(name, at / name, seen, allowed_names)
            yield from _violations(item, at / name, depth + 1, None)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _violations(item, at / position, depth + 1, None)


def _name(
    name: str, at: Pointer, seen: set[str], allowed_names: frozenset[str] | None
) -> Iterator[Violation]:
    yield from _text(name, at)
    if "$" in name or "." in name:
        yield Violation(str(at), "invalid-name", "names may not hold '$' or '.'")
    if allowed_names is not None and name.startswith("_") and name not in allowed_names:
        yield Violation(str(at), "reserved-name", "names that begin with '_' belong to the server")
    if name in seen:
        yield Violation(str(at), "duplicate-name", "the name stands twice in one object")
    seen.add(name)


def _text(text: str, at: Pointer) -> Iterator[Violation]:
    if "\0" in text:
        yield Violation(str(at), "nul", "text may not hold the NUL character")
    if _LONE_SURROGATE.search(text):
        yield Violation(str(at), "lone-surrogate", "text holds half of a surrogate pair: it is not Unicode")


def _too_deep(at: Pointer) -> Violation:
    return Violation(str(at), "too-deep", f"documents nest at most {MAX_DEPTH} levels deep")
