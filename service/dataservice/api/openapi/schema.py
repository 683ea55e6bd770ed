"""`/schema`."""

from dataservice.api.openapi.fragments import NO_PARAMETERS, Fragment

GET_SCHEMA: Fragment = {
    "operation_id": "getSchema",
    "summary": "Read the JSON Schema of the documents",
    "responses": {
        200: {
            "description": "A JSON Schema (2020-12).",
            "content": {"application/schema+json": {"schema": {"type": "object"}}},
        },
        400: NO_PARAMETERS,
    },
}
