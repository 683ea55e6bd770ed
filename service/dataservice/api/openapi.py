"""The OpenAPI document, with the instance's own schema in it."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from dataservice.domain.document import CREATED_AT, ETAG, ID, UPDATED_AT

_Fragment = dict[str, Any]
# What of the instance's schema also holds with the server's fields added.
_SHARED_KEYWORDS = ("title", "description", "type", "$defs")


def _content(schema: str, media_type: str = "application/json") -> _Fragment:
    return {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _problem(description: str) -> _Fragment:
    return {"description": description, "content": _content("Problem", "application/problem+json")}


_HEADER_ETAG = {"ETag": {"description": "The document's version.", "schema": {"type": "string"}}}
_NO_PARAMETERS = _problem("There is a query parameter; none is known here.")
_REFUSED_CALLERS = {
    "401": _problem("No key or token, or one that is not taken."),
    "403": _problem("The key or token lacks the scope."),
}
_RATE_EXCEEDED = {"429": _problem("Too many requests of this caller; see Retry-After.")}
_STORE_AWAY = {503: _problem("The store is away; see Retry-After.")}

CREATE_DOCUMENT: _Fragment = {
    "operation_id": "createDocument",
    "summary": "Store a document",
    "status_code": 201,
    "responses": {
        201: {
            "description": "Stored. Without a body under 'Prefer: return=minimal'.",
            "headers": {
                **_HEADER_ETAG,
                "Location": {"description": "Where the document is.", "schema": {"type": "string"}},
            },
            "content": _content("StoredDocument"),
        },
        400: _problem("The body is not JSON, or a query parameter is unknown."),
        409: _problem("A unique value is taken."),
        413: _problem("The body is too large."),
        415: _problem("The body is not sent as JSON."),
        422: _problem("The document breaks the schema or the rules for documents."),
        **_STORE_AWAY,
    },
    "openapi_extra": {"requestBody": {"required": True, "content": _content("Document")}},
}

GET_DOCUMENT: _Fragment = {
    "operation_id": "getDocument",
    "summary": "Read a document",
    "responses": {
        200: {"description": "The document.", "headers": _HEADER_ETAG, "content": _content("StoredDocument")},
        304: {"description": "The document still has the ETag of If-None-Match."},
        400: _NO_PARAMETERS,
        404: _problem("No such document."),
        **_STORE_AWAY,
    },
    "openapi_extra": {
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
        ]
    },
}

GET_SCHEMA: _Fragment = {
    "operation_id": "getSchema",
    "summary": "Read the JSON Schema of the documents",
    "responses": {
        200: {
            "description": "A JSON Schema (2020-12).",
            "content": {"application/schema+json": {"schema": {"type": "object"}}},
        },
        400: _NO_PARAMETERS,
    },
}


def list_documents(default_limit: int, max_limit: int) -> _Fragment:
    limit = {"type": "integer", "minimum": 1, "maximum": max_limit, "default": min(default_limit, max_limit)}
    return {
        "operation_id": "listDocuments",
        "summary": "List documents, oldest first",
        "responses": {
            200: {"description": "A page of documents.", "content": _content("Page")},
            400: _problem("A query parameter is unknown or invalid, or the cursor cannot be used."),
            409: _problem("The page ends at an _id that is too long for a cursor; another limit may do."),
            **_STORE_AWAY,
        },
        "openapi_extra": {
            "parameters": [
                {"name": "limit", "in": "query", "schema": limit},
                {"name": "cursor", "in": "query", "schema": {"type": "string"}},
            ]
        },
    }


def build(
    app: FastAPI, schema: Mapping[str, Any], *, authenticated: bool = False, limited: bool = False
) -> _Fragment:
    document: _Fragment = get_openapi(title=app.title, version=app.version, routes=app.routes)
    document.setdefault("components", {})["schemas"] = _schemas(schema)
    if authenticated:
        document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"bearer": []}]
    everywhere = (_REFUSED_CALLERS if authenticated else {}) | (_RATE_EXCEEDED if limited else {})
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"] |= everywhere
    return document


def _schemas(schema: Mapping[str, Any]) -> _Fragment:
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
        "Page": _object(
            items={"type": "array", "items": stored},
            next={"type": ["string", "null"]},
            has_more={"type": "boolean"},
        ),
        "Violation": _object(pointer={"type": "string"}, code={"type": "string"}, detail={"type": "string"}),
        "Problem": _problem_schema(),
    }


def _problem_schema() -> _Fragment:
    problem = _object(
        type={"type": "string", "format": "uri"},
        title={"type": "string"},
        status={"type": "integer"},
        detail={"type": "string"},
        code={"type": "string"},
        request_id={"type": "string"},
    )
    # Not required: validation and conflicts have it.
    problem["properties"]["errors"] = {"type": "array", "items": {"$ref": "#/components/schemas/Violation"}}
    return problem


def _object(**properties: Any) -> _Fragment:
    return {"type": "object", "required": list(properties), "properties": properties}
