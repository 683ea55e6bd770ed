"""One reconcile: observe, render, apply, tell. Level-triggered: it asks what is, never what happened."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.kinds import DEPLOYMENT, POD, Kind, kind_of
from dataservice_operator.cluster.picture import Key
from dataservice_operator.crd.resource import DataService, parse, with_readable_status
from dataservice_operator.errors import Conflict, InvalidSpec, NamespaceTerminating, ParentGone
from dataservice_operator.reconcile.caches import Caches
from dataservice_operator.reconcile.database import database, unseen
from dataservice_operator.reconcile.metrics import Metrics
from dataservice_operator.reconcile.parents import Parents, Raw
from dataservice_operator.reconcile.pod_answers import Ask, ask_unready
from dataservice_operator.reconcile.problem import Problem, attempt
from dataservice_operator.reconcile.prune import Pruner
from dataservice_operator.reconcile.reader import Reader
from dataservice_operator.reconcile.status import Situation, stalls_in, status
from dataservice_operator.reconcile.status_writer import StatusWriter
from dataservice_operator.reconcile.validation import validate
from dataservice_operator.reconcile.writer import Writer
from dataservice_operator.render.children import Children, children
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.settings import Settings

logger = logging.getLogger(__name__)

HAND_OVER_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Outcome:
    """When the key is to be looked at again, beside what the watches tell."""

    retry: bool = False
    """With a growing back-off: something failed that no watch will report as healed."""

    after: float | None = None
    """In so many seconds, at the latest."""


class Reconciler:
    """Reconciles one DataService at a time. What it keeps between two reconciles only saves requests."""

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
        self._reader = Reader(client, settings, caches)
        self._pruner = Pruner(client, caches)

    async def reconcile(self, key: Key) -> Outcome:
        """Make one DataService true.

        Raises:
            ApiError: the status could not be written; worth another try.
            LeadershipLost: another operator leads now.
        """
        raw = self._parents.get(key)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            self.forget(key)
            return Outcome()
        try:
            return await self._reconcile(with_readable_status(raw))
        except NamespaceTerminating:
            logger.info("the namespace of DataService %s/%s is going away", *key)
            return Outcome()
        except ParentGone:
            logger.info("DataService %s/%s is gone", *key)
            self._parents.drop_version(key, raw["metadata"]["resourceVersion"])
            self.forget(key)
            return Outcome()
        except Conflict as error:
            logger.info("DataService %s/%s is looked at again: %s", *key, error)
            return Outcome(retry=True)

    def forget(self, key: Key) -> None:
        """The DataService is gone."""
        self._pruner.forget(key)
        self._reader.forget(key)

    async def _reconcile(self, raw: Raw) -> Outcome:
        try:
            parent = parse(raw)
        except InvalidSpec as error:
            return await self._refuse(raw, parse({**raw, "spec": _UNREADABLE_SPEC}), error)
        try:
            found = await attempt(self._reader.with_schema(parent), "ConfigMap")
            if isinstance(found, Problem):
                return await self._keep(raw, parent, found)
            parent = found
            validate(parent.spec.data)
        except InvalidSpec as error:
            return await self._refuse(raw, parent, error)
        told_later = parent.status.observed_generation != parent.metadata.generation
        writer = Writer(self._client, self._caches, self._metrics, parent, confirmed=told_later)
        inputs, problems = await self._reader.inputs(writer, parent)
        wanted = children(parent, inputs)
        writer.settled = self._reader.settled(parent, inputs, wanted)
        absent = self._absent(wanted)
        problems += await self._write(writer, wanted, left_out={*absent, *self._put_off(parent, inputs)})
        written = DEPLOYMENT in writer.written
        names = tuple(kind.name for kind in absent)
        return await self._tell(raw, parent, inputs.image, problems, written=written, absent=names)

    async def _write(self, writer: Writer, wanted: Children, left_out: set[Kind]) -> tuple[Problem, ...]:
        """Each child by itself: one that fails does not keep the others from being made true."""
        tried = [
            await attempt(writer.ensure(manifest), kind_of(manifest).name)
            for manifest in wanted.manifests()
            if kind_of(manifest) not in left_out
        ]
        problems = [each for each in tried if isinstance(each, Problem)]
        if problems:
            return tuple(problems)
        pruned = await attempt(self._pruner.prune(writer, wanted), "ConfigMap")
        return (pruned,) if pruned else ()

    def _absent(self, wanted: Children) -> tuple[Kind, ...]:
        """Kinds of wanted children that the cluster does not have."""
        kinds = {kind_of(manifest): manifest["metadata"]["namespace"] for manifest in wanted.manifests()}
        return tuple(kind for kind, namespace in kinds.items() if self._caches.absent(kind, namespace))

    def _put_off(self, parent: DataService, inputs: Inputs) -> tuple[Kind, ...]:
        """No pod starts without the cursor key, and those made before it would be replaced when it is there."""
        live = self._caches.deployments.get((parent.metadata.namespace, parent.metadata.name))
        return (DEPLOYMENT,) if live is None and inputs.cursor_key is None else ()

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
        absent: tuple[str, ...] = (),
    ) -> Outcome:
        key = (parent.metadata.namespace, parent.metadata.name)
        blind = self._caches.refusal(DEPLOYMENT, key[0]) is not None
        deployment = None if blind else self._caches.deployments.get(key)
        refusal = self._caches.refusal(POD, key[0])
        pods = self._caches.pods.group(key) if refusal is None else None
        answers = await ask_unready(pods or (), self._ask)
        situation = Situation(
            parent=parent,
            image=image_used,
            deployment=deployment,
            pods=pods,
            problems=problems,
            database=unseen(refusal) if refusal else database(deployment, pods or (), answers),
            cause=answers.cause,
            now=datetime.now(UTC),
            progress_deadline_seconds=self._settings.progress_deadline_seconds,
            written=written,
            blind=blind,
            absent=absent,
        )
        await self._statuses.write(raw, status(situation))
        waits_for_watch = all(
            problem.watched or problem.reason in (*_WATCHED, "NotOwned") for problem in problems
        )
        due = [each for each in (stalls_in(situation), _handed_over_in(problems)) if each is not None]
        return Outcome(retry=not waits_for_watch or answers.asked > 0, after=min(due, default=None))


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
        "Suspended",
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
