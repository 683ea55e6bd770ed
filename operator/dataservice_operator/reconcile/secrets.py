"""Keyed hashes of referenced Secret values, so that a change rolls the pods and nothing of the value is told."""

import base64
import hashlib
import hmac
from typing import Final

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.informer import Informer
from dataservice_operator.cluster.kinds import SECRET
from dataservice_operator.cluster.picture import Key
from dataservice_operator.crd.database import SecretKeyReference
from dataservice_operator.errors import NotFound
from dataservice_operator.reconcile.observed_reference import Secret
from dataservice_operator.reconcile.problem import Problem

Hash = str

_FEW: Final = 64


class SecretHashes:
    """Reads a Secret once for each of its versions; keeps hashes, never values."""

    def __init__(self, client: Client, secrets: Informer[Secret]) -> None:
        self._client = client
        self._secrets = secrets
        self._known: dict[Key, tuple[str, dict[str, Hash]]] = {}
        self._most = _FEW
        """So many are kept before those are looked for whose Secret is gone: nobody who refers to them may be left."""

    async def hash_of(self, namespace: str, reference: SecretKeyReference) -> Hash | Problem:
        """HMAC-SHA256 of the value, keyed by the Secret's uid; or what is missing, and what to do about it."""
        hashes = await self._hashes((namespace, reference.name))
        if hashes is None:
            return Problem(
                "SecretNotFound",
                f"Secret {reference.name!r} does not exist in namespace {namespace!r}: create it, with the "
                f"MongoDB connection string under the key {reference.key!r}",
            )
        found = hashes.get(reference.key)
        if found is None:
            return Problem(
                "SecretKeyNotFound",
                f"Secret {reference.name!r} in namespace {namespace!r} has no key {reference.key!r}: add it, "
                "with the MongoDB connection string as its value",
            )
        return found

    async def _hashes(self, key: Key) -> dict[str, Hash] | None:
        seen = self._secrets.get(key)
        if seen is None:
            self._known.pop(key, None)
            return None
        version, hashes = self._known.get(key, ("", {}))
        if version == seen.version:
            return hashes
        try:
            raw = await self._client.read(SECRET.path(*key), resourceVersion=seen.version)
        except NotFound:
            return None
        uid = raw["metadata"]["uid"].encode()
        hashes = {
            name: hmac.new(uid, base64.b64decode(value), hashlib.sha256).hexdigest()[:32]
            for name, value in (raw.get("data") or {}).items()
        }
        self._keep(key, raw["metadata"]["resourceVersion"], hashes)
        return hashes

    def _keep(self, key: Key, version: str, hashes: dict[str, Hash]) -> None:
        if len(self._known) >= self._most:
            self._known = {each: known for each, known in self._known.items() if self._secrets.get(each)}
            self._most = max(_FEW, 2 * len(self._known))
        self._known[key] = (version, hashes)
