"""One reconcile: observe, render, apply, tell. Level-triggered: it asks what is, never what happened."""

import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.informer import Key
from dataservice_operator.cluster.kinds import (
    DEPLOYMENT,
    kind_of,
)
from dataservice_operator.crd.resource import DataService, parse
from dataservice_operator.errors import (
    InvalidSpec,
    NamespaceTerminating,
    ParentGone,
)
from dataservice_operator.reconcile.caches import Caches
from dataservice_operator.reconcile.database import database
from dataservice_operator.reconcile.metrics import Metrics
from dataservice_operator.reconcile.parents import Parents, Raw
from dataservice_operator.reconcile.pod_answers import Ask, ask_unready
from dataservice_operator.reconcile.problem import Problem, attempt
from dataservice_operator.reconcile.prune import prune
from dataservice_operator.reconcile.schemas import Schemas
from dataservice_operator.reconcile.secrets import SecretHashes
from dataservice_operator.reconcile.status import Situation, stalls_in, status
from dataservice_operator.reconcile.status_writer import StatusWriter
from dataservice_operator.reconcile.validation import validate
from dataservice_operator.reconcile.writer import Writer
from dataservice_operator.render import image, names
from dataservice_operator.render.children import Children, children
from dataservice_operator.render.cursor_secret import cursor_secret
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.settings import Settings

logger = logging.getLogger(__name__)

CURSOR_KEY_BYTES: Final = 32
HAND_OVER_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Outcome:
    """When the key is to be looked at again, beside what the watches tell."""

    retry: bool = False
    """With a growing back-off: something failed that no watch will report as healed."""

    after: float | None = None
    """In so many seconds, at the latest."""


