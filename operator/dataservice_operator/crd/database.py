"""spec.database: where the documents are kept."""

from typing import Annotated

from pydantic import Field

from dataservice_operator.crd.model import ApiModel, Rule

SecretName = Annotated[
    str,
    Field(min_length=1, max_length=253),
    Rule(
        "!format.dns1123Subdomain().validate(self).hasValue()",
        "write the name of a Secret: lower-case letters, digits, '-' and '.', such as orders-mongo",
    ),
]
SecretKey = Annotated[
    str,
    Field(min_length=1, max_length=253),
    Rule(
        "self.matches('^[-._a-zA-Z0-9]+$')",
        "write a key of the Secret: letters, digits, '-', '_' and '.', such as uri",
    ),
]
DatabaseName = Annotated[
    str,
    Field(min_length=1, max_length=63),
    Rule(
        r"""self.matches('^[^/\\\\. "$*<>:|?\\x00-\\x1f]*$') && size(bytes(self)) < 64""",
        """write a database name that MongoDB takes: up to 63 bytes, without / \\ . space " $ * < > : | ?""",
    ),
]
CollectionName = Annotated[
    str,
    Field(min_length=1, max_length=190),
    Rule(
        r"self.matches('^[^$\\x00-\\x1f]*$') && !self.startsWith('system.')",
        "write a collection name that MongoDB takes: without $, and not beginning with system.",
    ),
]


class SecretKeyReference(ApiModel):
    """One key of a Secret in the DataService's own namespace."""

    name: SecretName
    """Name of the Secret, in the namespace of the DataService. Example: orders-mongo."""

    key: SecretKey
    """Key inside the Secret. Example: uri."""


class MongoDB(ApiModel):
    """A collection of a MongoDB that runs already, version 6 or later."""

    uri_secret: SecretKeyReference
    """The Secret that holds the connection string, with user and password: `mongodb://...` or
    `mongodb+srv://...`. It may be created after the DataService; a change of it restarts the pods.
    """

    database: DatabaseName
    """Name of the database. MongoDB creates it with the first document. Example: shop."""

    collection: CollectionName
    """Name of the collection. MongoDB creates it with the first document. Example: orders."""


class Database(ApiModel):
    """Where the documents are kept."""

    mongodb: MongoDB
    """Keeps the documents in a collection of a MongoDB that runs already."""
