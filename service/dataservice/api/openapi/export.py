"""`/data:export`."""

from dataservice.api.openapi.fragments import FIELDS, FILTER, STORE_AWAY, Fragment, problem

EXPORT_DOCUMENTS: Fragment = {
    "operation_id": "exportDocuments",
    "summary": "Read all documents, or those that meet a filter, one a line",
    "description": "In the order of _id. A failure on the way breaks the connection before the end of the body.",
    "responses": {
        200: {
            "description": "NDJSON: a document on each line.",
            "headers": {"Content-Disposition": {"description": "A file name.", "schema": {"type": "string"}}},
            "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
        },
        400: problem("A query parameter is unknown or cannot be used."),
        **STORE_AWAY,
    },
    "openapi_extra": {"parameters": [FILTER, FIELDS]},
}
