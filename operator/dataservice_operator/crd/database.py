"""spec.database: where the documents are kept."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dataservice_operator.crd.model import ApiModel, Rule
from dataservice_operator.crd.resources import QuantityText, is_quantity

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
VolumeSize = Annotated[
    QuantityText,
    Rule(
        f"{is_quantity('self')} && quantity(string(self)).compareTo(quantity('1Mi')) >= 0 "
        "&& !quantity(string(self)).isGreaterThan(quantity('1Ei'))",
        "write a size from 1Mi to 1Ei, of 18 digits at most, such as 10Gi",
    ),
    Rule(
        f"!({is_quantity('self')}) || !({is_quantity('oldSelf')}) || "
        "!quantity(string(self)).isLessThan(quantity(string(oldSelf)))",
        "a volume cannot shrink: write its size of before, or more",
    ),
]
StorageClassName = Annotated[
    str,
    Field(max_length=253),
    Rule(
        "self == '' || !format.dns1123Subdomain().validate(self).hasValue()",
        "write the name of a StorageClass: lower-case letters, digits, '-' and '.', such as fast",
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


class Embedded(ApiModel):
    """SQLite on a volume of the DataService's own, for one pod: no database server is needed."""

    rules: ClassVar = (
        Rule(
            "!has(oldSelf.storageClassName) || "
            "has(self.storageClassName) && self.storageClassName == oldSelf.storageClassName",
            "a volume keeps its StorageClass: write the storageClassName of before",
        ),
    )

    size: VolumeSize
    """Size of the volume, at the least. It may grow where the StorageClass can expand volumes, and never
    shrinks. Example: 10Gi.
    """

    storage_class_name: StorageClassName | None = None
    """StorageClass of the volume, which stays as it is once set. The cluster's default if not set; the empty
    text asks for a volume that was made by hand.
    """

    retention: Literal["Retain", "Delete"] = "Retain"
    """What becomes of the volume when the DataService is deleted. Retain keeps it, with all documents, and a
    DataService made anew under the same name takes it up again. Delete removes it. It may be changed at any
    time. Retain if not set.
    """


class Database(ApiModel):
    """Where the documents are kept."""

    rules: ClassVar = (
        Rule(
            "has(self.mongodb) != has(self.embedded)",
            "write exactly one of mongodb, and embedded for SQLite on a volume",
        ),
        Rule(
            "has(self.mongodb) == has(oldSelf.mongodb)",
            "a DataService keeps its kind of database, since no documents are moved: make another DataService",
        ),
    )

    mongodb: MongoDB | None = None
    """Keeps the documents in a collection of a MongoDB that runs already."""

    embedded: Embedded | None = None
    """Keeps the documents in SQLite on a volume. One pod at most, and no autoscaling; while a change of the
    DataService or a drain of its node replaces the pod, the API is away for some seconds.
    """

    @property
    def uri_secret(self) -> SecretKeyReference | None:
        """The Secret with the connection string, where there is one."""
        return self.mongodb.uri_secret if self.mongodb else None
