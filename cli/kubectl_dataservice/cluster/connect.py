"""Where the cluster is and who we are: as kubectl finds it, or a pod's service account."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kubectl_dataservice.cluster.client import Cluster
from kubectl_dataservice.errors import Exit, Problem

_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def connect(
    namespace: str | None = None,
    context: str | None = None,
    kubeconfig: Path | None = None,
    *,
    seconds: float = 30.0,
) -> Cluster:
    """A client for the cluster that is meant; nothing is sent yet. `seconds` is the patience with each answer.

    Raises:
        Problem: no cluster is named, or the kubeconfig is broken.
    """
    # Here and nowhere else: half a second, which a verb that needs no cluster, or --help, need not wait for.
    import urllib3  # noqa: PLC0415
    from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415

    urllib3.disable_warnings(
        urllib3.exceptions.InsecureRequestWarning
    )  # as kubectl, where the kubeconfig says so
    configuration = Configuration()
    # As client-go: many clusters' CAs lack extensions that Python asks for since 3.13.
    configuration.disable_strict_ssl_verification = True
    configuration.retries = False
    if kubeconfig is None and context is None and _in_a_pod():
        return Cluster(ApiClient(configuration), _own_namespace(configuration, namespace), seconds)
    chosen = _from_kubeconfig(configuration, kubeconfig, context)
    own = (chosen.get("context") or {}).get("namespace")
    where = f"context {chosen.get('name')!r}"
    return Cluster(ApiClient(configuration), namespace or own or "default", seconds, where)


def _in_a_pod() -> bool:
    return (
        "KUBERNETES_SERVICE_HOST" in os.environ
        and "KUBECONFIG" not in os.environ
        and not _default_kubeconfig().exists()
    )


def _own_namespace(configuration: Any, namespace: str | None) -> str:
    from kubernetes.config import ConfigException, load_incluster_config  # noqa: PLC0415

    try:
        load_incluster_config(configuration)
        return namespace or (_SERVICE_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
    except (ConfigException, OSError) as error:
        raise Problem(f"no cluster: {error} Set KUBECONFIG", Exit.UNREACHABLE) from error


def _from_kubeconfig(configuration: Any, file: Path | None, context: str | None) -> Mapping[str, Any]:
    """Load it; returns the context that is used."""
    import yaml  # noqa: PLC0415
    from kubernetes.config import ConfigException, list_kube_config_contexts, load_kube_config  # noqa: PLC0415

    files = str(file) if file else os.environ.get("KUBECONFIG") or str(_default_kubeconfig())
    _exists(files)
    try:
        contexts, current = list_kube_config_contexts(files)
        load_kube_config(files, context=context, client_configuration=configuration)
    except ConfigException as error:
        raise Problem(_told(str(error), files, context), Exit.UNREACHABLE) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Problem(f"the kubeconfig {files} cannot be read: {first}", Exit.UNREACHABLE) from error
    chosen: Mapping[str, Any] = next((each for each in contexts if each["name"] == context), current)
    return chosen


def _exists(files: str) -> None:
    if not any(Path(file).expanduser().exists() for file in files.split(os.pathsep) if file):
        message = f"no cluster is named: there is no kubeconfig at {files}; set KUBECONFIG, or name one by --kubeconfig"
        raise Problem(message, Exit.UNREACHABLE)


def _told(error: str, files: str, context: str | None) -> str:
    if context and f"name {context} in" in error:
        return f"the kubeconfig {files} has no context {context!r}: see kubectl config get-contexts"
    if "current-context" in error:
        return f"the kubeconfig {files} has no current context: kubectl config use-context, or --context"
    return f"the kubeconfig {files} cannot be used: {error}"


def _default_kubeconfig() -> Path:
    return Path.home() / ".kube" / "config"
