"""Removes children that the spec does not ask for any more."""

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.kinds import CONFIG_MAP, OPTIONAL, REPLICA_SET, kind_of
from dataservice_operator.cluster.picture import Key
from dataservice_operator.reconcile import observed
from dataservice_operator.reconcile.caches import Caches
from dataservice_operator.reconcile.parents import Raw
from dataservice_operator.reconcile.writer import Writer
from dataservice_operator.render import names
from dataservice_operator.render.children import Children


class Pruner:
    def __init__(self, client: Client, caches: Caches) -> None:
        self._client = client
        self._caches = caches
        self._looked_at: dict[Key, str] = {}
        """The Deployment's revision at which the ConfigMaps in use were last looked up: only a roll changes them."""

    async def prune(self, writer: Writer, wanted: Children) -> None:
        """Remove children that were switched off, and ConfigMaps that no ReplicaSet names any more.

        Of a kind that is not watched nothing is removed: what is remembered of it may be of long ago.
        """
        key = (writer.parent.metadata.namespace, writer.parent.metadata.name)
        asked_for = {kind_of(manifest) for manifest in wanted.manifests()}
        for kind in OPTIONAL:
            if kind not in asked_for and self._caches.children[kind].obstacle(key[0]) is None:
                for child in self._caches.children[kind].group(key):
                    await writer.remove(kind, child)
        current = wanted.config_map["metadata"]["name"]
        old = [known for known in self._caches.children[CONFIG_MAP].group(key) if known.name != current]
        live = self._caches.deployments.get(key)
        if old and live is not None and _rolled(live) and self._looked_at.get(key) != live.revision:
            await self._prune_config_maps(writer, key, old)
            if live.revision:
                self._looked_at[key] = live.revision

    def forget(self, key: Key) -> None:
        self._looked_at.pop(key, None)

    async def _prune_config_maps(self, writer: Writer, key: Key, old: list[observed.Child]) -> None:
        mounted = await self._mounted(key)
        for config_map in old:
            if config_map.name not in mounted:
                await writer.remove(CONFIG_MAP, config_map)

    async def _mounted(self, key: Key) -> frozenset[str]:
        """ConfigMaps that a ReplicaSet names: a roll back to it must find them."""
        namespace, name = key
        selector = ",".join(f"{label}={value}" for label, value in names.selector(name).items())
        mounted: set[str] = set()

        def take(replica_set: Raw) -> None:
            volumes = replica_set["spec"]["template"]["spec"].get("volumes") or ()
            mounted.update(volume["configMap"]["name"] for volume in volumes if "configMap" in volume)

        await self._client.list(REPLICA_SET.path(namespace), take, labelSelector=selector)
        return frozenset(mounted)


def _rolled(live: observed.Deployment) -> bool:
    return live.observed_generation == live.generation and live.updated == live.replicas
