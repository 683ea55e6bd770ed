"""Which fields of a document an answer has."""

from collections.abc import Mapping
from typing import Any

import msgspec

from dataservice.domain.document import ID
from dataservice.domain.query import json_text
from dataservice.domain.query.parse import check_path
from dataservice.errors import InvalidFields

MAX_FIELDS = 100

Fields = Mapping[str, Any]
"""Names to what is wanted below them: again such a mapping, empty for all of it."""

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


def parse_fields(text: str) -> Fields:
    """Read `a,b.c`. Raises InvalidFields."""
    paths = text.split(",")
    if len(paths) > MAX_FIELDS:
        raise InvalidFields(f"at most {MAX_FIELDS} fields can be named")
    wanted: dict[str, Any] = {ID: {}}
    for path in sorted(paths, key=len, reverse=True):  # the longest first, so that `a` widens `a.b`
        problem = check_path(path) or _not_text(path)
        if problem:
            raise InvalidFields(f"not {json_text.shown(path)}: {problem}")
        *parents, last = path.split(".")
        level = wanted
        for name in parents:
            level = level.setdefault(name, {})
        level[last] = {}
    return wanted


def _not_text(path: str) -> str | None:
    try:
        json_text.check_text(path)
    except json_text.UnusableJson as error:
        return str(error)
    return None


def cut(document: bytes, fields: Fields) -> bytes:
    """The wanted fields of a JSON object, in its order and as they were written."""
    members = _members(document)
    kept = {name: value for name, value in members.items() if name in fields}
    return _encode({name: part for name, value in kept.items() if (part := _part(value, fields[name]))})


def _part(value: msgspec.Raw, fields: Fields) -> msgspec.Raw | None:
    """Of an array, the part of each object in it. A scalar has no fields: None."""
    if not fields:
        return value
    text = bytes(value).lstrip()
    if text.startswith(b"{"):
        return msgspec.Raw(cut(text, fields))
    if text.startswith(b"["):
        parts = (_part(each, fields) for each in _elements(text))
        return msgspec.Raw(_encode([part for part in parts if part is not None]))
    return None
