"""The whole document, with the instance's own schema in it."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from dataservice.api import problem_kinds
from dataservice.api.openapi.fragments import PERHAPS_CUT, Fragment, problem
from dataservice.domain.document import CREATED_AT, ETAG, ID, UPDATED_AT

# What of the instance's schema also holds with the server's fields added.
_SHARED_KEYWORDS = ("title", "description", "type", "$defs")

_REFUSED_CALLERS = {
    "401": problem("No key or token, or one that is not taken."),
    "403": problem("The key or token lacks the scope."),
}
_RATE_EXCEEDED = {"429": problem("Too many requests of this caller; see Retry-After.")}


def build(
    app: FastAPI, schema: Mapping[str, Any], *, authenticated: bool = False, limited: bool = False
) -> Fragment:
    document: Fragment = get_openapi(title=app.title, version=app.version, routes=app.routes)
    document.setdefault("components", {})["schemas"] = _schemas(schema)
    if authenticated:
        document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"bearer": []}]
    everywhere = (_REFUSED_CALLERS if authenticated else {}) | (_RATE_EXCEEDED if limited else {})
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"] |= everywhere
    return document


def _schemas(schema: Mapping[str, Any]) -> Fragment:
    # With an $id of its own the instance's schema stays a whole: its "#/$defs/..." keep their meaning.
    instance = {"$id": "urn:dataservice:document", **schema}
    instant = {"type": "string", "format": "date-time"}
    server_fields = {
        ID: {"type": "string"},
        ETAG: {"type": "string"},
        CREATED_AT: instant,
        UPDATED_AT: instant,
    }
    stored = {"$ref": "#/components/schemas/StoredDocument"}
    return {
        "Document": instance,
        "StoredDocument": {
            **{name: schema[name] for name in _SHARED_KEYWORDS if name in schema},
            "$id": "urn:dataservice:stored-document",
            "required": [*schema.get("required", ()), ID],
            "properties": {**schema.get("properties", {}), **server_fields},
        },
        "PartialDocument": {
            "description": "What 'fields' left of a document.",
            "type": "object",
            "required": [ID],
            "properties": {ID: {"type": "string"}},
        },
        "Page": _page(),
        "Creations": _object(items={"type": "array", "items": _creation(stored)}),
        "Validated": _object(status={"type": "integer"}),
        "Import": _import_schema(),
        "Violation": _object(pointer={"type": "string"}, code={"type": "string"}, detail={"type": "string"}),
        "Problem": _problem_schema(),
    }


def _page() -> Fragment:
    page = _object(
        items={"type": "array", "items": PERHAPS_CUT},
        next={"type": ["string", "null"]},
        has_more={"type": "boolean"},
    )
    # Not required: it is there if the query asks for it.
    page["properties"]["count"] = {"type": "integer", "minimum": 0}
    return page


def _creation(stored: Fragment) -> Fragment:
    """What became of an item of an array."""
    item = _object(index={"type": "integer"}, status={"type": "integer"})
    item["properties"] |= {
        "id": {"type": ["string", "null"]},
        "etag": {"type": ["string", "null"]},
        "replayed": {"type": "boolean"},
        "document": stored,
        "error": {"$ref": "#/components/schemas/Problem"},
    }
    return item


def _import_schema() -> Fragment:
    counts = {name: {"type": "integer"} for name in ("read", "stored", "duplicates", "failed", "unknown")}
    line = _object(
        line={"type": "integer"},
        status={"type": "integer"},
        code={"type": "string"},
        detail={"type": "string"},
    )
    line["properties"]["errors"] = {"type": "array", "items": {"$ref": "#/components/schemas/Violation"}}
    return _object(**counts, errors={"type": "array", "items": line})


def _problem_schema() -> Fragment:
    problem = _object(
        type={"type": "string", "format": "uri"},
        title={"type": "string"},
        status={"type": "integer"},
        detail={"type": "string"},
        code={"type": "string", "examples": list(problem_kinds.CODES)},
        request_id={"type": "string"},
    )
    # Not required: validation and conflicts have it.
    problem["properties"]["errors"] = {"type": "array", "items": {"$ref": "#/components/schemas/Violation"}}
    return problem


def _object(**properties: Any) -> Fragment:
    return {"type": "object", "required": list(properties), "properties": properties}
