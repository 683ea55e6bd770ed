"""`/data`."""

from dataservice.api.openapi.fragments import (
    HEADER_ETAG,
    HEADER_LOCATION,
    STORE_AWAY,
    Fragment,
    content,
    problem,
)

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
        413: problem("The body is too large."),
        415: problem("The body is not sent as JSON."),
        422: problem("The document breaks the schema or the rules for documents."),
        **STORE_AWAY,
    },
    "openapi_extra": {"requestBody": {"required": True, "content": content("Document")}},
}


def list_documents(default_limit: int, max_limit: int) -> Fragment:
    limit = {"type": "integer", "minimum": 1, "maximum": max_limit, "default": min(default_limit, max_limit)}
    return {
        "operation_id": "listDocuments",
        "summary": "List documents, oldest first",
        "responses": {
            200: {"description": "A page of documents.", "content": content("Page")},
            400: problem("A query parameter is unknown or invalid, or the cursor cannot be used."),
            409: problem("The page ends at an _id that is too long for a cursor; another limit may do."),
            **STORE_AWAY,
        },
        "openapi_extra": {
            "parameters": [
                {"name": "limit", "in": "query", "schema": limit},
                {"name": "cursor", "in": "query", "schema": {"type": "string"}},
            ]
        },
    }
