"""Removes children that the spec does not ask for any more."""

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.informer import Key
from dataservice_operator.cluster.kinds import CONFIG_MAP, OPTIONAL, REPLICA_SET, kind_of
from dataservice_operator.reconcile.caches import Caches
from dataservice_operator.reconcile.writer import Writer
from dataservice_operator.render import names
from dataservice_operator.render.children import Children


async def prune(client: Client, caches: Caches, writer: Writer, wanted: Children) -> None:
    """Remove children that were switched off, and ConfigMaps that no ReplicaSet names any more.

    Of a kind that is not watched nothing is removed: what is remembered of it may be of long ago.
    """
    key = (writer.parent.metadata.namespace, writer.parent.metadata.name)
    asked_for = {kind_of(manifest) for manifest in wanted.manifests()}
    for kind in OPTIONAL:
        if kind not in asked_for and caches.children[kind].obstacle(key[0]) is None:
            for child in caches.children[kind].group(key):
                await writer.remove(kind, child)
    current = wanted.config_map["metadata"]["name"]
    old = [known for known in caches.children[CONFIG_MAP].group(key) if known.name != current]
    if not old or not _rolled(caches, key):
        return
    mounted = await _mounted(client, key)
    for config_map in old:
        if config_map.name not in mounted:
            await writer.remove(CONFIG_MAP, config_map)


def _rolled(caches: Caches, key: Key) -> bool:
    live = caches.deployments.get(key)
    return live is not None and live.observed_generation == live.generation and live.updated == live.replicas


async def _mounted(client: Client, key: Key) -> frozenset[str]:
    """ConfigMaps that a ReplicaSet names: a roll back to it must find them."""
    namespace, name = key
    selector = ",".join(f"{label}={value}" for label, value in names.selector(name).items())
    answer = await client.read(REPLICA_SET.path(namespace), labelSelector=selector)
    return frozenset(
        volume["configMap"]["name"]
        for replica_set in answer.get("items") or ()
        for volume in replica_set["spec"]["template"]["spec"].get("volumes") or ()
        if "configMap" in volume
    )
