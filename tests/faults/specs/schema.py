"""The CRD's structural schema as the generator reads it: its rules and leaves, and what a spec has of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from dataservice_operator.crd.definition import resource_schema
from dataservice_operator.crd.model import VALIDATIONS
from dataservice_operator.crd.structural import INT_OR_STRING, PRESERVE_UNKNOWN

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]
"""From the spec on: names of fields and of entries, numbers of items."""

_KEYWORDS: Final = frozenset(
    {"type", "description", "default", "properties", "required", "enum", "minimum", "maximum"}
    | {"minLength", "maxLength", "items", "minItems", "maxItems", "additionalProperties", "maxProperties"}
    | {VALIDATIONS, INT_OR_STRING, PRESERVE_UNKNOWN, "x-kubernetes-map-type"}
)


class UnknownKeyword(ValueError):
    """The generator would pass over what the schema says."""


@dataclass(frozen=True)
class Place:
    """A value of a spec."""

    path: Path
    schema: Schema
    required: bool

    @property
    def leaf(self) -> str:
        """As in `leaves`: items are `[]`, entries of a map `{}`."""
        return pattern(self.path)


@cache
def spec_schema() -> Schema:
    """Of the spec, as `crds/` has it, which a test of the CRD holds equal to this. Raises UnknownKeyword."""
    schema: Schema = resource_schema()["properties"]["spec"]
    for path, part in parts(schema):
        if unknown := set(part) - _KEYWORDS:
            raise UnknownKeyword(f"{path}: {', '.join(sorted(unknown))}")
    return schema


def parts(schema: Schema, path: str = "spec") -> Iterator[tuple[str, Schema]]:
    """The schema and every one below it."""
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from parts(part, f"{path}.{name}")
    for below, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if below in schema:
            yield from parts(schema[below], path + mark)


def leaves(schema: Schema) -> list[str]:
    """Paths of the values that have no parts of their own, such as `spec.config{}`."""
    inner = ("properties", "items", "additionalProperties")
    return [path for path, part in parts(schema) if not any(name in part for name in inner)]


def rules(schema: Schema) -> list[str]:
    return [rule["rule"] for rule in schema.get(VALIDATIONS, ())]


def places(schema: Schema, value: Any, path: Path = (), *, required: bool = True) -> Iterator[Place]:
    """Everything that is written in a valid value, itself first."""
    yield Place(path, schema, required)
    if "properties" in schema:
        needed = schema.get("required", ())
        for name, below in value.items():
            yield from places(schema["properties"][name], below, (*path, name), required=name in needed)
    elif "items" in schema:
        for position, below in enumerate(value):
            yield from places(schema["items"], below, (*path, position))
    elif "additionalProperties" in schema:
        for name, below in value.items():
            yield from places(schema["additionalProperties"], below, (*path, name), required=False)


def gaps(schema: Schema, value: Any) -> list[Place]:
    """The optional fields that are not written, of each object that is."""
    return [
        Place((*place.path, name), part, required=False)
        for place in places(schema, value)
        for name, part in place.schema.get("properties", {}).items()
        if name not in at(value, place.path)
    ]


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def put(value: Any, path: Path, new: Any) -> Any:
    """The same with `new` at that path."""
    if not path:
        return new
    first, rest = path[0], path[1:]
    if isinstance(value, list):
        assert isinstance(first, int)
        return [*value[:first], put(value[first], rest, new), *value[first + 1 :]]
    return {**value, first: put(value.get(first), rest, new)}


def cut(value: Any, path: Path) -> Any:
    """The same without the field or entry at that path."""
    *above, last = path
    return put(
        value,
        tuple(above),
        {name: part for name, part in at(value, tuple(above)).items() if name != last},
    )


def pattern(path: Path) -> str:
    """The path as `leaves` names it."""
    schema, text = spec_schema(), "spec"
    for step in path:
        if "properties" in schema:
            schema, text = schema["properties"][step], f"{text}.{step}"
        elif "items" in schema:
            schema, text = schema["items"], f"{text}[]"
        else:
            schema, text = schema["additionalProperties"], f"{text}{{}}"
    return text


def told(path: Path) -> str:
    """The path as the API server's messages name it."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "spec" + "".join(steps)
