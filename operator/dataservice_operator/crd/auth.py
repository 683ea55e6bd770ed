"""spec.api.auth: how callers of the REST API prove who they are."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dataservice_operator.crd.database import SecretName
from dataservice_operator.crd.model import ApiModel, Rule

_LONGEST_URL = 2048

ClaimText = Annotated[
    str,
    Field(min_length=1, max_length=_LONGEST_URL),
    Rule(
        r"self.matches('^[^\\s\\x00-\\x1f]+$')",
        "write the value of the claim as the tokens have it, without blanks, such as https://login.example.com/",
    ),
]
KeySetURL = Annotated[
    str,
    Field(min_length=1, max_length=_LONGEST_URL),
    Rule(
        # Who can change the keys on their way can sign as anyone; a Service of the cluster seldom has a certificate.
        r"self.matches('^https://[^\\s/?#@]+([/?][^\\s#]*)?$') || "
        r"self.matches('^http://[-a-z0-9.]+[.]svc([.]cluster[.]local)?(:[0-9]{1,5})?([/?][^\\s#]*)?$')",
        "write a URL that begins with https://, such as https://login.example.com/keys; "
        "http:// is taken for a Service of the cluster only, such as http://login.auth.svc:8080/keys",
    ),
]


class KeysSecret(ApiModel):
    """A Secret in the DataService's own namespace, with the digests of API keys."""

    name: SecretName
    """Name of the Secret. Example: orders-keys."""


class Jwt(ApiModel):
    """Which JSON Web Tokens are taken."""

    issuer: ClaimText
    """Value of the claim `iss`, to the letter. Example: https://login.example.com/."""

    audience: ClaimText
    """Value that the claim `aud` must be or contain. Example: orders."""

    jwks_url: Annotated[KeySetURL, Field(alias="jwksURL")]
    """Where the issuer publishes its public keys (a JSON Web Key Set). The pods fetch it, and again when a token names
    a key that they do not know. https only, but for Services of the cluster. Example: https://login.example.com/keys.
    """


class Auth(ApiModel):
    """Who may call the API."""

    rules: ClassVar = (
        Rule(
            "(self.mode == 'APIKey') == has(self.keysSecret)",
            "keysSecret goes with mode APIKey, and with no other: write keysSecret: {name: orders-keys} beside "
            "mode: APIKey, or remove it",
        ),
        Rule(
            "(self.mode == 'JWT') == has(self.jwt)",
            "jwt goes with mode JWT, and with no other: write jwt: {issuer: ..., audience: ..., jwksURL: ...} beside "
            "mode: JWT, or remove it",
        ),
    )

    mode: Literal["None", "APIKey", "JWT"]
    """How callers prove who they are. `None`: they do not; whoever reaches the Service reads and writes all
    documents. `APIKey`: by a key whose digest is in `keysSecret`. `JWT`: by a token as `jwt` says. Keys and tokens
    are sent as `Authorization: Bearer`. It has no default, so that an open API is always written out.
    """

    keys_secret: KeysSecret | None = None
    """Secret with one entry for each client: its name is the client's, each line of its value is `sha256:` and the
    SHA-256 of a key in hexadecimal digits, and, where the key may not do both, a blank and `read` or `write`. A change
    is taken up within two minutes, and restarts nothing.
    """

    jwt: Jwt | None = None
    """Tokens of which issuer are taken. They need the scope `data:read` or `data:write` (claim `scope` or `scp`)."""
