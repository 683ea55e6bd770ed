"""One reconcile: observe, render, apply, tell. Level-triggered: it asks what is, never what happened."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from dataservice_operator.cluster.apply import apply_status
from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.events import record
from dataservice_operator.cluster.informer import Key
from dataservice_operator.cluster.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    HORIZONTAL_POD_AUTOSCALER,
    REPLICA_SET,
    kind_of,
)
from dataservice_operator.cluster.pods import Readiness
from dataservice_operator.crd.resource import DataService, parse
from dataservice_operator.errors import (
    ApiError,
    Conflict,
    Forbidden,
    InvalidSpec,
    NamespaceTerminating,
    NotFound,
    NotOwned,
    ParentGone,
    QuotaExceeded,
    Rejected,
)
from dataservice_operator.reconcile.caches import Caches
from dataservice_operator.reconcile.database import database
from dataservice_operator.reconcile.metrics import Metrics
from dataservice_operator.reconcile.parents import Parents, Raw
from dataservice_operator.reconcile.rollout import Problem
from dataservice_operator.reconcile.secrets import SecretHashes
from dataservice_operator.reconcile.status import Situation, stalls_in, status
from dataservice_operator.reconcile.validation import validate
from dataservice_operator.reconcile.writer import Writer
from dataservice_operator.render import image, names
from dataservice_operator.render.children import Children, children
from dataservice_operator.render.cursor_secret import cursor_secret
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.settings import Settings

logger = logging.getLogger(__name__)

CURSOR_KEY_BYTES: Final = 32
Ask = Callable[[str, int], Awaitable[Readiness | None]]


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
        self._ask = ask
        self._hashes = SecretHashes(client, caches.secrets)

    async def reconcile(self, key: Key) -> Outcome:
        """Make one DataService true.

        Raises:
            ApiError: the status could not be written; worth another try.
            LeadershipLost: another operator leads now.
        """
        raw = self._parents.get(key)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
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
            validate(parent.spec.data)
        except InvalidSpec as error:
            return await self._refuse(raw, parent, error)
        writer = Writer(self._client, self._caches, self._metrics, parent)
        inputs, problems = await self._read(parent)
        wanted = children(parent, inputs)
        problems += await self._write(writer, parent, wanted)
        return await self._tell(raw, parent, inputs.image, problems, written=DEPLOYMENT in writer.written)

    async def _read(self, parent: DataService) -> tuple[Inputs, tuple[Problem, ...]]:
        """What rendering needs. A Secret that has vanished keeps its hash, so that pods that run go on running."""
        live = self._caches.deployments.get((parent.metadata.namespace, parent.metadata.name))
        chosen, pin = image.choose(
            parent, default=self._settings.default_image, live_pin=live.image_pin if live else None
        )
        found = await self._hashes.hash_of(parent.metadata.namespace, parent.spec.database.mongodb.uri_secret)
        kept = live.secret_hash if live else None
        inputs = Inputs(
            image=chosen,
            image_pin=pin,
            secret_hash=kept if isinstance(found, Problem) else found,
            progress_deadline_seconds=self._settings.progress_deadline_seconds,
        )
        return inputs, (found,) if isinstance(found, Problem) else ()

    async def _write(self, writer: Writer, parent: DataService, wanted: Children) -> tuple[Problem, ...]:
        """Each child by itself: one that fails does not keep the others from being made true."""
        problems = [await _attempt(self._ensure_cursor_key(writer, parent))]
        problems += [
            await _attempt(writer.ensure(manifest), kind_of(manifest).name) for manifest in wanted.manifests()
        ]
        if not any(problems):
            problems.append(await _attempt(self._prune(writer, parent, wanted)))
        return tuple(problem for problem in problems if problem is not None)

    async def _ensure_cursor_key(self, writer: Writer, parent: DataService) -> None:
        key = (parent.metadata.namespace, names.cursor_secret(parent.metadata.name))
        if self._caches.secrets.get(key) is None:
            await writer.create_once(cursor_secret(parent, secrets.token_bytes(CURSOR_KEY_BYTES)))

    async def _prune(self, writer: Writer, parent: DataService, wanted: Children) -> None:
        """Remove what the spec does not ask for any more."""
        key = (parent.metadata.namespace, parent.metadata.name)
        if wanted.autoscaler is None:
            for scaler in self._caches.children[HORIZONTAL_POD_AUTOSCALER].group(key):
                await writer.remove(HORIZONTAL_POD_AUTOSCALER, scaler)
        current = wanted.config_map["metadata"]["name"]
        old = [known for known in self._caches.children[CONFIG_MAP].group(key) if known.name != current]
        live = self._caches.deployments.get(key)
        settled = live is not None and live.observed_generation == live.generation
        if not old or not settled or (live is not None and live.updated != live.replicas):
            return
        mounted = await self._mounted(parent)
        for config_map in old:
            if config_map.name not in mounted:
                await writer.remove(CONFIG_MAP, config_map)

    async def _mounted(self, parent: DataService) -> frozenset[str]:
        """ConfigMaps that a ReplicaSet names: a roll back to it must find them."""
        selector = ",".join(f"{key}={value}" for key, value in names.selector(parent.metadata.name).items())
        answer = await self._client.read(REPLICA_SET.path(parent.metadata.namespace), labelSelector=selector)
        return frozenset(
            volume["configMap"]["name"]
            for replica_set in answer.get("items") or ()
            for volume in replica_set["spec"]["template"]["spec"].get("volumes") or ()
            if "configMap" in volume
        )

    async def _refuse(self, raw: Raw, parent: DataService, error: InvalidSpec) -> Outcome:
        """The children stay as they are: the pods keep serving what was asked for last."""
        problem = Problem(error.reason, str(error), heals=False)
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
        verdict, settled = await database(deployment, pods, self._ask)
        situation = Situation(
            parent=parent,
            image=image_used,
            deployment=deployment,
            pods=pods,
            problems=problems,
            database=verdict,
            now=datetime.now(UTC),
            progress_deadline_seconds=self._settings.progress_deadline_seconds,
            written=written,
        )
        await self._write_status(raw, status(situation))
        waits_for_watch = all(problem.reason in _WATCHED for problem in problems)
        return Outcome(retry=not waits_for_watch or not settled, after=stalls_in(situation))

    async def _write_status(self, raw: Raw, wanted: dict[str, Any]) -> None:
        before = raw.get("status") or {}
        if _says(before, wanted):
            return
        metadata = raw["metadata"]
        try:
            self._parents.put(
                await apply_status(
                    self._client, metadata["namespace"], metadata["name"], metadata["uid"], wanted
                )
            )
        except (NotFound, Conflict) as error:
            raise ParentGone(str(error)) from error
        self._metrics.writes.labels("DataService", "status").inc()
        await self._announce(raw, _ready(before), _ready(wanted))

    async def _announce(self, raw: Raw, before: dict[str, Any], now: dict[str, Any]) -> None:
        """One Event for each turn of Ready that someone may want to look up later."""
        if (before.get("status"), before.get("reason")) == (now["status"], now["reason"]):
            return
        unready = now["status"] != "True"
        if unready and now["reason"] in _ON_THE_WAY:
            return
        try:
            await record(self._client, raw, warning=unready, reason=now["reason"], note=now["message"])
        except ApiError as error:
            logger.warning("an Event was not recorded: %s", error)


_WATCHED: Final = frozenset(
    {"SecretNotFound", "SecretKeyNotFound", "InvalidSchema", "IndexFieldNotRequired", "InvalidSpec"}
)
"""Problems whose end a watch reports."""

_ON_THE_WAY: Final = frozenset({"Creating", "RollingOut"})

_UNREADABLE_SPEC: Final = {
    "database": {
        "mongodb": {"uriSecret": {"name": "none", "key": "none"}, "database": "none", "collection": "none"}
    },
    "api": {"auth": {"mode": "None"}},
}
"""Stands in for a spec that cannot be read, so that its metadata and status can."""


async def _attempt(write: Awaitable[None], what: str = "Secret") -> Problem | None:
    try:
        await write
    except NotOwned as error:
        return Problem("NotOwned", str(error), heals=False)
    except NamespaceTerminating:
        raise
    except QuotaExceeded as error:
        return Problem("QuotaExceeded", error.message)
    except Forbidden as error:
        logger.error("the operator lacks a right: %s", error.message)  # noqa: TRY400 - no stack for a missing right
        return Problem("Forbidden", f"the operator may not write this {what}: {error.message}")
    except Rejected as error:
        return Problem("Rejected", f"the API server refuses the {what}: {error.message}", heals=False)
    except ApiError as error:
        return Problem("ApiServerError", f"the {what} could not be written: {error}")
    return None


def _says(before: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether the live status holds all that is wanted; conditions of others beside ours do not count."""
    known = {condition.get("type"): condition for condition in before.get("conditions") or ()}
    return all(
        before.get(name) == value if name != "conditions" else all(known.get(c["type"]) == c for c in value)
        for name, value in wanted.items()
    )


def _ready(state: dict[str, Any]) -> dict[str, Any]:
    return next((known for known in state.get("conditions") or () if known.get("type") == "Ready"), {})
