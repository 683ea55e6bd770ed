"""Indexes that the instance's owner declares."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from dataservice.domain.document import ID, SERVER_FIELDS
from dataservice.domain.pointer import pointer
from dataservice.errors import InvalidDocument, InvalidSettings, Violation


class IndexField(msgspec.Struct, frozen=True):
    path: str
    """Dotted; no name of a document holds a dot."""
    descending: bool = False

    @property
    def names(self) -> list[str]:
        return self.path.split(".")


class Index(msgspec.Struct, frozen=True):
    fields: tuple[IndexField, ...]
    unique: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(field.path for field in self.fields)


class _Declared(msgspec.Struct, forbid_unknown_fields=True):
    fields: Annotated[list[str], msgspec.Meta(min_length=1)]
    unique: bool = False


def parse_indexes(text: bytes) -> tuple[Index, ...]:
    """Read `[{"fields": ["sku", "-_created_at"], "unique": true}]`; raises InvalidSettings."""
    try:
        declared = msgspec.json.decode(text, type=list[_Declared])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"not a list of indexes: {error}") from error
    indexes = (Index(tuple(map(_field, item.fields)), item.unique) for item in declared)
    return tuple(dict.fromkeys(map(_checked, indexes)))  # MongoDB refuses to make the same one twice


def _field(name: str) -> IndexField:
    path = name.removeprefix("-")
    if not all(path.split(".")) or "$" in path or "\0" in path:
        raise InvalidSettings(
            f"index field {name!r}: write a field name, parts joined by dots, '-' before it"
        )
    return IndexField(path, descending=name.startswith("-"))


def _checked(index: Index) -> Index:
    if len(set(index.paths)) < len(index.paths):
        raise InvalidSettings(f"the index on {', '.join(index.paths)} names a field twice: name it once")
    if index.paths == (ID,):
        raise InvalidSettings("an index on _id alone is always there: leave it out")
    return index


def check_unique_fields_required(indexes: Sequence[Index], schema: Mapping[str, Any]) -> None:
    """Every store takes a missing field for null, so one document alone could lack a unique field, and the next
    client would be told of a duplicate in a field it did not send: the schema has to require it. Raises
    InvalidSettings.
    """
    for index in indexes:
        for field in index.fields if index.unique else ():
            if field.path not in SERVER_FIELDS and not _required(field.names, schema):
                raise InvalidSettings(
                    f"the unique index on {', '.join(index.paths)} needs {field.path!r} required by the"
                    " schema: add it to 'required' or drop 'unique'"
                )


def check_unique_values(indexes: Sequence[Index], fields: Mapping[str, Any]) -> None:
    """Arrays and objects in a unique index mean another thing in each store. Raises InvalidDocument."""
    for index in indexes:
        for field in index.fields if index.unique else ():
            if isinstance(_value(fields, field.names), list | dict):
                detail = "the field is unique: its value is a string, a number, a boolean or null"
                raise InvalidDocument((Violation(pointer(field.names), "not-a-scalar", detail),))


def _value(fields: Any, names: Sequence[str]) -> Any:
    """The value at a path; the array that stands in the way, if one does."""
    for name in names:
        if isinstance(fields, list):
            return fields
        fields = fields.get(name) if isinstance(fields, Mapping) else None
    return fields


def _required(names: Sequence[str], schema: Any) -> bool:
    for name in names:
        if not isinstance(schema, Mapping) or name not in schema.get("required", ()):
            return False
        schema = schema.get("properties", {}).get(name)
    return True
