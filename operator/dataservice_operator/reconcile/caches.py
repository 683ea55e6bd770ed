"""The live objects around the DataServices: one informer a kind, each change turned into a key to reconcile."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.informer import Informer, Key, Source, Summary
from dataservice_operator.cluster.kinds import CHILDREN, CONFIG_MAP, DEPLOYMENT, POD, SECRET, Kind
from dataservice_operator.reconcile import observed
from dataservice_operator.render import names

_OURS: Final = f"{names.MANAGED_LABEL}={names.MANAGED_BY}"
_OF_OTHERS: Final = f"{names.MANAGED_LABEL}!={names.MANAGED_BY}"


class Caches:
    """Informers of children, pods, Secrets and users' ConfigMaps.

    Args:
        enqueue: called with a DataService's key when something of it changed.
        reference_changed: called with the kind and the key of what a DataService may refer to.
    """

    def __init__(
        self,
        client: Client,
        namespaces: Sequence[str],
        silence_seconds: float,
        enqueue: Callable[[Key], None],
        reference_changed: Callable[[Kind, Key], None],
    ) -> None:
        self._client = client
        self._enqueue = enqueue
        self._reference_changed = reference_changed
        self._scope: tuple[str | None, ...] = tuple(namespaces) or (None,)
        self._silence = silence_seconds
        self.children: dict[Kind, Informer[observed.Child]] = {
            kind: self._informer(kind, observed.child) for kind in CHILDREN if kind is not DEPLOYMENT
        }
        self.deployments = self._informer(DEPLOYMENT, observed.deployment)
        self.pods = self._informer(POD, observed.pod)
        self.secrets = Informer(
            client,
            Source(SECRET, "", metadata_only=True, namespaces=self._scope, silence_seconds=silence_seconds),
            observed.secret,
            self._on_secret,
        )
        self.config_maps = Informer(
            client,
            Source(
                CONFIG_MAP,
                _OF_OTHERS,
                metadata_only=True,
                namespaces=self._scope,
                silence_seconds=silence_seconds,
                title="configmaps of users",
            ),
            observed.config_map,
            self._on_config_map,
        )

    def child(self, kind: Kind, key: Key) -> observed.Child | None:
        return self.deployments.get(key) if kind is DEPLOYMENT else self.children[kind].get(key)

    def remember(self, kind: Kind, raw: dict[str, Any]) -> None:
        (self.deployments if kind is DEPLOYMENT else self.children[kind]).remember(raw)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for informer in self._all():
                group.create_task(informer.run(), name=f"watch {informer.source.name}")

    async def synced(self) -> None:
        for informer in self._all():
            await informer.synced.wait()

    def heard(self) -> dict[str, float]:
        """Monotonic time at which each watch last said something."""
        return {informer.source.name: informer.heard for informer in self._all()}

    def _all(self) -> tuple[Informer[Any], ...]:
        return (*self.children.values(), self.deployments, self.pods, self.secrets, self.config_maps)

    def _informer(self, kind: Kind, summarise: Callable[[dict[str, Any]], Any]) -> Informer[Any]:
        source = Source(kind, _OURS, namespaces=self._scope, silence_seconds=self._silence)
        return Informer(self._client, source, summarise, self._on_change)

    def _on_change(self, old: Summary | None, new: Summary | None) -> None:
        for group in {summary.group for summary in (old, new) if summary is not None}:
            self._enqueue(group)

    def _on_secret(self, old: observed.Secret | None, new: observed.Secret | None) -> None:
        self._on_change(old, new)
        for secret in {(known.namespace, known.name) for known in (old, new) if known is not None}:
            self._reference_changed(SECRET, secret)

    def _on_config_map(self, old: observed.ConfigMap | None, new: observed.ConfigMap | None) -> None:
        known = new or old
        if known is not None:
            self._reference_changed(CONFIG_MAP, (known.namespace, known.name))
