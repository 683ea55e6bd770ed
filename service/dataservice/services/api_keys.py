"""API keys, from a folder with one file for each client, as a mounted Secret has them.

A file's name is the client's. Each line is `sha256:` and the SHA-256 of a key in hexadecimal digits, so that who reads
the Secret cannot call the API; and, where the key may not do both, a blank and `read` or `write`. Keys have 256 random
bits: a digest of so much needs neither salt nor stretching.
"""

import asyncio
import hashlib
import hmac
import logging
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from dataservice.domain.principal import READ_AND_WRITE, Principal, Scope
from dataservice.errors import InvalidCredentials
from dataservice.services.readiness import Status

_log = logging.getLogger(__name__)

CHECK_SECONDS: Final = 1.0
"""The kubelet changes the files of a mounted Secret a minute or two after the Secret: this adds nothing to speak of."""

_LINE: Final = re.compile(
    r"sha256:(?P<digest>[0-9A-Fa-f]{64})(?:[ \t]+(?P<scopes>(?:read|write)(?:,(?:read|write))*))?"
)
_SCOPES: Final[Mapping[str, Scope]] = {"read": "read", "write": "write"}

_PREFIX_BYTES: Final = 8
_Keys = dict[bytes, tuple[bytes, Principal]]
"""Digest and principal, by the first bytes of the digest."""

_Fingerprint = frozenset[tuple[str, int, int, int]]


class ApiKeys:
    """Without one usable key nobody is let in and the process is not ready. It starts nevertheless: the folder is
    read again when it changes, which heals sooner than a process that ends and is started at growing intervals.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: _Keys = {}
        self._read: _Fingerprint | None = None
        self._failure = ""
        self.refresh()

    async def authenticate(self, credential: str) -> Principal:
        digest = hashlib.sha256(credential.encode()).digest()
        found = self._keys.get(digest[:_PREFIX_BYTES])
        if found is None or not hmac.compare_digest(found[0], digest):
            raise InvalidCredentials("the API key is not known here")
        return found[1]

    def ailment(self) -> Status | None:
        if self._keys:
            return None
        message = (
            self._failure or "no client has a usable API key: the log names the entries that cannot be used"
        )
        return Status(ready=False, reason="NoApiKeys", message=message)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            self.refresh()

    def refresh(self) -> None:
        """Read the folder if it has changed. One that cannot be read leaves the keys as they were."""
        try:
            now = _fingerprint(self._folder)
            if now != self._read:
                # Files that change while they are read have another fingerprint at the next look.
                self._keys, self._read = dict(_entries(self._folder)), now
                _log.info("%d API keys are known", len(self._keys))
        except OSError as error:
            failure = f"the folder of API keys cannot be read: {error.strerror}"
            if failure != self._failure:
                _log.error("%s", failure)
            self._failure = failure
        else:
            self._failure = ""


def _files(folder: Path) -> list[os.DirEntry[str]]:
    """Those of clients: the kubelet's own begin with two dots, and a client's name with none."""
    with os.scandir(folder) as found:
        return sorted(
            (each for each in found if not each.name.startswith(".") and each.is_file()),
            key=lambda each: each.name,
        )


def _fingerprint(folder: Path) -> _Fingerprint:
    """The kubelet swaps the link that all files go through: each has another inode then."""
    stats = ((each.name, each.stat()) for each in _files(folder))
    return frozenset((name, stat.st_ino, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def _entries(folder: Path) -> Iterator[tuple[bytes, tuple[bytes, Principal]]]:
    for file in _files(folder):
        text = Path(file.path).read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            found = _LINE.fullmatch(line.strip())
            if found is not None:
                digest = bytes.fromhex(found["digest"])
                yield digest[:_PREFIX_BYTES], (digest, Principal(file.name, _scopes(found["scopes"])))
            elif line.strip():
                _log.error(
                    "line %d of the API keys of %r is not sha256:<64 hexadecimal digits>, with or without read or "
                    "write: it is passed over",
                    number,
                    file.name,
                )


def _scopes(named: str | None) -> frozenset[Scope]:
    return frozenset(_SCOPES[scope] for scope in named.split(",")) if named else READ_AND_WRITE
