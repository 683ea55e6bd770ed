"""What is remembered of a pod: whether it answers, and what it waits for or ended with."""

from collections.abc import Iterable
from dataclasses import dataclass
from sys import intern
from typing import Any

from dataservice_operator.cluster.picture import Key
from dataservice_operator.reconcile.observed import instance_of
from dataservice_operator.render import names


@dataclass(frozen=True, slots=True)
class Pod:
    namespace: str
    name: str
    instance: str
    template: str
    """The Deployment controller's hash of the template that it was made from."""

    created: str
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


def newest(pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """Those that stay and are of the template that was used last, by name: what older ones wait for ends with them."""
    known = sorted((pod for pod in pods if not pod.deleting), key=lambda pod: pod.name)
    last = max(known, key=lambda pod: pod.created, default=None)
    return tuple(pod for pod in known if last is not None and pod.template == last.template)


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
        instance=instance_of(metadata),
        template=intern((metadata.get("labels") or {}).get("pod-template-hash", "")),
        created=metadata.get("creationTimestamp", ""),
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


def _ours(containers: list[dict[str, Any]] | None) -> dict[str, Any]:
    """The service's container, or what is told of it: others may have added some of theirs."""
    return next((each for each in containers or () if each["name"] == names.CONTAINER), {})


def _exit_message(ended: dict[str, Any]) -> str:
    if not ended:
        return ""
    lines = [line for line in (ended.get("message") or "").splitlines() if line.strip()]
    cause = lines[-1].strip()[:512] if lines else ended.get("reason", "Error")
    return f"exit code {ended['exitCode']}: {cause}"
