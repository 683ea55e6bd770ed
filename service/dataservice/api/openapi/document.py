"""`/data/{id}`."""

from dataservice.api.openapi.fragments import (
    HEADER_ETAG,
    NO_PARAMETERS,
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
        400: NO_PARAMETERS,
        404: problem("No such document."),
        **STORE_AWAY,
    },
    "openapi_extra": {
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
        ]
    },
}
