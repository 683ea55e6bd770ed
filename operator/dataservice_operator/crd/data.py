"""spec.data: what a document looks like, and by what it is found fast."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from dataservice_operator.crd.model import ApiModel, Rule

ATOMIC = {"x-kubernetes-map-type": "atomic"}

PATH_OF_A_FIELD = Rule(
    r"""self.matches('^-?[^-.$"\\s\\x00-\\x1f][^.$"\\s\\x00-\\x1f]*([.][^.$"\\s\\x00-\\x1f]+)*$')""",
    "write the path of a field, such as sku, address.city or, for descending order, -quantity",
)
EACH_FIELD_ONCE = Rule(
    "self.fields.all(a, self.fields.exists_one(b, "
    "(a.startsWith('-') ? a.substring(1) : a) == (b.startsWith('-') ? b.substring(1) : b)))",
    "an index names each field once: remove the repeated one",
)
NOT_ID_ALONE = Rule(
    "self.fields != ['_id'] && self.fields != ['-_id']",
    "every collection has an index on _id alone: leave this one out",
)

IndexField = Annotated[
    str,
    Field(min_length=1, max_length=256),
    PATH_OF_A_FIELD,
    Rule(
        "!self.matches('^-?_') || self.matches('^-?_(id|etag|created_at|updated_at)$')",
        "only _id, _etag, _created_at and _updated_at begin with an underscore: write another name",
    ),
]


class Index(ApiModel):
    """One index of the collection."""

    rules: ClassVar = (EACH_FIELD_ONCE, NOT_ID_ALONE)

    fields: Annotated[tuple[IndexField, ...], Field(min_length=1, max_length=8)]
    """Fields of the index, the most significant first; a leading `-` means descending. Nested fields are
    written with dots. The server's own fields may be used: `_id`, `_etag`, `_created_at`, `_updated_at`.
    Example: [customer.id, -_created_at].
    """

    unique: bool = False
    """Whether a second document with the same values is refused (HTTP 409). The schema must list the fields
    as required. False if not set.
    """


Indexes = Annotated[
    tuple[Index, ...],
    Field(max_length=32),
    Rule(
        "self.all(a, self.exists_one(b, a.fields == b.fields))",
        "two indexes have the same fields: remove one of them",
    ),
]


class Data(ApiModel):
    """What a document looks like, and by what it is found fast."""

    document_schema: Annotated[Mapping[str, Any] | None, Field(alias="schema", json_schema_extra=ATOMIC)] = (
        None
    )
    """JSON Schema (draft 2020-12) that each document must satisfy; what breaks it is answered with HTTP 422.
    `$ref` may point only inside the schema itself. Without a schema every JSON object is accepted.
    Example: {type: object, required: [sku], properties: {sku: {type: string}}}.
    """

    indexes: Indexes = ()
    """Indexes of the collection; the service creates them in the background. One that is taken out of the
    list stays in the database.
    """
