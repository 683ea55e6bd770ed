"""spec.api: who may call the REST API, and how much one request may ask for."""

from typing import Annotated, Literal

from pydantic import Field

from dataservice_operator.crd.model import ApiModel

KIB = 1024
MIB = 1024 * KIB


class Auth(ApiModel):
    """Who may call the API."""

    mode: Literal["None"]
    """How callers prove who they are. `None`: they do not; whoever reaches the Service reads and writes all
    documents. It has no default, so that an open API is always written out.
    """


class Limits(ApiModel):
    """How much one request may ask for."""

    max_body_bytes: Annotated[int, Field(ge=KIB, le=16 * MIB)] = MIB
    """Largest request body, in bytes; more is answered with HTTP 413. The upper bound is the size of
    MongoDB's largest document, 16 MiB.
    """

    max_page_size: Annotated[int, Field(ge=1, le=1000)] = 1000
    """Most documents that one `GET /data` returns; a larger `limit` is answered with HTTP 400."""


class Api(ApiModel):
    """The REST API."""

    auth: Auth
    """Who may call the API."""

    limits: Limits = Limits()
    """How much one request may ask for."""
