"""The live objects around the DataServices: one informer a kind, each change turned into a key to reconcile."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.informer import Informer, Pace, Source
from dataservice_operator.cluster.kinds import (
    CHILDREN,
    CONFIG_MAP,
    DEPLOYMENT,
    POD,
    SECRET,
    VOLUME_CLAIM,
    Kind,
)
from dataservice_operator.cluster.picture import Key, Summary
from dataservice_operator.errors import Forbidden, NotFound, NotWatched
from dataservice_operator.reconcile import observed, observed_pod, observed_reference
from dataservice_operator.render import names

_OURS: Final = f"{names.MANAGED_LABEL}={names.MANAGED_BY}"
_OF_OTHERS: Final = f"{names.MANAGED_LABEL}!={names.MANAGED_BY}"


class Caches:
    """Informers of children, pods, Secrets and users' ConfigMaps.

    Args:
        enqueue: called with a DataService's key when something of it changed.
        reference_changed: called with the kind and the key of what a DataService may refer to.
        turned: called when a kind can be watched now and could not before, or the other way round.
    """

    def __init__(
        self,
        client: Client,
        namespaces: Sequence[str],
        pace: Pace,
        enqueue: Callable[[Key], None],
        reference_changed: Callable[[Kind, Key], None],
        turned: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._turned = turned
        self._enqueue = enqueue
        self._reference_changed = reference_changed
        self._scope: tuple[str | None, ...] = tuple(namespaces) or (None,)
        self._pace = pace
        self.deployments: Informer[observed.Deployment] = self._informer(DEPLOYMENT, observed.deployment)
        self.volume_claims: Informer[observed.VolumeClaim] = self._informer(
            VOLUME_CLAIM, observed.volume_claim
        )
        self.children: dict[Kind, Informer[Any]] = {
            **{kind: self._informer(kind, observed.child) for kind in CHILDREN},
            DEPLOYMENT: self.deployments,
            VOLUME_CLAIM: self.volume_claims,
        }
        self.pods = self._informer(POD, observed_pod.pod)
        self.secrets = Informer(
            client,
            Source(SECRET, "", metadata_only=True, namespaces=self._scope, pace=pace),
            observed_reference.secret,
            self._on_secret,
            turned,
        )
        self.config_maps = Informer(
            client,
            Source(
                CONFIG_MAP,
                _OF_OTHERS,
                metadata_only=True,
                namespaces=self._scope,
                pace=pace,
                title="configmaps of users",
            ),
            observed_reference.config_map,
            self._on_config_map,
            turned,
        )
        self._all: dict[Kind, Informer[Any]] = {**self.children, POD: self.pods, SECRET: self.secrets}
        self._informers = (*self._all.values(), self.config_maps)

    def child(self, kind: Kind, key: Key) -> observed.Child | None:
        return self.children[kind].get(key)

    def writing(self, kind: Kind, key: Key) -> AbstractContextManager[Callable[[dict[str, Any]], None]]:
        """Surrounds an own write: see `Informer.writing`."""
        return self._all[kind].writing(key)

    def absent(self, kind: Kind, namespace: str) -> bool:
        """Whether the cluster does not have that kind of child."""
        return isinstance(self._all[kind].obstacle(namespace), NotFound)

    def refusal(self, kind: Kind, namespace: str) -> str | None:
        """The API server's words for the right that is missing to list and watch the kind; None if none is."""
        obstacle = self._all[kind].obstacle(namespace)
        return obstacle.message if isinstance(obstacle, Forbidden) else None

    def require(self, kind: Kind, namespace: str) -> None:
        """Go on only where what is remembered of the kind is true.

        Raises:
            NotWatched: a right is missing.
        """
        refusal = self.refusal(kind, namespace)
        if refusal is not None:
            raise NotWatched(f"the operator may not watch each {kind.name}: {refusal}")

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for informer in self._informers:
                group.create_task(informer.run(), name=f"watch {informer.source.name}")

    async def synced(self) -> None:
        for informer in self._all.values():
            await informer.synced.wait()

    def heard(self) -> dict[str, float]:
        """Monotonic time at which each watch last said something: now, where there cannot be one."""
        now = time.monotonic()
        return {
            informer.source.name: now if informer.blocked() else informer.heard
            for informer in self._informers
        }

    def _informer(self, kind: Kind, summarise: Callable[[dict[str, Any]], Any]) -> Informer[Any]:
        source = Source(kind, _OURS, namespaces=self._scope, pace=self._pace)
        return Informer(self._client, source, summarise, self._on_change, self._turned)

    def _on_change(self, old: Summary | None, new: Summary | None) -> None:
        for group in {summary.group for summary in (old, new) if summary is not None}:
            if group is not None:
                self._enqueue(group)

    def _on_secret(
        self, old: observed_reference.Secret | None, new: observed_reference.Secret | None
    ) -> None:
        self._on_change(old, new)
        for secret in {(known.namespace, known.name) for known in (old, new) if known is not None}:
            self._reference_changed(SECRET, secret)

    def _on_config_map(
        self, old: observed_reference.ConfigMap | None, new: observed_reference.ConfigMap | None
    ) -> None:
        known = new or old
        if known is not None:
            self._reference_changed(CONFIG_MAP, (known.namespace, known.name))
