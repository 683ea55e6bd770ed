"""What is remembered of a live child: a digest of what is ours in it, and the few fields that decisions need.

There are several for each DataService: names that they share are stored once (`intern`), and none has a dict.
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


def _child_fields(raw: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    metadata = raw["metadata"]
    references = metadata.get("ownerReferences") or ()
    return {
        "namespace": intern(metadata["namespace"]),
        "name": intern(metadata["name"]),
        "uid": metadata["uid"],
        "resource_version": metadata["resourceVersion"],
        "instance": instance_of(metadata),
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


def instance_of(metadata: dict[str, Any]) -> str:
    """The DataService's name, by label; empty where there is none."""
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
