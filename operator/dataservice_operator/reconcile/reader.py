"""What rendering needs beside the DataService and may not fetch itself: read, or decided, before it."""

import secrets
from typing import Final

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.kinds import CONFIG_MAP, SECRET
from dataservice_operator.cluster.picture import Key
from dataservice_operator.crd.resource import DataService
from dataservice_operator.reconcile.caches import Caches
from dataservice_operator.reconcile.problem import Problem, attempt
from dataservice_operator.reconcile.schemas import Schemas
from dataservice_operator.reconcile.secrets import SecretHashes
from dataservice_operator.reconcile.writer import Writer
from dataservice_operator.render import image, names
from dataservice_operator.render.children import Children
from dataservice_operator.render.cursor_secret import cursor_secret
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.render.service_account import service_account
from dataservice_operator.settings import Settings

CURSOR_KEY_BYTES: Final = 32


class Reader:
    def __init__(self, client: Client, settings: Settings, caches: Caches) -> None:
        self._settings = settings
        self._caches = caches
        self._hashes = SecretHashes(client, caches.secrets)
        self._schemas = Schemas(client, caches.config_maps)

    def forget(self, key: Key) -> None:
        """The DataService is gone."""
        self._schemas.forget(key)

    async def with_schema(self, parent: DataService) -> DataService | Problem:
        """The DataService with its schema in it, wherever that stands; or what is missing.

        Raises:
            InvalidSpec: what stands there is not a JSON object.
            NotWatched, ApiError: it cannot be read.
        """
        if parent.spec.data.schema_from is not None:
            self._caches.require(CONFIG_MAP, parent.metadata.namespace)
        return await self._schemas.inlined(parent)

    async def inputs(self, writer: Writer, parent: DataService) -> tuple[Inputs, tuple[Problem, ...]]:
        """What rendering needs. What cannot be read keeps its last value, so that pods that run go on running."""
        namespace, name = parent.metadata.namespace, parent.metadata.name
        live = self._caches.deployments.get((namespace, name))
        volume = self._caches.volume_claims.get((namespace, names.volume_claim(name)))
        chosen, pin = image.choose(
            parent,
            default=self._settings.default_image,
            live_image=live.image if live else None,
            live_pin=live.image_pin if live else None,
        )
        found = await attempt(self._secret_hash(parent), "Secret")
        cursor_key = await attempt(self._cursor_key(writer, parent), "Secret")
        inputs = Inputs(
            image=chosen,
            image_pin=pin,
            secret_hash=_or(found, live.secret_hash if live else None),
            cursor_key=_or(cursor_key, live.cursor_key if live else None),
            claim=volume.claim if volume else None,
            progress_deadline_seconds=self._settings.progress_deadline_seconds,
            operator_namespace=self._settings.lease_namespace,
            monitoring_namespace=self._settings.monitoring_namespace,
        )
        tried = (found, cursor_key, self._missing_keys(parent))
        return inputs, tuple(each for each in tried if isinstance(each, Problem))

    def settled(self, parent: DataService, inputs: Inputs, wanted: Children) -> bool:
        """Whether nothing calls for a write but what others may have done to the children."""
        key = (parent.metadata.namespace, parent.metadata.name)
        if self._caches.child(CONFIG_MAP, (key[0], wanted.config_map["metadata"]["name"])) is None:
            return False
        live = self._caches.deployments.get(key)
        before = (live.image_pin, live.secret_hash, live.cursor_key) if live else ()
        observed = parent.status.observed_generation == parent.metadata.generation
        return observed and before == (inputs.image_pin, inputs.secret_hash, inputs.cursor_key)

    def _missing_keys(self, parent: DataService) -> Problem | None:
        """Said here, since all that a pod says of a Secret that it cannot mount is ContainerCreating."""
        namespace, keys = parent.metadata.namespace, parent.spec.api.auth.keys_secret
        if keys is None or self._caches.secrets.get((namespace, keys.name)) is not None:
            return None
        return Problem(
            "KeysSecretNotFound",
            f"Secret {keys.name!r} does not exist in namespace {namespace!r}: create it, with an entry for each "
            "client of the API, whose value is sha256: and the SHA-256 of the client's key in hexadecimal digits",
        )

    async def _secret_hash(self, parent: DataService) -> str | Problem | None:
        """None where the database needs no Secret."""
        secret = parent.spec.database.uri_secret
        if secret is None:
            return None
        self._caches.require(SECRET, parent.metadata.namespace)
        return await self._hashes.hash_of(parent.metadata.namespace, secret)

    async def _cursor_key(self, writer: Writer, parent: DataService) -> str:
        """Uid of the Secret with the cursor key, which is made where it is not there."""
        self._caches.require(SECRET, parent.metadata.namespace)
        seen = self._caches.secrets.get(
            (parent.metadata.namespace, names.cursor_secret(parent.metadata.name))
        )
        if seen is not None and seen.instance == parent.metadata.name:
            return seen.uid
        account = await writer.ensure(service_account(parent))
        key = secrets.token_bytes(CURSOR_KEY_BYTES)
        return await writer.create_once(cursor_secret(parent, key, account))


def _or(found: str | Problem | None, last: str | None) -> str | None:
    return last if isinstance(found, Problem) else found
