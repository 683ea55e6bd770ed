"""The public keys of a token issuer (JSON Web Key Set, RFC 7517 section 5), fetched and kept."""

import asyncio
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt
import msgspec

from dataservice.errors import InvalidCredentials, KeySetUnavailable
from dataservice.services.readiness import Status

_log = logging.getLogger(__name__)

ALGORITHMS: Final = frozenset({"RS256", "ES256", "EdDSA"})
KEPT_SECONDS: Final = 300.0
"""A key that the issuer withdraws is taken for so long, at the most, while the issuer answers."""

UNKNOWN_KEY_SECONDS: Final = 30.0
"""Tokens that name unknown keys make the set be fetched no more often than that."""

AWAY_SECONDS: Final = 5.0
"""Before an issuer that did not answer is asked again."""

_ANSWER_SECONDS: Final = 5.0
_MAX_BYTES: Final = 1024 * 1024


class KeySet:
    """The keys that were fetched last serve on while the issuer is away."""

    def __init__(
        self,
        url: str,
        download: Callable[[str], bytes] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._download = download or _download
        self._clock = clock
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._tried = float("-inf")
        self._failure = "the keys of the token issuer are being fetched"
        self._lock = asyncio.Lock()

    @property
    def published(self) -> Mapping[str | None, jwt.PyJWK]:
        """What was fetched last: another object after each fetch."""
        return self._keys

    async def key(self, name: str | None) -> jwt.PyJWK:
        """The key of that `kid`. Raises KeySetUnavailable, InvalidCredentials."""
        if not self._keys:
            raise KeySetUnavailable
        if self._find(name) is None:
            await self._look_again()
        found = self._find(name)
        if found is None:
            raise InvalidCredentials("the token is signed with a key that its issuer does not publish")
        return found

    def ailment(self) -> Status | None:
        return None if self._keys else Status(ready=False, reason="KeySetUnavailable", message=self._failure)

    async def run(self) -> None:
        while True:
            fetched = await self.refresh()
            await asyncio.sleep(KEPT_SECONDS if fetched else AWAY_SECONDS)

    async def refresh(self) -> bool:
        """Whether the issuer answered with keys."""
        self._tried = self._clock()
        try:
            async with asyncio.timeout(2 * _ANSWER_SECONDS):
                self._keys = _usable(await asyncio.to_thread(self._download, self._url))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and tried again
            self._failed(_reason(error))
            return False
        self._failure = ""
        return True

    def _find(self, name: str | None) -> jwt.PyJWK | None:
        """A token need not name its key where there is one only."""
        if name is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(name)

    async def _look_again(self) -> None:
        """Many tokens of a new key come at once: one fetch serves them all."""
        async with self._lock:
            if self._clock() - self._tried >= UNKNOWN_KEY_SECONDS:
                await self.refresh()

    def _failed(self, reason: str) -> None:
        failure = f"the keys of the token issuer cannot be fetched from {self._url}: {reason}"
        if failure != self._failure:
            _log.warning("%s", failure)
        self._failure = failure


def _usable(text: bytes) -> dict[str | None, jwt.PyJWK]:
    """Those that verify signatures by an algorithm of ours. Raises ValueError if there is none."""
    document = msgspec.json.decode(text, type=dict[str, Any])
    found = [each for each in document.get("keys") or () if isinstance(each, dict)]
    keys = {key.key_id: key for each in found if (key := _key(each)) is not None}
    if not keys:
        raise ValueError(f"there is no key for {', '.join(sorted(ALGORITHMS))} in it")
    return keys


def _key(raw: dict[str, Any]) -> jwt.PyJWK | None:
    if raw.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(raw)
    except (jwt.PyJWTError, ValueError):
        return None
    # By its type, not by what a token says: a public key is never taken for a shared secret (RFC 8725, section 3.1).
    return key if key.algorithm_name in ALGORITHMS else None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys come from where the settings say, and from nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _download(url: str) -> bytes:
    """With the standard library, in a thread: once in minutes, it needs no client of its own."""
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(url, timeout=_ANSWER_SECONDS) as answer:
        content: bytes = answer.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError(f"the answer is larger than {_MAX_BYTES} bytes")
    return content


def _reason(error: Exception) -> str:
    match error:
        case urllib.error.HTTPError():
            return f"HTTP {error.code}"
        case urllib.error.URLError():
            return str(error.reason)
        case TimeoutError():
            return f"no answer within {_ANSWER_SECONDS:g} s"
        case msgspec.MsgspecError() | UnicodeDecodeError() | RecursionError():
            return "the answer is not a JSON Web Key Set"
        case ValueError() | OSError():
            return str(error)
        case _:
            return type(error).__name__
