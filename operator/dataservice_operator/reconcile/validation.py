"""What admission cannot see: rules of the free-form JSON Schema, and of indexes beside it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn

import jsonschema_rs

from dataservice_operator.crd.data import EACH_FIELD_ONCE, NOT_ID_ALONE, PATH_OF_A_FIELD, Data
from dataservice_operator.errors import InvalidSpec

_ID: Final = "_id"
_SERVER_FIELDS: Final = frozenset({_ID, "_etag", "_created_at", "_updated_at"})


def validate(data: Data) -> None:
    """Refuse what the service could not serve.

    Raises:
        InvalidSpec: also with reason InvalidSchema or IndexFieldNotRequired; its pointer, and what to write instead.
    """
    schema = data.document_schema
    if schema is not None:
        _compile(dict(schema), place_of_schema(data))
    for position, index in enumerate(data.indexes):
        pointer = f"/spec/data/indexes/{position}"
        paths = [field.removeprefix("-") for field in index.fields]
        _admit(paths, pointer)
        for path in paths if index.unique else ():
            _require(schema or {}, path, pointer)


def place_of_schema(data: Data) -> str:
    """What pointers into the schema follow: a pointer of the spec, or a key's name and `#` (RFC 6901, section 6)."""
    if data.schema_from is None:
        return "/spec/data/schema"
    reference = data.schema_from.config_map
    return f"ConfigMap {reference.name!r}, {reference.key}#"


def invalid_schema(pointer: str, detail: str) -> InvalidSpec:
    return InvalidSpec(f"{pointer}: {detail}", reason="InvalidSchema", pointer=pointer)


def _admit(paths: list[str], pointer: str) -> None:
    """The rules that the service starts by, again: a resource may have been stored under a CRD without them."""
    if any(not all(path.split(".")) or "$" in path or "\0" in path for path in paths):
        broken = PATH_OF_A_FIELD
    elif len(set(paths)) < len(paths):
        broken = EACH_FIELD_ONCE
    elif paths == [_ID]:
        broken = NOT_ID_ALONE
    else:
        return
    raise InvalidSpec(f"{pointer}: {broken.message}", pointer=pointer)


def _compile(schema: dict[str, Any], place: str) -> None:
    """As the service does when it starts: what passes here is served, and nothing outside of the schema is read."""
    try:
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True, retriever=_refuse)
    except jsonschema_rs.ValidationError as error:
        raise _unusable(schema, place, error) from None
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        raise invalid_schema(place, str(error)) from None


def _unusable(schema: dict[str, Any], place: str, error: jsonschema_rs.ValidationError) -> InvalidSpec:
    if error.kind.name == "$ref":
        for pointer, reference in _references(schema, place):
            if not reference.startswith("#"):
                return invalid_schema(
                    pointer, f"$ref {reference!r} leaves the schema: write its target under $defs"
                )
    return invalid_schema(place + "".join(f"/{part}" for part in error.instance_path), error.message)


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not part of the schema")


def _references(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, below in value.items():
            if name in ("$ref", "$dynamicRef") and isinstance(below, str):
                yield f"{pointer}/{name}", below
            else:
                yield from _references(below, f"{pointer}/{name}")
    elif isinstance(value, (list, tuple)):
        for position, below in enumerate(value):
            yield from _references(below, f"{pointer}/{position}")


def _require(schema: Mapping[str, Any], path: str, pointer: str) -> None:
    """A unique index takes two documents without its field for duplicates: so none may lack it."""
    if path in _SERVER_FIELDS:
        return
    level: Any = schema
    for name in path.split("."):
        if not isinstance(level, Mapping) or name not in (level.get("required") or ()):
            message = (
                f"{pointer}: the unique index needs {path!r} in every document: "
                "list it as required in the schema, or drop unique"
            )
            raise InvalidSpec(message, reason="IndexFieldNotRequired", pointer=pointer)
        level = (level.get("properties") or {}).get(name)
