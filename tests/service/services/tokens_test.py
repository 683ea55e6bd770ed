"""Which tokens are believed."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from dataservice.domain.principal import Principal
from dataservice.errors import InvalidCredentials
from dataservice.services import tokens as module
from dataservice.services.key_set import KeySet
from dataservice.services.tokens import Tokens
from dataservice.settings import JwtSettings
from tests.support.issuer import AUDIENCE, ISSUER, claims, key_set, public, token

SETTINGS = JwtSettings(issuer=ISSUER, audience=AUDIENCE, jwks_url="https://login.example.com/keys")


async def tokens(published: bytes | None = None) -> Tokens:
    keys = KeySet(SETTINGS.jwks_url, lambda _url: published or key_set("rsa", "ec", "ed"))
    assert await keys.refresh()
    return Tokens(SETTINGS, keys)


async def refusal(credential: str, published: bytes | None = None) -> str:
    believed = await tokens(published)
    with pytest.raises(InvalidCredentials) as refused:
        await believed.authenticate(credential)
    return str(refused.value)


def at(claim: str, seconds: int) -> dict[str, Any]:
    """A claim with an instant so many seconds from now."""
    return {claim: int(time.time()) + seconds}


@pytest.mark.parametrize("key", ["rsa", "ec", "ed"])
async def test_a_token_of_the_issuer_is_believed(key: str) -> None:
    principal = await (await tokens()).authenticate(token(key))
    assert principal.name == "till-7"
    assert principal.scopes == {"read", "write"}


@pytest.mark.parametrize(
    ("changes", "scopes"),
    [
        ({"scope": "data:read"}, ["read"]),
        ({"scope": "data:write openid"}, ["write"]),
        ({"scope": None, "scp": ["data:read", 7]}, ["read"]),
        ({"scope": None, "scp": "data:read data:write"}, ["read", "write"]),
        ({"scope": "openid"}, []),
        ({"scope": None}, []),
        ({"scope": {"data:read": True}}, []),
    ],
    ids=json.dumps,
)
async def test_a_token_grants_what_its_scopes_say_and_nothing_without(
    changes: dict[str, Any], scopes: list[str]
) -> None:
    principal = await (await tokens()).authenticate(token(**changes))
    assert principal.scopes == set(scopes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"aud": "invoices"}, "is for another audience"),
        ({"aud": ["invoices"]}, "is for another audience"),
        ({"iss": "https://login.example.com"}, "is of another issuer"),
        ({"exp": None}, "lacks the claim 'exp'"),
        ({"aud": None}, "lacks the claim 'aud'"),
        ({"iss": None}, "lacks the claim 'iss'"),
        ({"sub": None}, "lacks the claim 'sub'"),
        ({"exp": "tomorrow"}, "is not valid"),
        ({"sub": 7}, "is not valid"),
        ({"sub": ""}, "'sub' cannot be used"),
        ({"sub": "a\nforged line"}, "'sub' cannot be used"),
        ({"sub": "x" * 257}, "'sub' cannot be used"),
    ],
    ids=str,
)
async def test_a_token_with_a_wrong_or_missing_claim_is_refused_with_the_claim(
    changes: dict[str, Any], says: str
) -> None:
    assert says in await refusal(token(**changes))


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -30), ("nbf", 30)])
async def test_clocks_may_differ_a_little(claim: str, seconds: int) -> None:
    await (await tokens()).authenticate(token(**at(claim, seconds)))


@pytest.mark.parametrize(
    ("claim", "seconds", "says"), [("exp", -61, "has expired"), ("nbf", 120, "is not valid yet")]
)
async def test_a_token_is_taken_in_its_time_only(claim: str, seconds: int, says: str) -> None:
    assert says in await refusal(token(**at(claim, seconds)))


class TestBelief:
    """A token that was believed is not verified at each request."""

    async def test_it_ends_when_the_token_expires(self) -> None:
        believed = await tokens()
        text = token(exp=2_000_000_000)
        await believed.authenticate(text)
        ((digest, belief),) = believed._believed.items()
        assert belief.until == 2_000_000_060
        stale = replace(belief, principal=Principal("stale", frozenset()), until=time.time())
        believed._believed[digest] = stale
        assert (await believed.authenticate(text)).name == "till-7"

    async def test_it_ends_when_the_issuer_withdraws_the_key(self) -> None:
        published = [key_set("rsa")]
        keys = KeySet(SETTINGS.jwks_url, lambda _url: published[-1])
        await keys.refresh()
        believed = Tokens(SETTINGS, keys)
        await believed.authenticate(token())
        published.append(key_set("ec"))
        await keys.refresh()
        with pytest.raises(InvalidCredentials):
            await believed.authenticate(token())

    async def test_it_is_of_one_token_to_the_letter(self) -> None:
        believed = await tokens()
        text = token()
        await believed.authenticate(text)
        for other in (text[:-4] + "AAAA", text + "=", text.rpartition(".")[0] + "."):
            with pytest.raises(InvalidCredentials):
                await believed.authenticate(other)

    async def test_it_is_kept_of_so_many_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MOST_BELIEVED", 2)
        believed = await tokens()
        for number in range(5):
            await believed.authenticate(token("ed", jti=str(number)))
        assert len(believed._believed) == 2


async def test_an_instant_may_be_written_as_text() -> None:
    """The library takes it."""
    await (await tokens()).authenticate(token(exp=str(int(time.time()) + 60)))


async def test_the_audience_may_be_one_of_several() -> None:
    await (await tokens()).authenticate(token(aud=["invoices", AUDIENCE]))


def signed_by_hand(header: dict[str, Any], secret: bytes = b"") -> str:
    """A token that no library would make."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims())]
    text = b".".join(parts)
    signature = hmac.new(secret, text, hashlib.sha256).digest() if secret else b""
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
async def test_a_token_without_signature_is_refused(algorithm: str) -> None:
    await refusal(signed_by_hand({"alg": algorithm, "kid": "rsa", "typ": "JWT"}))


