"""From the JSON Schema that Pydantic writes to the structural schema that a CRD takes.

What a structural schema is: Kubernetes documentation, "Extend the Kubernetes API with
CustomResourceDefinitions", section "Specifying a structural schema". Whatever has no faithful form there is
refused, so that a model never says more than the API server checks.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dataservice_operator.crd.model import VALIDATIONS

Schema = dict[str, Any]
Definitions = Mapping[str, Mapping[str, Any]]

REF_PREFIX = "#/$defs/"
PRESERVE_UNKNOWN = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING = "x-kubernetes-int-or-string"

_KEPT = frozenset(
    {"type", "format", "pattern", "enum", "minimum", "maximum", "multipleOf", "minLength", "maxLength"}
    | {"minItems", "maxItems", "minProperties", "maxProperties", "required"}
)
_INT_OR_STRING = ({"type": "integer"}, {"type": "string"})
_DROPPED = frozenset({"$defs", "title", "$ref", "anyOf"})


class NotStructuralError(ValueError):
    """A model says something that a structural schema cannot."""


def structural(schema: Mapping[str, Any]) -> Schema:
    """The structural form of a schema that `BaseModel.model_json_schema()` returned.

    Raises:
        NotStructuralError: naming the keyword and what to write in the model instead.
    """
    return _converted(schema, schema.get("$defs", {}))


def _converted(schema: Mapping[str, Any], definitions: Definitions) -> Schema:
    plain, remaining = _without_unions(*_inlined(schema, definitions))
    converted: Schema = {}
    for keyword, value in plain.items():
        converted |= _keyword(keyword, value, remaining)
    return _closed(converted)


def _inlined(schema: Mapping[str, Any], definitions: Definitions) -> tuple[Schema, Definitions]:
    """Put a referenced definition in the reference's place; what stands beside the reference wins.

    The definitions that come back lack those that were put in: a model inside itself is not found again.
    """
    if "$ref" not in schema:
        return dict(schema), definitions
    name = str(schema["$ref"]).removeprefix(REF_PREFIX)
    if name not in definitions:
        raise NotStructuralError(f"{name} contains itself: a structural schema is finite, so nest it by hand")
    siblings = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
    others = {other: definition for other, definition in definitions.items() if other != name}
    return _inlined(_merged(definitions[name], siblings), others)


def _merged(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> Schema:
    rules = [*inner.get(VALIDATIONS, ()), *outer.get(VALIDATIONS, ())]
    return {**inner, **outer, **({VALIDATIONS: rules} if rules else {})}


def _without_unions(schema: Schema, definitions: Definitions) -> tuple[Schema, Definitions]:
    """`X | None` becomes X, `int | str` int-or-string, a union of models optional siblings and a rule."""
    if "anyOf" not in schema:
        return schema, definitions
    outer = {keyword: value for keyword, value in schema.items() if keyword != "anyOf"}
    branches = [branch for branch in schema["anyOf"] if branch != {"type": "null"}]
    if len(branches) == 1:
        inner, definitions = _inlined(branches[0], definitions)
        return _without_unions(_merged(inner, outer), definitions)
    if all(branch in branches for branch in _INT_OR_STRING) and len(branches) == len(_INT_OR_STRING):
        return {INT_OR_STRING: True, **outer}, definitions
    alternatives = [_inlined(branch, definitions)[0] for branch in branches]
    return _merged(_siblings(alternatives), outer), definitions


def _siblings(branches: list[Schema]) -> Schema:
    """One object with the properties of all branches, and a rule that exactly one branch is present."""
    names = [tuple(branch.get("required", ())) for branch in branches]
    if any(
        len(required) != 1 or set(branch.get("properties", ())) != set(required)
        for required, branch in zip(names, branches, strict=True)
    ):
        raise NotStructuralError("a union is int | str without bounds, or models of one required field each")
    fields = [required[0] for required in names]
    count = " + ".join(f"(has(self.{field}) ? 1 : 0)" for field in fields)
    return {
        "type": "object",
        "properties": {name: part for branch in branches for name, part in branch["properties"].items()},
        VALIDATIONS: [{"rule": f"{count} == 1", "message": f"write exactly one of {', '.join(fields)}"}],
    }


def _keyword(keyword: str, value: Any, definitions: Definitions) -> Schema:
    if keyword in _DROPPED:
        return {}
    if keyword in _KEPT or keyword.startswith("x-kubernetes-"):
        return {keyword: value}
    if keyword in _CONVERSIONS:
        return _CONVERSIONS[keyword](value, definitions)
    raise NotStructuralError(f"{keyword} has no place in a structural schema: {value!r}")


def _description(value: Any, _: Definitions) -> Schema:
    paragraphs = (" ".join(paragraph.split()) for paragraph in str(value).strip().split("\n\n"))
    return {"description": "\n\n".join(paragraphs)}


def _default(value: Any, _: Definitions) -> Schema:
    """Only scalars: a stored object that the user's file does not have reads as a difference in GitOps."""
    return {} if value is None or isinstance(value, dict | list) else {"default": value}


def _properties(value: Mapping[str, Any], definitions: Definitions) -> Schema:
    return {"properties": {name: _converted(part, definitions) for name, part in value.items()}}


def _items(value: Mapping[str, Any], definitions: Definitions) -> Schema:
    """Without defaults: tools compare a list as a whole, so a default in an item is a difference for ever.

    Without a description of its own either: `kubectl explain` would append it to that of the list.
    """
    items = _without_defaults(_converted(value, definitions))
    return {"items": {keyword: part for keyword, part in items.items() if keyword != "description"}}


def _without_defaults(schema: Schema) -> Schema:
    kept = {keyword: value for keyword, value in schema.items() if keyword != "default"}
    if "properties" in kept:
        kept["properties"] = {name: _without_defaults(part) for name, part in kept["properties"].items()}
    return kept


def _additional_properties(value: Any, definitions: Definitions) -> Schema:
    if isinstance(value, bool):
        return {PRESERVE_UNKNOWN: True} if value else {}
    converted = _converted(value, definitions)
    return (
        {PRESERVE_UNKNOWN: True}
        if converted == {PRESERVE_UNKNOWN: True}
        else {"additionalProperties": converted}
    )


def _closed(schema: Schema) -> Schema:
    if "additionalProperties" in schema and "properties" in schema:
        raise NotStructuralError(
            "additionalProperties beside properties: give the free part a field of its own"
        )
    if not set(schema) - {"description"}:
        return {**schema, PRESERVE_UNKNOWN: True}
    return schema


def _refused(advice: str) -> Callable[[Any, Definitions], Schema]:
    def refuse(_value: Any, _definitions: Definitions) -> Schema:
        raise NotStructuralError(advice)

    return refuse


_CONVERSIONS: Mapping[str, Callable[[Any, Definitions], Schema]] = {
    "description": _description,
    "default": _default,
    "const": lambda value, _: {"enum": [value]},
    "exclusiveMinimum": lambda value, _: {"minimum": value, "exclusiveMinimum": True},
    "exclusiveMaximum": lambda value, _: {"maximum": value, "exclusiveMaximum": True},
    "properties": _properties,
    "items": _items,
    "additionalProperties": _additional_properties,
    "prefixItems": _refused("a tuple of fixed length: write a model with named fields instead"),
    "discriminator": _refused("a discriminated union: write models of one required field each"),
}
