"""What is remembered of a live object: a digest of what is ours in it, and the few fields that decisions need.

There are seven of these for each DataService: names that they share are stored once (`intern`), and none has a dict.
"""

from dataclasses import dataclass, field
from sys import intern
from typing import Any

from dataservice_operator.cluster.apply import Version
from dataservice_operator.cluster.ownership import FIELD_MANAGER, digest_of_owned, owned, owns_field
from dataservice_operator.cluster.picture import Key
from dataservice_operator.render import names
from dataservice_operator.render.inputs import Claim


@dataclass(frozen=True, slots=True)
class Child:
    """A live object that may belong to a DataService."""

    namespace: str
    name: str
    uid: str
    resource_version: str = field(compare=False)
    """To differ in it alone is no change."""

    instance: str
    """The DataService's name, by label."""

    owner: str | None
    """The DataService's name, by annotation: what hands over an object that nobody controls."""

    controller: str | None
    """uid of the owner reference that controls it."""

    digest: bytes
    deleting: bool

    @property
    def group(self) -> Key:
        return self.namespace, self.instance

    @property
    def key(self) -> Key:
        return self.namespace, self.name

    @property
    def version(self) -> Version:
        """What a write is based on."""
        return Version(self.uid, self.resource_version)

    def belongs_to(self, name: str, uid: str) -> bool:
        """Who controls it decides, also where the annotation was edited away; where nobody does, the annotation."""
        return self.controller == uid or (self.controller is None and self.owner == name)


@dataclass(frozen=True, slots=True)
class VolumeClaim(Child):
    claim: Claim


@dataclass(frozen=True, slots=True)
class Deployment(Child):
    generation: int
    observed_generation: int
    wanted: int
    """spec.replicas"""

    replicas: int
    updated: int
    available: int
    progress: str
    """Reason of the condition Progressing: how far its controller has come with the last roll."""

    failure: str
    """Why its controller can make no pods, empty if it can."""

    paused: bool
    revision: str
    """Number of the last roll, as the Deployment's controller counts; empty before the first."""

    image: str | None
    """As we set it; None where somebody has changed it. So are the next three."""

    image_pin: str | None
    secret_hash: str | None
    cursor_key: str | None
    owns_replicas: bool


@dataclass(frozen=True, slots=True)
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
    exit_reason: str
    """The kubelet's word for how the last run ended, such as Error or OOMKilled; empty if it never ended badly."""

    exit_message: str
    """The last line of the container's last run, cleaned by the service; empty if it never ended badly."""

    unschedulable: str
    """The scheduler's reason, empty if the pod has a node."""

    @property
    def group(self) -> Key:
        return self.namespace, self.instance


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


def child(raw: dict[str, Any]) -> Child:
    return Child(**_child_fields(raw, owned(raw)))


def volume_claim(raw: dict[str, Any]) -> VolumeClaim:
    spec = raw["spec"]
    claim = Claim(
        size=spec["resources"]["requests"]["storage"],
        bound=(raw.get("status") or {}).get("phase") == "Bound",
        storage_class=spec.get("storageClassName")
        if owns_field(raw, FIELD_MANAGER, "spec", "storageClassName")
        else None,
    )
    return VolumeClaim(**_child_fields(raw, owned(raw)), claim=claim)


