"""`suspend` and `resume`: whether the operator writes to the children."""

from pathlib import Path

from kubectl_dataservice.cluster.connect import connect
from kubectl_dataservice.cluster.data_services import change, find, named
from kubectl_dataservice.options import Context, Kubeconfig, Name, Namespace
from kubectl_dataservice.output import say


def suspend(
    name: Name, namespace: Namespace = None, context: Context = None, kubeconfig: Kubeconfig = None
) -> None:
    """Leave the children as they are, whatever the spec says.

    The pods go on serving. Where a GitOps tool applies the DataService, set spec.suspend in its
    source instead: the tool would put it back.

    \b
    Example:
      kubectl dataservice suspend orders -n shop
    """
    _set(name, namespace, context, kubeconfig, suspended=True)


def resume(
    name: Name, namespace: Namespace = None, context: Context = None, kubeconfig: Kubeconfig = None
) -> None:
    """Let the operator keep the children again.

    \b
    Example:
      kubectl dataservice resume orders -n shop
    """
    _set(name, namespace, context, kubeconfig, suspended=False)


def _set(
    name: str, namespace: str | None, context: str | None, kubeconfig: Path | None, *, suspended: bool
) -> None:
    cluster = connect(namespace, context, kubeconfig)
    raw = find(cluster, name)
    done = "suspended" if suspended else "resumed"
    if bool(raw["spec"].get("suspend")) is suspended:
        say(f"{named(raw)} {done} already")
        return
    change(cluster, raw, {"spec": {"suspend": suspended}})
    say(f"{named(raw)} {done}")
