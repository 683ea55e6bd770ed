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

ConfigMapName = Annotated[
    str,
    Field(min_length=1, max_length=253),
    Rule(
        "!format.dns1123Subdomain().validate(self).hasValue()",
        "write the name of a ConfigMap: lower-case letters, digits, '-' and '.', such as orders-schema",
    ),
]
ConfigMapKey = Annotated[
    str,
    Field(min_length=1, max_length=253),
    Rule(
        "self.matches('^[-._a-zA-Z0-9]+$')",
        "write a key of the ConfigMap: letters, digits, '-', '_' and '.', such as schema.json",
    ),
]

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


class ConfigMapKeyReference(ApiModel):
    """One key of a ConfigMap in the DataService's own namespace."""

    name: ConfigMapName
    """Name of the ConfigMap, in the namespace of the DataService. Example: orders-schema."""

    key: ConfigMapKey
    """Key inside the ConfigMap. Example: schema.json."""


class SchemaSource(ApiModel):
    """Where the JSON Schema is kept, outside of the DataService."""

    config_map: ConfigMapKeyReference
    """The ConfigMap that holds the JSON Schema as JSON text. It may be created after the DataService. A change of
    the schema rolls the pods; what else is changed in the ConfigMap does not. While the key cannot be read, the pods
    keep serving with the last schema.
    """


class Data(ApiModel):
    """What a document looks like, and by what it is found fast."""

    rules: ClassVar = (
        Rule(
            "!has(self.schema) || !has(self.schemaFrom)",
            "the schema stands in one place: write schema or schemaFrom, and remove the other",
        ),
    )

    document_schema: Annotated[Mapping[str, Any] | None, Field(alias="schema", json_schema_extra=ATOMIC)] = (
        None
    )
    """JSON Schema (draft 2020-12) that each document must satisfy; what breaks it is answered with HTTP 422.
    `$ref` may point only inside the schema itself. Without a schema every JSON object is accepted.
    Example: {type: object, required: [sku], properties: {sku: {type: string}}}.
    """

    schema_from: SchemaSource | None = None
    """Takes the JSON Schema from elsewhere, in place of `schema`."""

    indexes: Indexes = ()
    """Indexes of the collection; the service creates them in the background. One that is taken out of the
    list stays in the database.
    """
