"""JSON of a query parameter, read strictly: what a document could not hold is no operand either."""

import json
import re
from typing import Any, NoReturn

from dataservice.domain.json_limits import INT64_MAX, INT64_MIN

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# Python refuses to read longer integers, and none of them is within int64.
_MAX_INTEGER_DIGITS = 20
_MAX_SHOWN = 40


class UnusableJson(ValueError):
    """The text is not JSON, or holds what no document can; the message is for the client."""


def decode(text: str) -> Any:
    """Objects come as dict in the order of the text. Raises UnusableJson."""
    if _LONE_SURROGATE.search(text):
        raise UnusableJson("it is not UTF-8 text")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise UnusableJson(f"{error.msg.removesuffix(' at')} at character {error.pos}") from error
    except RecursionError as error:
        raise UnusableJson("it nests too deep") from error


def check_text(text: str) -> None:
    """Raises UnusableJson for what only an escape can bring into a string."""
    if "\0" in text:
        raise UnusableJson("text may not hold the NUL character")
    if _LONE_SURROGATE.search(text):
        raise UnusableJson("text holds half of a surrogate pair: it is not Unicode")


def shown(text: str) -> str:
    """A client's text in a message: short and printable."""
    return repr(text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnusableJson(f"the name {shown(twice)} stands twice in one object")
    return members


def _integer(text: str) -> int:
    if len(text) <= _MAX_INTEGER_DIGITS and INT64_MIN <= (value := int(text)) <= INT64_MAX:
        return value
    raise UnusableJson("an integer is outside of int64: documents hold none such")


def _real(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise UnusableJson("a number is larger than a 64-bit float can hold")
    return value


def _constant(text: str) -> NoReturn:
    raise UnusableJson(f"{text} is not a JSON number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_real, parse_constant=_constant
)
