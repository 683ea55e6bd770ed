"""The API server that campaigns run against."""

import typer
from rich.console import Console

from tests.cluster.identity import CHECKOUT
from tests.cluster.state import control_plane
from tests.support.kubectl import Kubectl, install_crds

_CRDS = ("crds", "tests/apiserver/service_monitor_crd.yaml")


def prepared(console: Console) -> Kubectl:
    """With the CRDs that a campaign needs. Raises Exit with 2, and says what to do, where no server is up."""
    cluster = control_plane()
    if cluster is None:
        console.print("no API server is up: run `make cluster`")
        raise typer.Exit(2)
    kubectl = Kubectl(cluster.kubectl, cluster.kubeconfig)
    prepare(kubectl)
    return kubectl


def prepare(kubectl: Kubectl) -> None:
    """Put the CRDs there that a campaign needs."""
    install_crds(kubectl, *(CHECKOUT / file for file in _CRDS))
