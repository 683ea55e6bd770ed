"""What several routes say of themselves in the same words."""

from typing import Any

from dataservice.domain.query.parse import FIELD_OPERATORS

Fragment = dict[str, Any]

SCHEMAS = "#/components/schemas/"
DOCUMENT = {"$ref": SCHEMAS + "Document"}
PERHAPS_CUT = {"anyOf": [{"$ref": SCHEMAS + "StoredDocument"}, {"$ref": SCHEMAS + "PartialDocument"}]}


def content(schema: str, media_type: str = "application/json") -> Fragment:
    return {media_type: {"schema": {"$ref": SCHEMAS + schema}}}


def problem(description: str) -> Fragment:
    return {"description": description, "content": content("Problem", "application/problem+json")}


HEADER_ETAG = {"ETag": {"description": "The document's version.", "schema": {"type": "string"}}}
HEADER_LOCATION = {"Location": {"description": "Where the document is.", "schema": {"type": "string"}}}
NO_PARAMETERS = problem("There is a query parameter; none is known here.")
STORE_AWAY = {503: problem("The store is away; see Retry-After.")}
FILTER: Fragment = {
    "name": "filter",
    "in": "query",
    "description": f"A condition as JSON, with MongoDB's operators {', '.join(FIELD_OPERATORS)}, $and, $or, $nor. A"
    " field of the schema may also stand as a parameter of its own, for equality.",
    "schema": {"type": "string", "contentMediaType": "application/json"},
}
FIELDS: Fragment = {
    "name": "fields",
    "in": "query",
    "description": "Paths joined by commas; the answer has these fields and _id only, and no ETag.",
    "schema": {"type": "string"},
}
VALIDATE_ONLY = {
    "name": "validate_only",
    "in": "query",
    "description": "Nothing is stored, and the store is not asked.",
    "schema": {"const": "true"},
}
