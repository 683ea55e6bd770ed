"""`/data:import`."""

from dataservice.api.openapi.fragments import VALIDATE_ONLY, Fragment, content, problem

_LINES = {"schema": {"type": "string", "description": "A JSON object in each line, as POST /data takes it."}}

IMPORT_DOCUMENTS: Fragment = {
    "operation_id": "importDocuments",
    "summary": "Store documents, one a line",
    "responses": {
        200: {
            "description": "All lines were read. What became of them; some may have failed.",
            "content": content("Import"),
        },
        400: problem("A query parameter cannot be used, or there is an Idempotency-Key."),
        413: problem("The body is too large; 'import' says what became of the lines that were read."),
        415: problem("The body is not sent as lines of JSON."),
        503: problem("The store is away; 'import' says what became of the lines that were read."),
    },
    "openapi_extra": {
        "parameters": [VALIDATE_ONLY],
        "requestBody": {
            "required": True,
            "content": {"application/x-ndjson": _LINES, "application/jsonl": _LINES},
        },
    },
}
