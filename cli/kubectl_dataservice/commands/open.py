"""`open`: the page of the API in a browser, through the API server."""

import signal
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any, Final

import typer

from dataservice_operator.render.names import API_PORT
from kubectl_dataservice.cluster.client import Cluster, Raw
from kubectl_dataservice.cluster.connect import connect
from kubectl_dataservice.cluster.data_services import find
from kubectl_dataservice.cluster.forward import ADDRESS, Access, Forward
from kubectl_dataservice.cluster.pods import ready_pods
from kubectl_dataservice.errors import Exit, Problem
from kubectl_dataservice.options import Context, Kubeconfig, Name, Namespace
from kubectl_dataservice.output import note, progress, say

_EVERY: Final = 1.0


def open_(
    name: Name,
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of this machine; 0 is any that is free.")
    ] = 0,
    browser: Annotated[bool, typer.Option("--browser", help="Open the page in the browser.")] = False,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Lead a port to the API's page, until Ctrl-C.

    It prints the URL, and goes on with another pod when the one it leads to goes.

    \b
    Example:
      kubectl dataservice open orders -n shop --browser
    """
    cluster = connect(namespace, context, kubeconfig)
    data_service = find(cluster, name)
    access = Access(cluster.namespace, context, kubeconfig)
    with _ended_by_sigterm():
        pod = _first(cluster, name)
        with Forward(access, pod, API_PORT, port) as forward:
            port = forward.port
            _show(port, data_service, browser=browser)
            _stay(cluster, name, pod, forward)
        while True:
            _go_on(cluster, access, name, port)


def _show(port: int, data_service: Raw, *, browser: bool) -> None:
    url = f"http://{ADDRESS}:{port}/docs"
    say(url)
    if data_service["spec"]["api"]["auth"]["mode"] != "None":
        note("the page asks for a key or token: the API takes no request without")
    note("Ctrl-C ends it")
    if browser and not webbrowser.open(url):
        note("no browser could be started: open the URL yourself")


def _first(cluster: Cluster, name: str) -> str:
    if ready := ready_pods(cluster, name):
        return ready[-1]
    told = f"no pod of {name!r} is ready: kubectl dataservice status {name} -n {cluster.namespace} says why"
    raise Problem(told, Exit.NO)


def _go_on(cluster: Cluster, access: Access, name: str, port: int) -> None:
    """By the newest pod that is ready: in a roll the others go. What goes wrong meanwhile may heal."""
    try:
        with progress(f"waiting for a ready pod of {name}"):
            while not (ready := ready_pods(cluster, name)):
                find(cluster, name)
                time.sleep(_EVERY)
        with Forward(access, ready[-1], API_PORT, port) as forward:
            note(f"going on with pod {ready[-1]}")
            _stay(cluster, name, ready[-1], forward)
    except Problem as problem:
        if problem.exit_code is not Exit.UNREACHABLE:
            raise
        note(f"{problem}: trying again")
        time.sleep(_EVERY)


def _stay(cluster: Cluster, name: str, pod: str, forward: Forward) -> None:
    """Until kubectl gives up, or the pod is not ready and another one is."""
    while not forward.ended(_EVERY):
        with suppress(Problem):  # what is forwarded needs no answer to this
            ready = ready_pods(cluster, name)
            if ready and pod not in ready:
                return


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """As by Ctrl-C, so that kubectl ends with it."""

    def end(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