def deployment(raw: dict[str, Any]) -> Deployment:
    spec, status = raw["spec"], raw.get("status") or {}
    conditions = {condition["type"]: condition for condition in status.get("conditions") or ()}
    ours = owned(raw)
    template = (ours.get("spec") or {}).get("template") or {}
    return Deployment(
        **_child_fields(raw, ours),
        generation=raw["metadata"]["generation"],
        observed_generation=status.get("observedGeneration", 0),
        wanted=spec.get("replicas", 1),
        replicas=status.get("replicas", 0),
        updated=status.get("updatedReplicas", 0),
        available=status.get("availableReplicas", 0),
        progress=conditions.get("Progressing", {}).get("reason", ""),
        failure=_failure(conditions),
        paused=spec.get("paused", False),
        revision=(raw["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision", ""),
        image=_image(template),
        image_pin=_annotation(ours, names.IMAGE_PIN),
        secret_hash=_annotation(template, names.SECRET_HASH),
        cursor_key=_annotation(template, names.CURSOR_KEY_UID),
        owns_replicas=owns_field(raw, FIELD_MANAGER, "spec", "replicas"),
    )


def pod(raw: dict[str, Any]) -> Pod:
    metadata, status = raw["metadata"], raw.get("status") or {}
    conditions = {condition["type"]: condition for condition in status.get("conditions") or ()}
    container = _ours(status.get("containerStatuses"))
    state = container.get("state") or {}
    waiting = state.get("waiting") or {}
    ended = state.get("terminated") or (container.get("lastState") or {}).get("terminated") or {}
    ended = ended if ended.get("exitCode", 0) else {}
    scheduled = conditions.get("PodScheduled", {})
    return Pod(
        namespace=intern(metadata["namespace"]),
        name=intern(metadata["name"]),
        instance=_instance(metadata),
        image=_ours(raw["spec"]["containers"]).get("image", ""),
        ip=status.get("podIP", ""),
        ready=conditions.get("Ready", {}).get("status") == "True",
        running="running" in state,
        deleting="deletionTimestamp" in metadata,
        waiting=waiting.get("reason", ""),
        waiting_message=waiting.get("message", ""),
        exit_reason=ended.get("reason", ""),
        exit_message=_exit_message(ended),
        unschedulable=scheduled.get("message", "") if scheduled.get("reason") == "Unschedulable" else "",
    )


def secret(raw: dict[str, Any]) -> Secret:
    metadata = raw["metadata"]
    return Secret(
        namespace=intern(metadata["namespace"]),
        name=intern(metadata["name"]),
        uid=metadata["uid"],
        instance=_instance(metadata),
        version=metadata["resourceVersion"],
    )


def config_map(raw: dict[str, Any]) -> ConfigMap:
    metadata = raw["metadata"]
    return ConfigMap(intern(metadata["namespace"]), intern(metadata["name"]), metadata["resourceVersion"])


def _child_fields(raw: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    metadata = raw["metadata"]
    references = metadata.get("ownerReferences") or ()
    return {
        "namespace": intern(metadata["namespace"]),
        "name": intern(metadata["name"]),
        "uid": metadata["uid"],
        "resource_version": metadata["resourceVersion"],
        "instance": _instance(metadata),
        "owner": intern((metadata.get("annotations") or {}).get(names.OWNER, "")) or None,
        "controller": next((intern(ref["uid"]) for ref in references if ref.get("controller")), None),
        "digest": digest_of_owned(ours),
        "deleting": "deletionTimestamp" in metadata,
    }


def _annotation(fields: dict[str, Any], name: str) -> str | None:
    text: str | None = ((fields.get("metadata") or {}).get("annotations") or {}).get(name)
    return text


def _image(template: dict[str, Any]) -> str | None:
    containers = (template.get("spec") or {}).get("containers") or ()
    image: str | None = next((each["image"] for each in containers if each.get("image")), None)
    return intern(image) if image else None


def _ours(containers: list[dict[str, Any]] | None) -> dict[str, Any]:
    """The service's container, or what is told of it: others may have added some of theirs."""
    return next((each for each in containers or () if each["name"] == names.CONTAINER), {})


def _instance(metadata: dict[str, Any]) -> str:
    return intern((metadata.get("labels") or {}).get(names.INSTANCE_LABEL, ""))


def _failure(conditions: dict[str, Any]) -> str:
    """A quota, a policy or an admission webhook refuses the pods, or already the ReplicaSet that would make them."""
    pods, progress = conditions.get("ReplicaFailure", {}), conditions.get("Progressing", {})
    message: str = ""
    if pods.get("status") == "True":
        message = pods.get("message", "")
    elif progress.get("reason") == "ReplicaSetCreateError":
        message = progress.get("message", "")
    return message


def _exit_message(ended: dict[str, Any]) -> str:
    if not ended:
        return ""
    lines = [line for line in (ended.get("message") or "").splitlines() if line.strip()]
    cause = lines[-1].strip()[:512] if lines else ended.get("reason", "Error")
    return f"exit code {ended['exitCode']}: {cause}"
