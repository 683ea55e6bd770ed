"""A DataService as the operator reads it from the API server."""

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from dataservice_operator.crd.model import ApiModel
from dataservice_operator.crd.spec import DataServiceSpec
from dataservice_operator.crd.status import DataServiceStatus
from dataservice_operator.errors import InvalidSpec

GROUP = "dataservice.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "DataService"
PLURAL = "dataservices"
SINGULAR = "dataservice"
SHORT_NAME = "dsvc"


class Metadata(ApiModel):
    """The part of the object's metadata that the operator acts on."""

    model_config = ConfigDict(extra="ignore")

    name: str
    namespace: str
    uid: str
    resource_version: str = ""
    generation: int = 0
    annotations: Mapping[str, str] = Field(default_factory=dict)
    deletion_timestamp: str | None = None


class DataService(ApiModel):
    metadata: Metadata
    spec: DataServiceSpec
    status: DataServiceStatus = DataServiceStatus()


def parse(raw: Mapping[str, Any], *, reader: str = "operator") -> DataService:
    """The resource as a value. `reader` is which program reads it, for the message.

    The API server has validated it, so that an error means a CRD of another version. A field of the spec
    that this operator does not know is an error as well, not passed over: the CRD is then newer than the
    operator, and acting on half of what was asked (without its access rule, say) is worse than leaving
    the pods as they are.

    Raises:
        InvalidSpec: with the JSON pointer of the first field that does not fit.
    """
    parts = {part: raw[part] for part in ("metadata", "spec", "status") if part in raw}
    try:
        return DataService.model_validate(parts)
    except ValidationError as error:
        raise _invalid_spec(error, reader) from None


def with_readable_status(raw: dict[str, Any]) -> dict[str, Any]:
    """The resource, without its status where that does not fit: it is the operator's own, to be written anew."""
    try:
        DataServiceStatus.model_validate(raw.get("status") or {})
    except ValidationError:
        return {**raw, "status": {}}
    return raw


def _invalid_spec(error: ValidationError, reader: str) -> InvalidSpec:
    first = error.errors(include_url=False, include_input=False)[0]
    pointer = "".join(f"/{_escaped(part)}" for part in first["loc"])
    if first["type"] == "extra_forbidden":
        detail = f"this {reader} does not know the field: upgrade the {reader}, or remove the field"
    else:
        detail = first["msg"].removeprefix("Value error, ")
    return InvalidSpec(f"{pointer}: {detail}", pointer=pointer)


def _escaped(part: str | int) -> str:
    """One reference token of a JSON pointer (RFC 6901, section 3)."""
    return str(part).replace("~", "~0").replace("/", "~1")
