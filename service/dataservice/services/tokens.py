"""JSON Web Tokens (RFC 7519) of one issuer for one audience, after the advice of RFC 8725."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt

from dataservice.domain.principal import Principal, Scope
from dataservice.errors import InvalidCredentials
from dataservice.services.key_set import KeySet
from dataservice.services.readiness import Status
from dataservice.settings import JwtSettings

SKEW_SECONDS: Final = 60.0
MOST_BELIEVED: Final = 1000
_MAX_SUBJECT: Final = 256
_SCOPES: Final[dict[str, Scope]] = {"data:read": "read", "data:write": "write"}


@dataclass(frozen=True, slots=True)
class _Belief:
    principal: Principal
    until: float
    """Unix time."""

    keys: Mapping[str | None, jwt.PyJWK]
    """The published keys, as they were."""


class Tokens:
    """A token comes with many requests: one that was believed is, until it expires or keys are fetched anew. To verify
    its signature costs 130 to 180 us.
    """

    def __init__(self, settings: JwtSettings, keys: KeySet | None = None) -> None:
        self._settings = settings
        self._keys = keys or KeySet(settings.jwks_url)
        self._believed: OrderedDict[bytes, _Belief] = OrderedDict()

    async def authenticate(self, credential: str) -> Principal:
        digest = hashlib.sha256(credential.encode()).digest()
        belief = self._believed.get(digest)
        if belief is None or belief.keys is not self._keys.published or belief.until <= time.time():
            belief = await self._verified(credential)
            self._believed[digest] = belief
            if len(self._believed) > MOST_BELIEVED:
                self._believed.popitem(last=False)
        return belief.principal

    async def _verified(self, credential: str) -> _Belief:
        try:
            key = await self._keys.key(jwt.get_unverified_header(credential).get("kid"))
            claims = self._claims(credential, key)
        except jwt.PyJWTError as error:
            raise InvalidCredentials(_reason(error)) from error
        subject: str = claims["sub"]
        if not 0 < len(subject) <= _MAX_SUBJECT or not subject.isprintable():
            raise InvalidCredentials("the token's claim 'sub' cannot be used")
        scopes = frozenset(_SCOPES[each] for each in _granted(claims) if each in _SCOPES)
        return _Belief(Principal(subject, scopes), float(claims["exp"]) + SKEW_SECONDS, self._keys.published)

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