@pytest.mark.parametrize("form", ["pem", "jwk"])
async def test_a_public_key_is_not_taken_for_a_shared_secret(form: str) -> None:
    """RFC 8725, section 2.1: everybody knows the public key."""
    pem = jwt.PyJWK(public("rsa")).key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    secret = pem if form == "pem" else json.dumps(public("rsa")).encode()
    assert "is not valid" in await refusal(signed_by_hand({"alg": "HS256", "kid": "rsa"}, secret))


async def test_a_shared_secret_that_is_published_is_no_key() -> None:
    secret = b"0" * 32
    shared = {"kty": "oct", "kid": "shared", "k": base64.urlsafe_b64encode(secret).decode().rstrip("=")}
    published = json.dumps({"keys": [public("rsa"), shared]}).encode()
    assert "does not publish" in await refusal(
        signed_by_hand({"alg": "HS256", "kid": "shared"}, secret), published
    )


async def test_the_algorithm_is_that_of_the_key() -> None:
    await refusal(token("ec", header={"kid": "rsa"}))
    await refusal(token("rsa", header={"alg": "RS512"}))


async def test_a_token_signed_by_another_is_refused() -> None:
    assert "is not valid" in await refusal(token("rotated", header={"kid": "rsa"}))


async def test_a_key_that_the_token_brings_along_is_not_looked_at() -> None:
    own = {"jwk": public("rotated"), "jku": "https://evil.example/keys", "kid": "rsa"}
    await refusal(token("rotated", header=own))


@pytest.mark.parametrize("credential", ["", "a", "a.b.c", "....", "{}", token()[:-3], token() + "x", "é.é.é"])
async def test_what_is_no_token_is_refused_in_words_that_repeat_nothing_of_it(credential: str) -> None:
    assert await refusal(credential) == "the token is not valid"


async def test_a_token_need_not_name_the_key_where_there_is_one_only() -> None:
    unnamed = jwt.encode(claims(), _private("rsa"), "RS256")
    await (await tokens(key_set("rsa"))).authenticate(unnamed)
    assert "does not publish" in await refusal(unnamed)


def _private(name: str) -> Any:
    from tests.support import issuer  # noqa: PLC0415 - the one test that signs without a name

    return issuer._PRIVATE[name][1]
