"""The writes of one reconcile: each child created, repaired or left alone."""

import logging
from collections.abc import Awaitable
from dataclasses import dataclass, field

from dataservice_operator.cluster.apply import Version, apply, create, create_once, delete, hold_replicas
from dataservice_operator.cluster.client import METADATA_OF_ONE, Client
from dataservice_operator.cluster.kinds import DATA_SERVICE, DEPLOYMENT, Kind, kind_of
from dataservice_operator.cluster.ownership import digest_of_manifest
from dataservice_operator.cluster.picture import Key
from dataservice_operator.crd.resource import DataService
from dataservice_operator.errors import ChildTerminating, Conflict, NotFound, NotOwned, ParentGone, Suspended
from dataservice_operator.reconcile import observed
from dataservice_operator.reconcile.caches import Caches
from dataservice_operator.reconcile.metrics import Metrics
from dataservice_operator.reconcile.parents import Raw
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
    settled: bool = False
    """Whether all that the children are made from is what it was when they were last written."""

    confirmed: bool = False
    """Whether the DataService is known to exist, or a status that must be written will tell."""

    written: set[Kind] = field(default_factory=set, init=False)
    """Kinds of which something was written."""

    async def ensure(self, manifest: Manifest) -> str:
        """Make a child agree with its manifest; no request where it does. Returns its uid.

        Raises:
            Suspended: it does not agree, and nothing is to be written.
            NotOwned: the name is taken by an object of someone else; it was not touched.
            ChildTerminating: it is taken by a child of a deleted DataService of the same name.
            NotWatched: what is live is not known, since a right is missing; nothing was written.
            ParentGone: the DataService does not exist any more; nothing was created.
            Conflict: somebody wrote it meanwhile, and it was not touched.
            ApiError: the API server refused.
        """
        kind, key = kind_of(manifest), _key(manifest)
        self.caches.require(kind, key[0])
        live = self.caches.child(kind, key)
        if live is None:
            return await self._create(kind, manifest)
        self._own(kind, live)
        if live.deleting:
            return live.uid
        seen = await self._hand_over(live)
        if live.digest != digest_of_manifest(manifest):
            self._active(kind, key)
            logger.info("%s %s/%s is changed to what is wanted", kind.name, *key)
            await self._write(kind, key, apply(self.client, manifest, seen), "apply")
        return live.uid

    async def create_once(self, manifest: Manifest) -> str:
        """Create a child that is never changed afterwards, unless it is there; its uid.

        Raises:
            NotOwned, ChildTerminating, Suspended, ParentGone, ApiError: as `ensure`.
        """
        kind, key = kind_of(manifest), _key(manifest)
        self._active(kind, key)
        await self._confirm()
        try:
            return (await self._write(kind, key, create_once(self.client, manifest), "create")).uid
        except Conflict:
            live = observed.child(await self.client.read(kind.path(*key)))
            self._own(kind, live, controller=manifest["metadata"]["ownerReferences"][0]["uid"])
            return live.uid

    async def remove(self, kind: Kind, child: observed.Child) -> None:
        if child.belongs_to(self.parent.metadata.name, self.parent.metadata.uid) and not child.deleting:
            self._active(kind, child.key)
            logger.info("%s %s/%s is not wanted any more", kind.name, *child.key)
            await delete(self.client, kind, *child.key, child.version)
            self.metrics.writes.labels(kind.name, "delete").inc()

    async def _create(self, kind: Kind, manifest: Manifest) -> str:
        self._active(kind, _key(manifest))
        await self._confirm()
        try:
            made = await self._write(kind, _key(manifest), create(self.client, manifest), "create")
        except Conflict:
            return await self._adopt(kind, manifest)
        scaling = self.parent.spec.autoscaling
        if kind is DEPLOYMENT and scaling and scaling.min_replicas > 1:
            await self._hold(_key(manifest), scaling.min_replicas, made)
        return made.uid

    async def _adopt(self, kind: Kind, manifest: Manifest) -> str:
        """The name is taken, though no watch told: by one of ours that lost its labels, or by a stranger's object."""
        raw = await self.client.read(kind.path(*_key(manifest)))
        live = observed.deployment(raw) if kind is DEPLOYMENT else observed.child(raw)
        self._own(kind, live)
        if not live.deleting:
            seen = await self._hand_over(live)
            await self._write(kind, live.key, apply(self.client, manifest, seen), "apply")
        return live.uid

    async def _hand_over(self, live: observed.Child) -> Version:
        """Leave a Deployment's replicas to the autoscaler; 0 would tell it to stay out, and is raised to its least.

        Returns the version that the object has then.
        """
        scaling = self.parent.spec.autoscaling
        if scaling and isinstance(live, observed.Deployment) and (live.owns_replicas or not live.wanted):
            return await self._hold(live.key, live.wanted or scaling.min_replicas, live.version)
        return live.version

    async def _hold(self, key: Key, replicas: int, seen: Version) -> Version:
        self._active(DEPLOYMENT, key)
        return await self._write(DEPLOYMENT, key, hold_replicas(self.client, *key, replicas, seen), "apply")

    async def _write(self, kind: Kind, key: Key, write: Awaitable[Raw], verb: str) -> Version:
        """Returns the version that the object has then."""
        with self.caches.writing(kind, key) as remember:
            raw = await write
            remember(raw)
        self.written.add(kind)
        self.metrics.writes.labels(kind.name, verb).inc()
        if self.settled:
            self.metrics.repairs.labels(kind.name).inc()
        return Version.of(raw)

    def _active(self, kind: Kind, key: Key) -> None:
        if self.parent.spec.suspend:
            message = f"spec.suspend is true: {kind.name} {key[1]!r} is left as it is, which is not as the spec asks"
            raise Suspended(message)

    def _own(self, kind: Kind, live: observed.Child, controller: str | None = None) -> None:
        name, controller = self.parent.metadata.name, controller or self.parent.metadata.uid
        if live.owner == name and live.controller not in (None, controller):
            message = (
                f"{kind.name} {live.name!r} of a deleted DataService of the same name is still being removed"
            )
            raise ChildTerminating(message)
        if not live.belongs_to(name, controller):
            message = (
                f"{kind.name} {live.name!r} exists and does not belong to this DataService: rename the DataService, "
                f"delete the {kind.name}, or hand it over: kubectl annotate -n {live.namespace} "
                f"{kind.plural} {live.name} {names.OWNER}={name}"
            )
            raise NotOwned(message)

    async def _confirm(self) -> None:
        """Ask, once, whether the DataService still exists before something is created for it.

        A watch may have missed its deletion: children made then would be collected and made again, with no status to
        write that would tell. So the answer may be as old as what the watch told last, but comes from elsewhere.
        """
        if self.confirmed:
            return
        metadata = self.parent.metadata
        try:
            raw = await self.client.read(
                DATA_SERVICE.path(metadata.namespace, metadata.name),
                accept=METADATA_OF_ONE,
                resourceVersion=metadata.resource_version,
            )
        except NotFound as error:
            raise ParentGone(f"{metadata.namespace}/{metadata.name}") from error
        if raw["metadata"]["uid"] != metadata.uid or "deletionTimestamp" in raw["metadata"]:
            raise ParentGone(f"{metadata.namespace}/{metadata.name}")
        self.confirmed = True


def _key(manifest: Manifest) -> Key:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]
