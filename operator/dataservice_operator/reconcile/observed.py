"""What is remembered of a live object: a digest of what is ours in it, and the few fields that decisions need."""

from dataclasses import dataclass
from typing import Any

from dataservice_operator.cluster.informer import Key
from dataservice_operator.cluster.ownership import FIELD_MANAGER, digest_of_live, owns_field
from dataservice_operator.render import names


@dataclass(frozen=True)
class Child:
    """A live object that may belong to a DataService."""

    namespace: str
    name: str
    uid: str
    instance: str
    """The DataService's name, by label."""

    owner: str | None
    """The DataService's name, by annotation: what hands over an object that nobody controls."""

    controller: str | None
    """uid of the owner reference that controls it."""

    digest: str
    deleting: bool

    @property
    def group(self) -> Key:
        return self.namespace, self.instance

    @property
    def key(self) -> Key:
        return self.namespace, self.name

    def belongs_to(self, name: str, uid: str) -> bool:
        """Who controls it decides, also where the annotation was edited away; where nobody does, the annotation."""
        return self.controller == uid or (self.controller is None and self.owner == name)


@dataclass(frozen=True)
class Deployment(Child):
    generation: int
    observed_generation: int
    wanted: int
    """spec.replicas"""

    replicas: int
    updated: int
    ready: int
    available: int
    failure: str
    """Message of the condition ReplicaFailure, empty if there is none."""

    image_pin: str | None
    secret_hash: str | None
    cursor_key: str | None
    owns_replicas: bool


@dataclass(frozen=True)
class Pod:
    namespace: str
    name: str
    instance: str
    image: str
    ip: str
    ready: bool
    running: bool
    deleting: bool
    waiting: str
    """Why the container waits, such as CrashLoopBackOff; empty if it does not."""

    waiting_message: str
    exit_message: str
    """The last line of the container's last run, cleaned by the service; empty if it never ended badly."""

    unschedulable: str
    """The scheduler's reason, empty if the pod has a node."""

    @property
    def group(self) -> Key:
        return self.namespace, self.instance


@dataclass(frozen=True)
class Secret:
    """A Secret's metadata: its values are read when they are needed."""

    namespace: str
    name: str
    uid: str
    instance: str
    version: str

    @property
    def group(self) -> Key:
        return self.namespace, self.instance


@dataclass(frozen=True, slots=True)
class ConfigMap:
    """A user's ConfigMap: there is one in every namespace at least, so no more than its version is kept."""

    namespace: str
    name: str
    version: str

    @property
    def group(self) -> Key:
        """One for all: nothing looks them up but by their own key."""
        return "", ""


def child(raw: dict[str, Any]) -> Child:
    return Child(**_child_fields(raw))


def deployment(raw: dict[str, Any]) -> Deployment:
    spec, status = raw["spec"], raw.get("status") or {}
    conditions = {condition["type"]: condition for condition in status.get("conditions") or ()}
    failure = conditions.get("ReplicaFailure", {})
    template = spec["template"].get("metadata") or {}
    return Deployment(
        **_child_fields(raw),
        generation=raw["metadata"]["generation"],
        observed_generation=status.get("observedGeneration", 0),
        wanted=spec.get("replicas", 1),
        replicas=status.get("replicas", 0),
        updated=status.get("updatedReplicas", 0),
        ready=status.get("readyReplicas", 0),
        available=status.get("availableReplicas", 0),
        failure=failure.get("message", "") if failure.get("status") == "True" else "",
        image_pin=(raw["metadata"].get("annotations") or {}).get(names.IMAGE_PIN),
        secret_hash=(template.get("annotations") or {}).get(names.SECRET_HASH),
        cursor_key=(template.get("annotations") or {}).get(names.CURSOR_KEY_UID),
        owns_replicas=owns_field(raw, FIELD_MANAGER, "spec", "replicas"),
    )


def pod(raw: dict[str, Any]) -> Pod:
    metadata, status = raw["metadata"], raw.get("status") or {}
    conditions = {condition["type"]: condition for condition in status.get("conditions") or ()}
    container: dict[str, Any] = next(iter(status.get("containerStatuses") or ()), {})
    state = container.get("state") or {}
    waiting = state.get("waiting") or {}
    ended = (container.get("lastState") or {}).get("terminated") or state.get("terminated") or {}
    scheduled = conditions.get("PodScheduled", {})
    return Pod(
        namespace=metadata["namespace"],
        name=metadata["name"],
        instance=_instance(metadata),
        image=raw["spec"]["containers"][0]["image"],
        ip=status.get("podIP", ""),
        ready=conditions.get("Ready", {}).get("status") == "True",
        running="running" in state,
        deleting="deletionTimestamp" in metadata,
        waiting=waiting.get("reason", ""),
        waiting_message=waiting.get("message", ""),
        exit_message=_exit_message(ended),
        unschedulable=scheduled.get("message", "") if scheduled.get("reason") == "Unschedulable" else "",
    )


def secret(raw: dict[str, Any]) -> Secret:
    metadata = raw["metadata"]
    return Secret(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        instance=_instance(metadata),
        version=metadata["resourceVersion"],
    )


def config_map(raw: dict[str, Any]) -> ConfigMap:
    metadata = raw["metadata"]
    return ConfigMap(metadata["namespace"], metadata["name"], metadata["resourceVersion"])


def _child_fields(raw: dict[str, Any]) -> dict[str, Any]:
    metadata = raw["metadata"]
    references = metadata.get("ownerReferences") or ()
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "instance": _instance(metadata),
        "owner": (metadata.get("annotations") or {}).get(names.OWNER),
        "controller": next((ref["uid"] for ref in references if ref.get("controller")), None),
        "digest": digest_of_live(raw),
        "deleting": "deletionTimestamp" in metadata,
    }


def _instance(metadata: dict[str, Any]) -> str:
    label: str = (metadata.get("labels") or {}).get(names.INSTANCE_LABEL, "")
    return label


def _exit_message(ended: dict[str, Any]) -> str:
    if not ended or ended.get("exitCode", 0) == 0:
        return ""
    lines = [line for line in (ended.get("message") or "").splitlines() if line.strip()]
    cause = lines[-1].strip()[:512] if lines else ended.get("reason", "Error")
    return f"exit code {ended['exitCode']}: {cause}"
