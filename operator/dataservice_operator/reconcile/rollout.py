"""How far a Deployment is, whether its pods answer, and what they wait for."""

from typing import Final

from dataservice_operator.crd.resource import DataService
from dataservice_operator.reconcile.observed import Deployment
from dataservice_operator.reconcile.observed_pod import Pod, newest
from dataservice_operator.reconcile.problem import Problem
from dataservice_operator.render import names

_ROLLED: Final = ("NewReplicaSetAvailable", "DeploymentPaused")
"""The Deployment controller's words while it replaces no pod; the first stays, whatever befalls the pods later."""

_IMAGE: Final = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
_CONTAINER: Final = ("CreateContainerConfigError", "CreateContainerError")


def roll(parent: DataService, deployment: Deployment | None, *, settled: bool = False) -> Problem | None:
    """What is left of replacing pods by those of the last spec; None when no older one is there any more.

    `settled` says that this spec was ready before and nothing was written since: under autoscaling, a generation
    that the Deployment's controller has not seen yet is then the autoscaler's, which scales pods and rolls none.
    """
    if deployment is None:
        return Problem("Creating", "the Deployment is not there yet")
    scaled = settled and parent.spec.autoscaling is not None
    if deployment.observed_generation < deployment.generation and not scaled:
        return Problem("RollingOut", "the Deployment has just been changed")
    if deployment.replicas == deployment.updated and deployment.progress in _ROLLED:
        return None
    if deployment.paused:
        resume = f"kubectl rollout resume -n {deployment.namespace} deployment/{deployment.name}"
        return Problem("Paused", f"somebody has paused the Deployment: {resume}")
    return Problem(
        "RollingOut",
        f"{min(deployment.updated, deployment.wanted)} of {deployment.wanted} pods are up to date; "
        f"of {deployment.replicas} in all, {deployment.available} answer requests",
    )


def rollout(
    parent: DataService, deployment: Deployment | None, pods: tuple[Pod, ...] | None, *, settled: bool = False
) -> Problem | None:
    """What is still to come; None when the pods that the spec asks for are there and answer.

    `settled` as in `roll`; `pods` are None where they cannot be seen.
    """
    rolling = roll(parent, deployment, settled=settled)
    if deployment is None:
        return rolling
    behind = deployment.observed_generation < deployment.generation
    if rolling and behind:  # for ever, where its controller may make no ReplicaSet
        return _refused(deployment) or rolling
    needed = _needed(parent, deployment)
    rolled = deployment.updated >= needed and deployment.replicas == deployment.updated
    answer = answering(deployment, pods)
    if rolled and answer >= needed:
        return None
    return (
        _refused(deployment)
        or _cause(pods or ())
        or rolling
        or Problem("PodsNotReady", f"{answer} of {deployment.wanted} pods answer requests")
    )


def answering(deployment: Deployment, pods: tuple[Pod, ...] | None) -> int:
    """Pods that answer requests: the Deployment's count is as old as its controller's last look at them."""
    if pods is None:
        return deployment.available
    return min(deployment.available, sum(pod.ready and not pod.deleting for pod in pods))


def _needed(parent: DataService, deployment: Deployment) -> int:
    """Pods that must answer. An autoscaler adding some must not make a service that works look unready."""
    autoscaling = parent.spec.autoscaling
    return min(deployment.wanted, autoscaling.min_replicas) if autoscaling else deployment.wanted


def _refused(deployment: Deployment) -> Problem | None:
    if not deployment.failure:
        return None
    reason = "QuotaExceeded" if "exceeded quota" in deployment.failure else "PodsRefused"
    return Problem(reason, deployment.failure)


def _cause(pods: tuple[Pod, ...]) -> Problem | None:
    for pod in newest(pods):
        problem = None if pod.ready else _cause_of(pod)
        if problem is not None:
            return problem
    return None


def _cause_of(pod: Pod) -> Problem | None:
    if "volume" in pod.unschedulable.lower():
        claim = f"persistentvolumeclaim {names.volume_claim(pod.instance)} -n {pod.namespace}"
        message = f"pod {pod.name} waits for its volume: {pod.unschedulable}: see kubectl describe {claim}"
        return Problem("VolumeUnavailable", message)
    if pod.unschedulable:
        return Problem("Unschedulable", f"no node takes pod {pod.name}: {pod.unschedulable}")
    return _cause_in_container(pod)


def _cause_in_container(pod: Pod) -> Problem | None:
    if pod.waiting in _IMAGE:
        message = f"the image {pod.image!r} cannot be pulled: check its name and the right to pull it"
        return Problem("ImagePullFailed", message)
    if pod.waiting in _CONTAINER:
        return Problem("ContainerConfigError", f"the container cannot be made: {pod.waiting_message}")
    if pod.exit_reason == "OOMKilled":
        message = "the container ends for want of memory: raise spec.resources.limits.memory"
        return Problem("OOMKilled", message)
    if pod.waiting in ("CrashLoopBackOff", "RunContainerError") or pod.exit_message:
        return Problem("CrashLoop", f"the container ends: {pod.exit_message or pod.waiting_message}")
    return None
