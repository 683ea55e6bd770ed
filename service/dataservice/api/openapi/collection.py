"""`/data`."""

from typing import Any, get_args

from dataservice.api.openapi.fragments import (
    FIELDS,
    HEADER_ETAG,
    HEADER_LOCATION,
    STORE_AWAY,
    Fragment,
    content,
    problem,
)
from dataservice.domain.query.listing import Count
from dataservice.domain.query.parse import FIELD_OPERATORS


def _parameter(name: str, description: str, schema: dict[str, Any]) -> Fragment:
    return {"name": name, "in": "query", "description": description, "schema": schema}


CREATE_DOCUMENT: Fragment = {
    "operation_id": "createDocument",
    "summary": "Store a document",
    "status_code": 201,
    "responses": {
        201: {
            "description": "Stored. Without a body under 'Prefer: return=minimal'.",
            "headers": {**HEADER_ETAG, **HEADER_LOCATION},
            "content": content("StoredDocument"),
        },
        400: problem("The body is not JSON, or a query parameter is unknown."),
        409: problem("A unique value is taken."),
        408: problem("The body did not arrive in time."),
        413: problem("The body is too large."),
        415: problem("The body is not sent as JSON."),
        422: problem("The document breaks the schema or the rules for documents."),
        **STORE_AWAY,
    },
    "openapi_extra": {"requestBody": {"required": True, "content": content("Document")}},
}

_CHOICES = [
    _parameter(
        "filter",
        f"A condition as JSON, with MongoDB's operators {', '.join(FIELD_OPERATORS)}, $and, $or, $nor. A field of the"
        " schema may also stand as a parameter of its own, for equality.",
        {"type": "string", "contentMediaType": "application/json"},
    ),
    _parameter("sort", "Names joined by commas, '-' before one for descending order.", {"type": "string"}),
    _parameter(
        "count",
        "Whether the answer says how many documents there are.",
        {"type": "string", "enum": list(get_args(Count)), "default": "none"},
    ),
]


def list_documents(default_limit: int, max_limit: int) -> Fragment:
    limit = {"type": "integer", "minimum": 1, "maximum": max_limit, "default": min(default_limit, max_limit)}
    return {
        "operation_id": "listDocuments",
        "summary": "List documents, oldest first unless sorted",
        "responses": {
            200: {"description": "A page of documents.", "content": content("Page")},
            400: problem(
                "A query parameter is unknown or cannot be used, the cursor is of another query, or the query takes too"
                " long."
            ),
            409: problem("The page ends at values that are too long for a cursor; another limit may do."),
            **STORE_AWAY,
        },
        "openapi_extra": {
            "parameters": [
                {"name": "limit", "in": "query", "schema": limit},
                {"name": "cursor", "in": "query", "schema": {"type": "string"}},
                *_CHOICES,
                FIELDS,
            ]
        },
    }
