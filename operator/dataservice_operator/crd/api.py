"""spec.api: who may call the REST API, and how much one request may ask for."""

from typing import Annotated, ClassVar

from pydantic import Field

from dataservice_operator.crd.auth import Auth
from dataservice_operator.crd.model import ApiModel, Rule

KIB = 1024
MIB = 1024 * KIB


Origin = Annotated[
    str,
    Field(min_length=1, max_length=300),
    Rule(
        r"self == '*' || self.matches('^https?://([-a-z0-9.]+|\\[[0-9a-f:.]+\\])(:[0-9]{1,5})?$')",
        "write an origin as browsers send it, scheme://host[:port] in lower case and without a path, "
        "such as https://shop.example.com; or * alone",
    ),
]


class Limits(ApiModel):
    """How much one request, and one caller, may ask for."""

    rules: ClassVar = (
        Rule(
            "!has(self.burst) || has(self.requestsPerSecond)",
            "burst is what may come at once under a rate: write requestsPerSecond as well, or remove burst",
        ),
    )

    max_body_bytes: Annotated[int, Field(ge=KIB, le=16 * MIB)] = MIB
    """Largest request body, in bytes; more is answered with HTTP 413. The upper bound is the size of
    MongoDB's largest document, 16 MiB.
    """

    max_page_size: Annotated[int, Field(ge=1, le=1000)] = 1000
    """Most documents that one `GET /data` returns; a larger `limit` is answered with HTTP 400."""

    requests_per_second: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Requests that one caller may send to one pod in a second, on average; more is answered with HTTP 429. A caller
    is the client of an API key, the subject of a token, or, with mode `None`, everybody together. No bound if not set.
    """

    burst: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Requests that may come at once, after a pause. As many as in a second if not set."""


class Cors(ApiModel):
    """Which web pages may call the API from a browser."""

    allowed_origins: Annotated[
        tuple[Origin, ...],
        Field(min_length=1, max_length=32),
        Rule(
            "!self.exists(origin, origin == '*') || size(self) == 1",
            "* allows every origin: write it alone, or remove it",
        ),
    ]
    """Origins of the pages, such as https://shop.example.com; or `*` alone for any. Cookies are never taken.
    Example: [https://shop.example.com].
    """


class Api(ApiModel):
    """The REST API."""

    auth: Auth
    """Who may call the API."""

    limits: Limits = Limits()
    """How much one request, and one caller, may ask for."""

    require_if_match: bool | None = None
    """Whether a PUT to a document that is there, a PATCH or a DELETE must name the version that it changes (`If-Match`;
    else HTTP 428). False if not set.
    """

    cors: Cors | None = None
    """Lets web pages of these origins call the API. None may if not set."""
