"""docs/reference/api.md: what the service's own OpenAPI document says, as a page."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dataservice.api import problem_kinds, problems
from dataservice.api.openapi.build import build
from dataservice.app import assemble
from dataservice.services.instance import load_instance
from dataservice.services.metrics import Metrics
from dataservice.settings import load_settings
from dataservice.storage.memory import MemoryRepository

SOURCE: Final = "service/dataservice/api"

Fragment = Mapping[str, Any]

_INTRODUCTION: Final = """\
# The API

Every operation, from the OpenAPI document that each service shows at `/openapi.json`, there with the schema of its own
documents. `/docs` is the same as a page to try it on. More, and why it is so: [The REST API](../design/api.md).

GET stands for HEAD too. Of the answers, 401 and 403 are left out, which come where `spec.api.auth` asks for a
credential, and 429, where `spec.api.limits` sets a rate. Each refusal is one of the [problems](#problems) below; its
body is a `Problem`."""


def page() -> str:
    """The whole page, ending with a line break."""
    parts = [_INTRODUCTION]
    document = openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method != "head":
                parts += _operation(method.upper(), path, operation)
    parts += ["## Bodies", *_bodies(document["components"]["schemas"]), *_problems()]
    return "\n\n".join(parts) + "\n"


def openapi() -> Fragment:
    """That of a service for documents of any kind."""
    settings = load_settings({})
    service = assemble(settings, load_instance(settings), MemoryRepository(), Metrics())
    return build(service.app, {"type": "object"})


def _operation(method: str, path: str, operation: Fragment) -> Iterator[str]:
    yield f"## {method} {path}"
    yield " ".join(f"{operation[key].rstrip('.')}." for key in ("summary", "description") if key in operation)
    if operation.get("parameters"):
        yield "\n".join(_parameters(operation["parameters"]))
    if body := operation.get("requestBody"):
        yield f"Body: {_media(body['content'])}."
    yield "\n".join(_answers(operation["responses"]))


def _parameters(parameters: list[Fragment]) -> Iterator[str]:
    yield "| parameter | in | type | meaning |"
    yield "|---|---|---|---|"
    for each in parameters:
        meaning = each.get("description", "").replace("|", "\\|")
        yield f"| `{each['name']}` | {each['in']} | {_type(each['schema'])} | {meaning} |"


def _type(schema: Fragment) -> str:
    match schema:
        case {"enum": values}:
            kind = " or ".join(f"`{value}`" for value in values)
        case {"const": value}:
            kind = f"`{value}`"
        case _:
            kind = schema["type"]
    bounds = f", {schema['minimum']} to {schema['maximum']}" if "maximum" in schema else ""
    default = f", `{schema['default']}` by default" if "default" in schema else ""
    return kind + bounds + default


def _media(content: Fragment) -> str:
    return ", ".join(f"`{media_type}`: {_schema(value['schema'])}" for media_type, value in content.items())


def _schema(schema: Fragment) -> str:
    match schema:
        case {"$ref": reference}:
            return str(reference).rpartition("/")[2]
        case {"anyOf": choices}:
            return " or ".join(_schema(each) for each in choices)
        case {"type": "array", "items": items}:
            return f"array of {_schema(items)}"
        case _:
            return str(schema.get("description", schema.get("type", "any"))).rstrip(".")


def _answers(responses: Fragment) -> Iterator[str]:
    yield "| answer | meaning | body | headers |"
    yield "|---|---|---|---|"
    for status, answer in sorted(responses.items()):
        headers = ", ".join(f"`{name}`" for name in answer.get("headers", ()))
        content = {
            name: each for name, each in answer.get("content", {}).items() if name != problems.MEDIA_TYPE
        }
        yield f"| {status} | {answer['description']} | {_media(content)} | {headers} |"


def _bodies(schemas: Fragment) -> Iterator[str]:
    yield (
        "`Document` is an object that meets the instance's JSON Schema; a `StoredDocument` has the server's fields "
        "too, a `PartialDocument` what `fields` left."
    )
    yield "\n".join(
        [
            "| body | fields |",
            "|---|---|",
            *(
                f"| {name} | {_members(schema)} |"
                for name, schema in schemas.items()
                if "Document" not in name
            ),
        ]
    )


def _members(schema: Fragment) -> str:
    return ", ".join(f"`{name}` ({_member(each)})" for name, each in schema["properties"].items())


def _member(schema: Fragment) -> str:
    match schema:
        case {"type": "array", "items": {"properties": _} as item}:
            return f"array of {{{_members(item)}}}"
        case {"type": list(kinds)}:
            return " or ".join(kinds)
        case _:
            return _schema(schema)


def _problems() -> Iterator[str]:
    yield "## Problems"
    yield (
        "`application/problem+json` (RFC 9457) with a stable `code`; the link says what to do. Any request may meet "
        "those that stand at no operation above."
    )
    rows = [
        f"| {kind.status.value} | [`{kind.code}`](../troubleshooting.md#{kind.code}) | {kind.title} |"
        for kind in sorted(problem_kinds.KINDS, key=lambda kind: (kind.status, kind.code))
    ]
    yield "\n".join(["| status | code | title |", "|---|---|---|", *rows])
