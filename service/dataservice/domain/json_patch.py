"""JSON Patch (RFC 6902), bounded in how many operations it has and in what they copy."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from dataservice.domain.json_rules import decode_array
from dataservice.domain.pointer import pointer
from dataservice.errors import InvalidDocument, InvalidPatch, PatchConflict, Violation

MAX_OPERATIONS: Final = 500

_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("path", "from"),
    "copy": ("path", "from"),
    "test": ("path", "value"),
}
# Those of other programs too: BSON nests at most 100 levels deep in MongoDB.
_MAX_TOKENS: Final = 128
_INDEX = re.compile("0|[1-9][0-9]{0,8}")
_END: Final = "-"
_BAD_ESCAPE = re.compile("~(?![01])")
_Path = tuple[str, ...]
# The document is the one member of an object around it, so that its own place is one like all others.
_ROOT: Final = ""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Operation(msgspec.Struct, frozen=True):
    name: str
    path: _Path
    origin: _Path
    """Of `move` and `copy`."""
    value: Any


class JsonPatch(msgspec.Struct, frozen=True):
    operations: tuple[Operation, ...]
    most_copied: int
    """Bytes of JSON that its `copy` operations may add together. Each could double the document."""

    def apply(self, document: Mapping[str, Any]) -> Any:
        """All operations in their order on a copy of the document; it may not be an object any more.

        Raises PatchConflict where one of them does not go with this document, InvalidDocument where they copy too
        much or nest too deep.
        """
        around = {_ROOT: _copied(document)}
        allowance = self.most_copied
        try:
            for number, each in enumerate(self.operations):
                place = _Place(around, each.path, number)
                match each.name:
                    case "add":
                        place.add(_copied(each.value))
                    case "remove":
                        place.take()
                    case "replace":
                        place.put(_copied(each.value))
                    case "move":
                        value = _Place(around, each.origin, number).take()
                        _Place(around, each.path, number).add(value)
                    case "copy":
                        text = _encode(_Place(around, each.origin, number).get())
                        allowance -= len(text)
                        _check_allowance(allowance)
                        place.add(_decode(text))
                    case _:
                        held = place.get()
                        # What differs for Python, which finds it sooner, differs.
                        if held != each.value or not _equal(held, each.value):
                            raise PatchConflict(number, "the value is another than the tested one")
        except RecursionError as error:
            raise InvalidDocument((Violation("", "too-deep", "the patch nests too deep"),)) from error
        return around.get(_ROOT)


def parse_json_patch(body: bytes, most_copied: int) -> JsonPatch:
    """Raises MalformedJson; InvalidPatch for what is no JSON Patch; InvalidDocument for fields of the server and for
    values that no document may hold.
    """
    given = decode_array(body)
    if len(given) > MAX_OPERATIONS:
        raise InvalidPatch(f"a patch has at most {MAX_OPERATIONS} operations, this one {len(given)}")
    return JsonPatch(tuple(_operation(number, each) for number, each in enumerate(given)), most_copied)


def _operation(number: int, given: object) -> Operation:
    if not isinstance(given, dict):
        raise InvalidPatch(f"operation {number} is not an object")
    name = given.get("op")
    if not isinstance(name, str) or name not in _MEMBERS:
        raise InvalidPatch(f"operation {number}: 'op' is one of {', '.join(_MEMBERS)}")
    for member in _MEMBERS[name]:
        if member not in given:
            raise InvalidPatch(f"operation {number}: {name} needs the member {member!r}")
    path = _path(number, "path", given["path"])
    origin = _path(number, "from", given["from"]) if "from" in _MEMBERS[name] else ()
    if name == "move" and len(origin) < len(path) and path[: len(origin)] == origin:
        raise InvalidPatch(f"operation {number}: a value cannot be moved into itself")
    return Operation(name, path, origin, given.get("value"))


def _path(number: int, member: str, given: object) -> _Path:
    """The tokens of a JSON pointer (RFC 6901)."""
    if not isinstance(given, str) or given[:1] not in {"", "/"} or _BAD_ESCAPE.search(given):
        raise InvalidPatch(f"operation {number}: {member!r} is not a JSON pointer (RFC 6901)")
    if given.count("/") > _MAX_TOKENS:
        raise InvalidPatch(f"operation {number}: {member!r} is deeper than any document")
    tokens = tuple(each.replace("~1", "/").replace("~0", "~") for each in given.split("/")[1:])
    if tokens and tokens[0].startswith("_"):
        detail = f"operation {number}: names that begin with '_' belong to the server"
        raise InvalidDocument((Violation(pointer(tokens[:1]), "reserved-name", detail),))
    return tokens


class _Place:
    """Where one operation is at work. Raises PatchConflict for a place that is not there."""

    def __init__(self, around: dict[str, Any], path: _Path, number: int) -> None:
        self._around = around
        self._tokens = (_ROOT, *path)
        self._number = number

    def get(self) -> Any:
        parent, key = self._found()
        return parent[key]

    def put(self, value: Any) -> None:
        parent, key = self._found()
        parent[key] = value

    def take(self) -> Any:
        parent, key = self._found()
        return parent.pop(key)

    def add(self, value: Any) -> None:
        parent, token = self._parent(), self._tokens[-1]
        if isinstance(parent, dict):
            parent[token] = value
        elif isinstance(parent, list):
            end = len(parent)
            parent.insert(end if token == _END else self._index(token, end), value)
        else:
            raise self._missing()

    def _found(self) -> tuple[Any, Any]:
        parent = self._parent()
        return parent, self._key(parent, self._tokens[-1])

    def _parent(self) -> Any:
        at: Any = self._around
        for token in self._tokens[:-1]:
            at = at[self._key(at, token)]
        return at

    def _key(self, container: Any, token: str) -> str | int:
        if isinstance(container, dict) and token in container:
            return token
        if isinstance(container, list):
            return self._index(token, len(container) - 1)
        raise self._missing()

    def _index(self, token: str, most: int) -> int:
        if _INDEX.fullmatch(token) is None or int(token) > most:
            raise self._missing()
        return int(token)

    def _missing(self) -> PatchConflict:
        return PatchConflict(self._number, "the document has no such place")


def _check_allowance(left: int) -> None:
    if left < 0:
        detail = "the patch copies more than a request may bring"
        raise InvalidDocument((Violation("", "too-large", detail),))


def _copied(value: Any) -> Any:
    """So that neither the document nor the patch, which may be applied again, is changed."""
    return _decode(_encode(value)) if isinstance(value, Mapping | list) else value


def _equal(one: Any, other: Any) -> bool:
    """Section 4.6; true is not 1, which Python holds for equal."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)
