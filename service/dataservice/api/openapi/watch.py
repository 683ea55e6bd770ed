"""`/data:watch`."""

from dataservice.api.openapi.fragments import Fragment, problem

_ID = {"schema": {"type": "string"}}

WATCH_DOCUMENTS: Fragment = {
    "operation_id": "watchDocuments",
    "summary": "Be told of changes, from now on or from an event on",
    "description": (
        "The events created and updated have the document as data, deleted its _id alone. Connect again with the id of"
        " the last event to miss none."
    ),
    "responses": {
        200: {
            "description": "Server-sent events, without end.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        400: problem("A query parameter is unknown or invalid, or the event id cannot be used."),
        410: problem("What happened since that event is not kept any more."),
        501: problem("The database tells of no changes."),
        503: problem("The store is away, or too many watch; see Retry-After."),
    },
    "openapi_extra": {
        "parameters": [
            {
                "name": "after",
                "in": "query",
                "description": "As Last-Event-ID, for a first connection.",
                **_ID,
            },
            {"name": "Last-Event-ID", "in": "header", "description": "The id of the last event seen.", **_ID},
        ]
    },
}
