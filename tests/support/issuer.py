"""An issuer of JSON Web Tokens."""

import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER = "https://login.example.com/"
AUDIENCE = "orders"

_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_EC = ec.generate_private_key(ec.SECP256R1())
_ED = ed25519.Ed25519PrivateKey.generate()
_PRIVATE: dict[str, tuple[str, Any]] = {
    "rsa": ("RS256", _RSA),
    "rotated": ("RS256", _OTHER_RSA),
    "ec": ("ES256", _EC),
    "ed": ("EdDSA", _ED),
}


def public(name: str) -> dict[str, Any]:
    """The JSON Web Key of a key of the issuer."""
    algorithm, private = _PRIVATE[name]
    key = private.public_key()
    writer: Any = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}[algorithm]
    return {**writer.to_jwk(key, as_dict=True), "kid": name, "use": "sig"}


def key_set(*names: str) -> bytes:
    return json.dumps({"keys": [public(name) for name in names]}).encode()


def claims(**changes: Any) -> dict[str, Any]:
    """Those of a token that is taken, changed; None takes a claim out."""
    now = int(time.time())
    whole = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "till-7",
        "exp": now + 300,
        "iat": now,
        "scope": "openid data:read data:write",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def token(key: str = "rsa", *, header: dict[str, Any] | None = None, **changes: Any) -> str:
    algorithm, private = _PRIVATE[key]
    return jwt.encode(claims(**changes), private, algorithm, {"kid": key, **(header or {})})
