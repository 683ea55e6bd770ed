"""Bounds and defaults in words: for the reference page and, since it shows neither, for `kubectl explain`."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_BOUNDS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
    ("minProperties", "maxProperties", " entries"),
)


def bounds(schema: Schema) -> str:
    """Such as `1 to 8 items`; empty without bounds."""
    return next(filter(None, (_range(schema, *names) for names in _BOUNDS)), "")


def explained(schema: Schema) -> dict[str, Any]:
    """The schema with the bounds and the default of each number, list and map told in its description."""
    told = dict(schema)
    if "properties" in told:
        told["properties"] = {name: explained(part) for name, part in told["properties"].items()}
    if "items" in told:
        told["items"] = explained(told["items"])
    facts = [fact for fact in (_limits(schema), _default(schema)) if fact]
    if facts and "description" in told:
        told["description"] = " ".join([told["description"], *facts])
    return told


def _limits(schema: Schema) -> str:
    told = "" if schema.get("type") == "string" else bounds(schema)
    return f"Bounds: {told}." if told else ""


def _default(schema: Schema) -> str:
    return f"Default: {schema['default']}." if "default" in schema else ""


def _range(schema: Schema, lowest: str, highest: str, unit: str) -> str:
    least, most = schema.get(lowest), schema.get(highest)
    if least is None:
        return "" if most is None else f"at most {most}{unit}"
    return f"at least {least}{unit}" if most is None else f"{least} to {most}{unit}"
