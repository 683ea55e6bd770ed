"""API keys, and the Secret's entries that hold their digests, in the form that the service reads.

An entry is a client: its name is the entry's, each line of it is one key (docs/design/api.md, "Who may call"). So a
change of keys keeps the client's name, and with it its rate and its idempotency keys. Lines in a form of their own are
never touched by what adds a key.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kubectl_dataservice.errors import Exit, Problem

SCOPES: Final = ("read", "write")
PREFIX: Final = "dsk_"
"""Of each key, so that who finds one in a log or a commit knows what it is."""

_BYTES: Final = 32
_ID_DIGITS: Final = 8
_CLIENT: Final = re.compile(r"[-_A-Za-z0-9][-._A-Za-z0-9]{0,252}")
"""Names of a Secret's entries, but those with a dot in front, which the service leaves to the kubelet."""

_LINE: Final = re.compile(
    r"sha256:(?P<digest>[0-9A-Fa-f]{64})(?:[ \t]+(?P<scopes>(?:read|write)(?:,(?:read|write))*))?"
)


@dataclass(frozen=True)
class Known:
    """What an entry says of a key: enough to tell keys apart, nothing to call with."""

    digest: str
    scopes: Sequence[str]

    @property
    def id(self) -> str:
        return self.digest[:_ID_DIGITS]

    @property
    def line(self) -> str:
        limited = set(self.scopes) != set(SCOPES)
        return f"sha256:{self.digest}" + (f" {','.join(self.scopes)}" if limited else "")


def new_key() -> str:
    """256 random bits."""
    return PREFIX + secrets.token_urlsafe(_BYTES)


def known(key: str, scopes: Sequence[str]) -> Known:
    return Known(hashlib.sha256(key.encode()).hexdigest(), tuple(scopes))


def client(name: str) -> str:
    """The name, if an entry can have it."""
    if not _CLIENT.fullmatch(name):
        raise Problem(
            f"{name!r} cannot name a key: write up to 253 of A-Z a-z 0-9 - _ and ., not beginning with a dot",
            Exit.USAGE,
        )
    return name


def scopes(text: str) -> tuple[str, ...]:
    """`read`, `write` or both, as the option has them."""
    asked = {part.strip() for part in text.split(",")}
    if not asked <= set(SCOPES):
        raise Problem(f"--scopes {text!r}: write read, write or read,write", Exit.USAGE)
    return tuple(scope for scope in SCOPES if scope in asked)


def keys_of(entry: bytes) -> list[Known]:
    """The keys of an entry that the service takes, oldest first."""
    found = (_LINE.fullmatch(line.strip()) for line in _lines(entry))
    return [Known(each["digest"].lower(), _scopes(each["scopes"])) for each in found if each]


def unusable(entry: bytes) -> int:
    """How many lines of an entry the service passes over."""
    return sum(bool(line.strip()) for line in _lines(entry)) - len(keys_of(entry))


def with_key(entry: bytes, key: Known) -> bytes:
    """The entry with one key more, as its newest."""
    begun = entry if not entry or entry.endswith(b"\n") else entry + b"\n"
    return begun + key.line.encode() + b"\n"


def with_keys(keys: Sequence[Known]) -> bytes:
    return "".join(f"{key.line}\n" for key in keys).encode()


def kept(keys: Sequence[Known], client: str, key_id: str | None, *, old: bool) -> Sequence[Known]:
    """What a revocation leaves of a client's keys: the newest, all but one, or nothing."""
    if old:
        return keys[-1:]
    if key_id is None:
        return ()
    others = [key for key in keys if key.id != key_id]
    if len(others) == len(keys):
        there = ", ".join(key.id for key in keys) or "none"
        raise Problem(f"{client!r} has no key of id {key_id!r}: it has {there}", Exit.NOT_FOUND)
    return others


def _lines(entry: bytes) -> list[str]:
    return entry.decode(errors="replace").splitlines()


def _scopes(named: str | None) -> tuple[str, ...]:
    return tuple(scope for scope in SCOPES if scope in named.split(",")) if named else SCOPES
