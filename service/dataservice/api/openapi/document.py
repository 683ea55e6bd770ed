"""`/data/{id}`."""

from collections.abc import Mapping

from dataservice.api.media_types import JSON, JSON_PATCH, MERGE_PATCH
from dataservice.api.openapi.fragments import (
    FIELDS,
    HEADER_ETAG,
    HEADER_LOCATION,
    PERHAPS_CUT,
    STORE_AWAY,
    Fragment,
    content,
    problem,
)
from dataservice.domain.json_patch import MAX_OPERATIONS

# RFC 9110 section 8.8.3, without the octets beyond ASCII.
_TAGS = r'^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)$'
_ID: Fragment = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The document's _id.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"},
}
_IF_NONE_MATCH: Fragment = {
    "name": "If-None-Match",
    "in": "header",
    "description": "ETags of versions that are known; '*' for any. To a PUT '*' says: only if there is none.",
    "schema": {"type": "string", "pattern": _TAGS},
}
_IF_MATCH: Fragment = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of the version that is to be changed; needed where the service is set up so.",
    "schema": {"type": "string", "pattern": _TAGS},
}
_CHANGE_PARAMETERS = [_ID, _IF_MATCH, _IF_NONE_MATCH]
_CHANGE_REFUSALS: Mapping[int, Fragment] = {
    412: problem("The document is not as If-Match or If-None-Match demands."),
    428: problem("This service wants If-Match, and there is none."),
    **STORE_AWAY,
}
_BODY_REFUSALS: Mapping[int, Fragment] = {
    413: problem("The body is too large."),
    422: problem(
        "The document breaks the schema or the rules for documents, or a field of the server is changed."
    ),
    **_CHANGE_REFUSALS,
}
_CHANGED: Mapping[int, Fragment] = {
    200: {"description": "The new version.", "headers": HEADER_ETAG, "content": content("StoredDocument")},
    204: {"description": "The same without a body, under 'Prefer: return=minimal'.", "headers": HEADER_ETAG},
}
_OPERATION: Fragment = {
    "type": "object",
    "required": ["op", "path"],
    "properties": {
        "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
        "path": {"type": "string", "format": "json-pointer"},
        "from": {"type": "string", "format": "json-pointer"},
        "value": {},
    },
}

GET_DOCUMENT: Fragment = {
    "operation_id": "getDocument",
    "summary": "Read a document",
    "responses": {
        200: {
            "description": "The document.",
            "headers": HEADER_ETAG,
            "content": {JSON: {"schema": PERHAPS_CUT}},
        },
        304: {"description": "The document still has the ETag of If-None-Match."},
        400: problem("A query parameter is unknown or cannot be used."),
        404: problem("No such document."),
        **STORE_AWAY,
    },
    "openapi_extra": {
        "parameters": [_ID, FIELDS, _IF_NONE_MATCH],
    },
}

PUT_DOCUMENT: Fragment = {
    "operation_id": "putDocument",
    "summary": "Replace a document, or store it under an _id of yours",
    "responses": {
        **_CHANGED,
        201: {
            "description": "Stored; there was none. Without a body under 'Prefer: return=minimal'.",
            "headers": {**HEADER_ETAG, **HEADER_LOCATION},
            "content": content("StoredDocument"),
        },
        400: problem("The body is not JSON, a header field is invalid, or there is a query parameter."),
        409: problem("A unique value is taken, or others keep changing the document."),
        415: problem("The body is not sent as JSON."),
        **_BODY_REFUSALS,
    },
    "openapi_extra": {
        "parameters": _CHANGE_PARAMETERS,
        "requestBody": {"required": True, "content": content("Document")},
    },
}

PATCH_DOCUMENT: Fragment = {
    "operation_id": "patchDocument",
    "summary": "Change parts of a document",
    "responses": {
        **_CHANGED,
        400: problem(
            "The body is not such a patch, a header field is invalid, or there is a query parameter."
        ),
        404: problem("No such document."),
        409: problem(
            "The patch does not go with the document, a unique value is taken, or others keep changing it."
        ),
        415: problem("The body is not sent as one of the two kinds of patch; see Accept-Patch."),
        **_BODY_REFUSALS,
    },
    "openapi_extra": {
        "parameters": _CHANGE_PARAMETERS,
        "requestBody": {
            "required": True,
            "content": {
                MERGE_PATCH: {"schema": {"type": "object"}},
                JSON_PATCH: {"schema": {"type": "array", "maxItems": MAX_OPERATIONS, "items": _OPERATION}},
            },
        },
    },
}

DELETE_DOCUMENT: Fragment = {
    "operation_id": "deleteDocument",
    "summary": "Delete a document",
    "status_code": 204,
    "responses": {
        204: {"description": "It is gone."},
        400: problem("A header field is invalid, or there is a query parameter."),
        404: problem("No such document."),
        409: problem("Others keep changing the document."),
        **_CHANGE_REFUSALS,
    },
    "openapi_extra": {"parameters": _CHANGE_PARAMETERS},
}
