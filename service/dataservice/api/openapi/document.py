"""`/data/{id}`."""

from dataservice.api.openapi.fragments import (
    FIELDS,
    HEADER_ETAG,
    STORE_AWAY,
    Fragment,
    content,
    problem,
)

GET_DOCUMENT: Fragment = {
    "operation_id": "getDocument",
    "summary": "Read a document",
    "responses": {
        200: {"description": "The document.", "headers": HEADER_ETAG, "content": content("StoredDocument")},
        304: {"description": "The document still has the ETag of If-None-Match."},
        400: problem("A query parameter is unknown or cannot be used."),
        404: problem("No such document."),
        **STORE_AWAY,
    },
    "openapi_extra": {
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            FIELDS,
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
        ]
    },
}
