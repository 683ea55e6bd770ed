"""`/data`."""

from typing import Any, get_args

from dataservice.api.openapi.fragments import (
    DOCUMENT,
    FIELDS,
    FILTER,
    HEADER_ETAG,
    HEADER_LOCATION,
    SCHEMAS,
    STORE_AWAY,
    VALIDATE_ONLY,
    Fragment,
    content,
    problem,
)
from dataservice.domain.query.listing import Count


def _parameter(name: str, description: str, schema: dict[str, Any]) -> Fragment:
    return {"name": name, "in": "query", "description": description, "schema": schema}


# As api/idempotency.py reads it: a string of RFC 9651, or the same without its quotes.
_KEY = r'^("([!#-\[\]-~]|\\["\\]){1,255}"|[!#-+\--:<-\[\]-~]{1,255})$'
_REPLAYED = {
    "Idempotency-Replayed": {
        "description": "'true' where the same request stored it before; the document is as it is now.",
        "schema": {"const": "true"},
    }
}

_CHOICES = [
    FILTER,
    _parameter("sort", "Names joined by commas, '-' before one for descending order.", {"type": "string"}),
    _parameter(
        "count",
        "Whether the answer says how many documents there are.",
        {"type": "string", "enum": list(get_args(Count)), "default": "none"},
    ),
]


def create_documents(most: int) -> Fragment:
    """One, or an array of at most `most`."""
    return {
        "operation_id": "createDocument",
        "summary": "Store a document, or each of an array",
        "status_code": 201,
        "responses": {
            200: {
                "description": "With 'validate_only=true': the status that there would be, or those of the items.",
                "content": _either({"$ref": SCHEMAS + "Validated"}, {"$ref": SCHEMAS + "Creations"}),
            },
            201: {
                "description": "Stored, all of an array. Under 'Prefer: return=minimal' without the documents.",
                "headers": {
                    **HEADER_ETAG,
                    **HEADER_LOCATION,
                    **_REPLAYED,
                },
                "content": _either({"$ref": SCHEMAS + "StoredDocument"}, {"$ref": SCHEMAS + "Creations"}),
            },
            207: {
                "description": "Of an array not all are stored.",
                "headers": _REPLAYED,
                "content": content("Creations"),
            },
            400: problem("The body is not JSON, a query parameter or the Idempotency-Key cannot be used."),
            408: problem("The body did not arrive in time."),
            409: problem("A unique value is taken, or the same request is under way."),
            413: problem("The body is too large, or the array too long."),
            415: problem("The body is not sent as JSON."),
            422: problem(
                "The document breaks the schema or the rules, or the key was used for another body."
            ),
            **STORE_AWAY,
        },
        "openapi_extra": {
            "parameters": [
                VALIDATE_ONLY,
                {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "description": "A request that is sent again by the same key stores nothing twice.",
                    "schema": {"type": "string", "pattern": _KEY},
                },
            ],
            "requestBody": {
                "required": True,
                "content": _either(
                    DOCUMENT, {"type": "array", "items": DOCUMENT, "minItems": 1, "maxItems": most}
                ),
            },
        },
    }


def _either(one: Fragment, several: Fragment) -> Fragment:
    # An instance's own schema may admit an array as well: not oneOf.
    return {"application/json": {"schema": {"anyOf": [one, several]}}}


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
                _parameter("limit", "The most documents that the page may have.", limit),
                _parameter("cursor", "What the page before had as 'next'.", {"type": "string"}),
                *_CHOICES,
                FIELDS,
            ]
        },
    }
