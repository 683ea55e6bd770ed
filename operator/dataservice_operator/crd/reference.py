"""The reference page: the same schema as the CRD, as Markdown."""

from collections.abc import Iterator

from dataservice_operator.crd.definition import resource_schema
from dataservice_operator.crd.model import VALIDATIONS
from dataservice_operator.crd.resource import API_VERSION, KIND
from dataservice_operator.crd.structural import INT_OR_STRING, PRESERVE_UNKNOWN
from dataservice_operator.crd.wording import Schema, bounds


def reference() -> str:
    """The whole page, ending with a line break."""
    schema = resource_schema()
    parts = [f"# {KIND}", f"`apiVersion: {API_VERSION}`, `kind: {KIND}`", schema["description"]]
    parts += _rules(schema)
    for name in ("spec", "status"):
        parts += _sections(name, schema["properties"][name])
    return "\n\n".join(parts) + "\n"


def _sections(path: str, schema: Schema) -> Iterator[str]:
    """A section for this object, then one for each object below it."""
    yield f"## {path}"
    if "description" in schema:
        yield str(schema["description"])
    yield "\n".join(_table(schema))
    yield from _rules(schema)
    for name, part in schema["properties"].items():
        if "properties" in part:
            yield from _sections(f"{path}.{name}", part)
        if "properties" in part.get("items", {}):
            yield from _sections(f"{path}.{name}[]", {"description": part["description"], **part["items"]})


def _table(schema: Schema) -> Iterator[str]:
    yield "| field | type | default | meaning |"
    yield "|---|---|---|---|"
    required = schema.get("required", ())
    for name, part in schema["properties"].items():
        default = "**required**" if name in required else _default(part)
        yield f"| `{name}` | {_type(part)} | {default} | {_meaning(part)} |"


def _default(schema: Schema) -> str:
    return f"`{schema['default']}`" if "default" in schema else ""


def _meaning(schema: Schema) -> str:
    lines = [*schema.get("description", "").split("\n\n"), *(f"*{text}*" for text in _messages(schema))]
    return "<br>".join(line for line in lines if line).replace("|", "\\|")


def _messages(schema: Schema) -> Iterator[str]:
    """The rules of a field without a section of its own, and of its items or values."""
    if "properties" in schema:
        return
    yield from (rule["message"] for rule in schema.get(VALIDATIONS, ()))
    for inner in ("items", "additionalProperties"):
        if inner in schema:
            yield from _messages(schema[inner])


def _rules(schema: Schema) -> Iterator[str]:
    rules = [f"- {rule['message']}" for rule in schema.get(VALIDATIONS, ())]
    if rules:
        yield "Refused if broken:\n\n" + "\n".join(rules)


def _type(schema: Schema) -> str:
    return ", ".join(filter(None, (_named(schema), bounds(schema))))


def _named(schema: Schema) -> str:
    match schema:
        case {"enum": values}:
            return " or ".join(f"`{value}`" for value in values)
        case {"items": items}:
            return f"list of {_type(items)}"
        case {"additionalProperties": values}:
            return f"map to {_type(values)}"
        case _ if schema.get(PRESERVE_UNKNOWN):
            return "any object"
        case _ if schema.get(INT_OR_STRING):
            return "integer or string"
        case _:
            return str(schema.get("format", schema["type"]))
