"""What is remembered of the Secrets and ConfigMaps that a DataService may refer to: that they are there."""

from dataclasses import dataclass
from sys import intern
from typing import Any

from dataservice_operator.cluster.picture import Key
from dataservice_operator.reconcile.observed import instance_of


@dataclass(frozen=True, slots=True)
class Secret:
    """A Secret's metadata: its values are read when they are needed."""

    namespace: str
    name: str
    uid: str
    instance: str
    version: str

    @property
    def group(self) -> Key | None:
        return (self.namespace, self.instance) if self.instance else None


@dataclass(frozen=True, slots=True)
class ConfigMap:
    """A user's ConfigMap: there is one in every namespace at least, so no more than its version is kept."""

    namespace: str
    name: str
    version: str

    @property
    def group(self) -> None:
        """None looks them up but by their own key."""


def secret(raw: dict[str, Any]) -> Secret:
    metadata = raw["metadata"]
    return Secret(
        namespace=intern(metadata["namespace"]),
        name=intern(metadata["name"]),
        uid=metadata["uid"],
        instance=instance_of(metadata),
        version=metadata["resourceVersion"],
    )


def config_map(raw: dict[str, Any]) -> ConfigMap:
    metadata = raw["metadata"]
    return ConfigMap(intern(metadata["namespace"]), intern(metadata["name"]), metadata["resourceVersion"])
