"""The writes of one reconcile: each child created, repaired or left alone."""

import logging
from dataclasses import dataclass, field
from typing import Any

from dataservice_operator.cluster.apply import apply, create, create_once, delete, hold_replicas
from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.kinds import DATA_SERVICE, DEPLOYMENT, Kind, kind_of
from dataservice_operator.cluster.ownership import digest_of_manifest
from dataservice_operator.crd.resource import DataService
from dataservice_operator.errors import ChildTerminating, Conflict, NotFound, NotOwned, ParentGone
from dataservice_operator.reconcile import observed
from dataservice_operator.reconcile.caches import Caches
from dataservice_operator.reconcile.metrics import Metrics
from dataservice_operator.render import names
from dataservice_operator.render.metadata import Manifest

logger = logging.getLogger(__name__)


@dataclass
class Writer:
    """Lives for one reconcile of one DataService."""

    client: Client
    caches: Caches
    metrics: Metrics
    parent: DataService
    written: set[Kind] = field(default_factory=set, init=False)
    """Kinds of which something was written."""

    _confirmed: bool = field(default=False, init=False)

    async def ensure(self, manifest: Manifest) -> None:
        """Make a child agree with its manifest; no request where it does.

        Raises:
            NotOwned: the name is taken by an object of someone else; it was not touched.
            ChildTerminating: it is taken by a child of a deleted DataService of the same name.
            ParentGone: the DataService does not exist any more; nothing was created.
            ApiError: the API server refused.
        """
        kind, key = kind_of(manifest), _key(manifest)
        live = self.caches.child(kind, key)
        if live is None:
            await self._create(kind, manifest)
            return
        self._own(kind, live)
        if live.deleting:
            return
        await self._hand_over(live)
        if live.digest != digest_of_manifest(manifest):
            logger.info("%s %s/%s is changed to what is wanted", kind.name, *key)
            self._wrote(kind, await apply(self.client, manifest), "apply")

    async def create_once(self, manifest: Manifest) -> str:
        """Create a child that is never changed afterwards, unless it is there; its uid.

        Raises:
            NotOwned, ChildTerminating, ParentGone, ApiError: as `ensure`.
        """
        await self._confirm()
        try:
            raw = await create_once(self.client, manifest)
            self.metrics.writes.labels(manifest["kind"], "create").inc()
        except Conflict:
            raw = await self.client.read(kind_of(manifest).path(*_key(manifest)))
            self._own(kind_of(manifest), observed.child(raw))
        uid: str = raw["metadata"]["uid"]
        return uid

    async def remove(self, kind: Kind, child: observed.Child) -> None:
        if child.belongs_to(self.parent.metadata.name, self.parent.metadata.uid) and not child.deleting:
            logger.info("%s %s/%s is not wanted any more", kind.name, *child.key)
            await delete(self.client, kind, *child.key, child.uid)
            self.metrics.writes.labels(kind.name, "delete").inc()

    async def _create(self, kind: Kind, manifest: Manifest) -> None:
        await self._confirm()
        try:
            raw = await create(self.client, manifest)
        except Conflict:
            await self._adopt(kind, manifest)
            return
        self._wrote(kind, raw, "create")
        scaling = self.parent.spec.autoscaling
        if kind is DEPLOYMENT and scaling and scaling.min_replicas > 1:
            await self._hold(_key(manifest), scaling.min_replicas)

    async def _adopt(self, kind: Kind, manifest: Manifest) -> None:
        """The name is taken, though no watch told: by one of ours that lost its labels, or by a stranger's object."""
        raw = await self.client.read(kind.path(*_key(manifest)))
        live = observed.deployment(raw) if kind is DEPLOYMENT else observed.child(raw)
        self._own(kind, live)
        if not live.deleting:
            await self._hand_over(live)
            self._wrote(kind, await apply(self.client, manifest), "apply")

    async def _hand_over(self, live: observed.Child) -> None:
        """Leave a Deployment's replicas to the autoscaler; 0 would tell it to stay out, and is raised to its least."""
        scaling = self.parent.spec.autoscaling
        if scaling and isinstance(live, observed.Deployment) and (live.owns_replicas or not live.wanted):
            await self._hold(live.key, live.wanted or scaling.min_replicas)

    async def _hold(self, key: tuple[str, str], replicas: int) -> None:
        self._wrote(DEPLOYMENT, await hold_replicas(self.client, *key, replicas), "apply")

    def _wrote(self, kind: Kind, raw: dict[str, Any], verb: str) -> None:
        self.caches.remember(kind, raw)
        self.written.add(kind)
        self.metrics.writes.labels(kind.name, verb).inc()

    def _own(self, kind: Kind, live: observed.Child) -> None:
        name = self.parent.metadata.name
        if live.owner == name and live.controller not in (None, self.parent.metadata.uid):
            message = (
                f"{kind.name} {live.name!r} of a deleted DataService of the same name is still being removed"
            )
            raise ChildTerminating(message)
        if not live.belongs_to(name, self.parent.metadata.uid):
            message = (
                f"{kind.name} {live.name!r} exists and does not belong to this DataService: rename the DataService, "
                f"delete the {kind.name}, or hand it over: kubectl annotate -n {live.namespace} "
                f"{kind.plural} {live.name} {names.OWNER}={name}"
            )
            raise NotOwned(message)

    async def _confirm(self) -> None:
        """Ask, once, whether the DataService still exists before something is created for it.

        A watch may have missed its deletion: children made then would be collected and made again for ever.
        """
        if self._confirmed:
            return
        metadata = self.parent.metadata
        try:
            raw = await self.client.read(DATA_SERVICE.path(metadata.namespace, metadata.name))
        except NotFound as error:
            raise ParentGone(f"{metadata.namespace}/{metadata.name}") from error
        if raw["metadata"]["uid"] != metadata.uid or "deletionTimestamp" in raw["metadata"]:
            raise ParentGone(f"{metadata.namespace}/{metadata.name}")
        self._confirmed = True


def _key(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]
