"""`restart`: new pods, one after the other, by the operator's own rolling update."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from dataservice_operator.render.names import RESTARTED_AT
from kubectl_dataservice.cluster.client import Cluster
from kubectl_dataservice.cluster.connect import connect
from kubectl_dataservice.cluster.data_services import change, find, named
from kubectl_dataservice.cluster.kinds import DEPLOYMENT
from kubectl_dataservice.durations import seconds
from kubectl_dataservice.errors import Exit, Problem
from kubectl_dataservice.options import Context, Kubeconfig, Name, Namespace, Timeout
from kubectl_dataservice.output import say
from kubectl_dataservice.state import state
from kubectl_dataservice.waiting import Look, wait

Wait = Annotated[bool, typer.Option("--wait", help="Wait until all pods are new and answer.")]


def restart(
    name: Name,
    namespace: Namespace = None,
    *,
    wait: Wait = False,
    timeout: Timeout = "5m",
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Replace all pods by new ones, without a gap in service.

    It sets the annotation dataservice.dev/restartedAt, which no GitOps tool puts back unless it is in its source.

    \b
    Example:
      kubectl dataservice restart orders -n shop --wait
    """
    patience = seconds(timeout)
    cluster = connect(namespace, context, kubeconfig)
    raw = find(cluster, name)
    if raw["spec"].get("suspend"):
        advice = f"kubectl dataservice resume {name} -n {cluster.namespace}"
        raise Problem(f"DataService {name!r} is suspended, and would not be restarted: {advice}", Exit.NO)
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    change(cluster, raw, {"metadata": {"annotations": {RESTARTED_AT: stamp}}})
    say(f"{named(raw)} restarted")
    if wait:
        _wait(cluster, name, stamp, patience)
        say(f"{named(raw)} rolled out")


def _wait(cluster: Cluster, name: str, stamp: str, timeout: int) -> None:
    seen = wait(lambda: _look(cluster, name, stamp), timeout)
    if seen.hopeless:
        raise Problem(f"DataService {name!r} is stalled: {seen.told}", Exit.NO)


def _look(cluster: Cluster, name: str, stamp: str) -> Look:
    parent = state(find(cluster, name))
    why = f"{parent.reason}: {parent.message or parent.meaning}"
    deployment = _deployment(cluster, name)
    if deployment is None or _stamped(deployment) != stamp:
        return Look(done=False, hopeless=False, told=f"the operator has not acted yet; {why}")
    if parent.stalled:
        return Look(done=False, hopeless=True, told=why)
    told, rolled = _roll(deployment)
    return Look(done=rolled and parent.ready, hopeless=False, told=told)


def _deployment(cluster: Cluster, name: str) -> dict[str, Any] | None:
    try:
        return cluster.get(DEPLOYMENT, cluster.namespace, name)
    except Problem as problem:
        if problem.exit_code is not Exit.NOT_FOUND:
            raise
        return None


def _stamped(deployment: dict[str, Any]) -> str | None:
    annotations = deployment["spec"]["template"]["metadata"].get("annotations") or {}
    stamp: str | None = annotations.get(RESTARTED_AT)
    return stamp


def _roll(deployment: dict[str, Any]) -> tuple[str, bool]:
    """How far it is, and whether that is the end."""
    status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    seen = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    updated, every = status.get("updatedReplicas", 0), status.get("replicas", 0)
    available = status.get("availableReplicas", 0)
    done = seen and updated >= wanted and every == updated and available >= wanted
    return (
        f"{min(updated, wanted) if seen else 0} of {wanted} pods are new, {available} answer requests",
        done,
    )
