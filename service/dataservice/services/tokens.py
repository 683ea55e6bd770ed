"""JSON Web Tokens (RFC 7519) of one issuer for one audience, after the advice of RFC 8725."""

from collections.abc import Iterable
from typing import Any, Final

import jwt

from dataservice.domain.principal import Principal, Scope
from dataservice.errors import InvalidCredentials
from dataservice.services.key_set import KeySet
from dataservice.services.readiness import Status
from dataservice.settings import JwtSettings

SKEW_SECONDS: Final = 60.0
_MAX_SUBJECT: Final = 256
_SCOPES: Final[dict[str, Scope]] = {"data:read": "read", "data:write": "write"}


class Tokens:
    def __init__(self, settings: JwtSettings, keys: KeySet | None = None) -> None:
        self._settings = settings
        self._keys = keys or KeySet(settings.jwks_url)

    async def authenticate(self, credential: str) -> Principal:
        try:
            key = await self._keys.key(jwt.get_unverified_header(credential).get("kid"))
            claims = self._claims(credential, key)
        except jwt.PyJWTError as error:
            raise InvalidCredentials(_reason(error)) from error
        subject: str = claims["sub"]
        if not 0 < len(subject) <= _MAX_SUBJECT or not subject.isprintable():
            raise InvalidCredentials("the token's claim 'sub' cannot be used")
        return Principal(subject, frozenset(_SCOPES[each] for each in _granted(claims) if each in _SCOPES))

    def ailment(self) -> Status | None:
        return self._keys.ailment()

    async def run(self) -> None:
        await self._keys.run()

    def _claims(self, credential: str, key: jwt.PyJWK) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            credential,
            key,
            algorithms=[key.algorithm_name],
            issuer=self._settings.issuer,
            audience=self._settings.audience,
            leeway=SKEW_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        return claims


def _granted(claims: dict[str, Any]) -> Iterable[str]:
    """`scope` is one text (RFC 8693, section 4.2); `scp`, which some issuers write, a text or a list."""
    for name in ("scope", "scp"):
        value = claims.get(name)
        if isinstance(value, str):
            yield from value.split()
        elif isinstance(value, list):
            yield from (each for each in value if isinstance(each, str))


def _reason(error: jwt.PyJWTError) -> str:
    """Words of our own: the library's may repeat parts of the token."""
    match error:
        case jwt.ExpiredSignatureError():
            return "the token has expired"
        case jwt.ImmatureSignatureError():
            return "the token is not valid yet"
        case jwt.InvalidAudienceError():
            return "the token is for another audience"
        case jwt.InvalidIssuerError():
            return "the token is of another issuer"
        case jwt.MissingRequiredClaimError():
            return f"the token lacks the claim {error.claim!r}"
        case _:
            return "the token is not valid"
