"""How far a Deployment is, and what its pods wait for."""

from typing import Final

from dataservice_operator.crd.resource import DataService
from dataservice_operator.reconcile.observed import Deployment, Pod
from dataservice_operator.reconcile.problem import Problem
from dataservice_operator.render import names

_IMAGE: Final = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")


def rollout(
    parent: DataService, deployment: Deployment | None, pods: tuple[Pod, ...], *, settled: bool = False
) -> Problem | None:
    """What is still to come; None when the pods that the spec asks for are there and answer.

    `settled` says that this spec was ready before and nothing was written since: under autoscaling, a generation
    that the Deployment's controller has not seen yet is then the autoscaler's, which scales pods and rolls none.
    """
    if deployment is None:
        return Problem("Creating", "the Deployment is not there yet")
    scaled = settled and parent.spec.autoscaling is not None
    if deployment.observed_generation < deployment.generation and not scaled:
        return Problem("RollingOut", "the Deployment has just been changed")
    needed = _needed(parent, deployment)
    rolled = deployment.updated >= needed and deployment.replicas == deployment.updated
    if rolled and deployment.available >= needed:
        return None
    return _cause(deployment, pods) or Problem(
        "RollingOut",
        f"{min(deployment.updated, deployment.wanted)} of {deployment.wanted} pods are up to date; "
        f"of {deployment.replicas} in all, {deployment.available} answer requests",
    )


def _needed(parent: DataService, deployment: Deployment) -> int:
    """Pods that must answer. An autoscaler adding some must not make a service that works look unready."""
    autoscaling = parent.spec.autoscaling
    return min(deployment.wanted, autoscaling.min_replicas) if autoscaling else deployment.wanted


def _cause(deployment: Deployment, pods: tuple[Pod, ...]) -> Problem | None:
    if deployment.failure:
        reason = "QuotaExceeded" if "exceeded quota" in deployment.failure else "PodsRefused"
        return Problem(reason, deployment.failure)
    for pod in sorted(pods, key=lambda pod: pod.name):
        problem = None if pod.ready or pod.deleting else _cause_of(pod)
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
    if pod.waiting in _IMAGE:
        message = f"the image {pod.image!r} cannot be pulled: check its name and the right to pull it"
        return Problem("ImagePullFailed", message)
    if pod.waiting == "CreateContainerConfigError":
        return Problem("ContainerConfigError", pod.waiting_message)
    if pod.waiting in ("CrashLoopBackOff", "RunContainerError") or pod.exit_message:
        return Problem("CrashLoop", f"the container ends: {pod.exit_message or pod.waiting_message}")
    return None