class Reconciler:
    """Reconciles one DataService at a time; holds no state of its own between two reconciles."""

    def __init__(
        self, client: Client, settings: Settings, parents: Parents, caches: Caches, metrics: Metrics, ask: Ask
    ) -> None:
        self._client = client
        self._settings = settings
        self._parents = parents
        self._caches = caches
        self._metrics = metrics
        self._statuses = StatusWriter(client, parents, metrics)
        self._ask = ask
        self._hashes = SecretHashes(client, caches.secrets)
        self._schemas = Schemas(client, caches.config_maps)

    async def reconcile(self, key: Key) -> Outcome:
        """Make one DataService true.

        Raises:
            ApiError: the status could not be written; worth another try.
            LeadershipLost: another operator leads now.
        """
        raw = self._parents.get(key)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            self._schemas.forget(key)
            return Outcome()
        try:
            return await self._reconcile(raw)
        except (ParentGone, NamespaceTerminating):
            logger.info("DataService %s/%s is going away", *key)
            return Outcome()

    async def _reconcile(self, raw: Raw) -> Outcome:
        try:
            parent = parse(raw)
        except InvalidSpec as error:
            return await self._refuse(raw, parse({**raw, "spec": _UNREADABLE_SPEC}), error)
        try:
            found = await self._schemas.inlined(parent)
            if isinstance(found, Problem):
                return await self._keep(raw, parent, found)
            parent = found
            validate(parent.spec.data)
        except InvalidSpec as error:
            return await self._refuse(raw, parent, error)
        writer = Writer(self._client, self._caches, self._metrics, parent)
        inputs, problems = await self._read(writer, parent)
        wanted = children(parent, inputs)
        problems += await self._write(writer, wanted)
        return await self._tell(raw, parent, inputs.image, problems, written=DEPLOYMENT in writer.written)

    async def _read(self, writer: Writer, parent: DataService) -> tuple[Inputs, tuple[Problem, ...]]:
        """What rendering needs. What cannot be read keeps its last value, so that pods that run go on running."""
        live = self._caches.deployments.get((parent.metadata.namespace, parent.metadata.name))
        chosen, pin = image.choose(
            parent, default=self._settings.default_image, live_pin=live.image_pin if live else None
        )
        found = await self._hashes.hash_of(parent.metadata.namespace, parent.spec.database.mongodb.uri_secret)
        cursor_key = await attempt(self._cursor_key(writer, parent), "Secret")
        inputs = Inputs(
            image=chosen,
            image_pin=pin,
            secret_hash=_or(found, live.secret_hash if live else None),
            cursor_key=_or(cursor_key, live.cursor_key if live else None),
            progress_deadline_seconds=self._settings.progress_deadline_seconds,
        )
        tried = (found, cursor_key, self._missing_keys(parent))
        return inputs, tuple(each for each in tried if isinstance(each, Problem))

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

    async def _cursor_key(self, writer: Writer, parent: DataService) -> str:
        """Uid of the Secret with the cursor key, which is made where it is not there."""
        seen = self._caches.secrets.get(
            (parent.metadata.namespace, names.cursor_secret(parent.metadata.name))
        )
        if seen is not None:
            return seen.uid
        return await writer.create_once(cursor_secret(parent, secrets.token_bytes(CURSOR_KEY_BYTES)))

    async def _write(self, writer: Writer, wanted: Children) -> tuple[Problem, ...]:
        """Each child by itself: one that fails does not keep the others from being made true."""
        tried = [
            await attempt(writer.ensure(manifest), kind_of(manifest).name) for manifest in wanted.manifests()
        ]
        if not any(tried):
            tried.append(await attempt(prune(self._client, self._caches, writer, wanted), "ConfigMap"))
        return tuple(each for each in tried if each is not None)

    async def _refuse(self, raw: Raw, parent: DataService, error: InvalidSpec) -> Outcome:
        return await self._keep(raw, parent, Problem(error.reason, str(error), heals=False))

    async def _keep(self, raw: Raw, parent: DataService, problem: Problem) -> Outcome:
        """The children stay as they are: the pods keep serving what was asked for last."""
        return await self._tell(raw, parent, parent.status.image, (problem,))

    async def _tell(
        self,
        raw: Raw,
        parent: DataService,
        image_used: str | None,
        problems: tuple[Problem, ...],
        *,
        written: bool = False,
    ) -> Outcome:
        key = (parent.metadata.namespace, parent.metadata.name)
        deployment, pods = self._caches.deployments.get(key), self._caches.pods.group(key)
        answers = await ask_unready(pods, self._ask)
        situation = Situation(
            parent=parent,
            image=image_used,
            deployment=deployment,
            pods=pods,
            problems=problems,
            database=database(deployment, pods, answers),
            cause=answers.cause,
            now=datetime.now(UTC),
            progress_deadline_seconds=self._settings.progress_deadline_seconds,
            written=written,
        )
        await self._statuses.write(raw, status(situation))
        waits_for_watch = all(problem.reason in (*_WATCHED, "NotOwned") for problem in problems)
        due = [each for each in (stalls_in(situation), _handed_over_in(problems)) if each is not None]
        return Outcome(retry=not waits_for_watch or answers.asked > 0, after=min(due, default=None))


def _or(found: str | Problem, last: str | None) -> str | None:
    return last if isinstance(found, Problem) else found


def _handed_over_in(problems: tuple[Problem, ...]) -> float | None:
    """A stranger's object has no label by which a watch would tell that it was handed over, or went."""
    return HAND_OVER_SECONDS if any(problem.reason == "NotOwned" for problem in problems) else None


_WATCHED: Final = frozenset(
    {
        "SecretNotFound",
        "SecretKeyNotFound",
        "KeysSecretNotFound",
        "ConfigMapNotFound",
        "ConfigMapKeyNotFound",
        "ChildTerminating",
        "InvalidSchema",
        "IndexFieldNotRequired",
        "InvalidSpec",
    }
)
"""Problems whose end a watch reports."""

_UNREADABLE_SPEC: Final = {
    "database": {
        "mongodb": {"uriSecret": {"name": "none", "key": "none"}, "database": "none", "collection": "none"}
    },
    "api": {"auth": {"mode": "None"}},
}
"""Stands in for a spec that cannot be read, so that its metadata and status can."""
