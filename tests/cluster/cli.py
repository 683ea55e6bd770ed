"""The commands."""

import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from tests.cluster import apiserver, golang, node
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Mode, instance
from tests.cluster.progress import perform

LOG_TAIL = 15

console = Console(soft_wrap=True)
app = typer.Typer(
    name="python -m tests.cluster",
    help="The project's own test cluster: kind where Docker runs, else Kubernetes built from its sources.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ControlPlane = Annotated[
    bool, typer.Option("--control-plane", help="Only the API server: no pods, no root needed.")
]


def main() -> None:
    """Run a command; an error that is foreseen is one line, with the end of the log that tells more."""
    try:
        app()
    except ClusterError as error:
        _explain(error)
        sys.exit(1)


@app.command()
def up(*, control_plane: ControlPlane = False) -> None:
    """Bring the cluster up, building what is missing; a running one is left as it is."""
    chosen = Mode.CONTROL_PLANE if control_plane else Mode.FULL
    perform(apiserver.up_tasks() if control_plane else node.up_tasks(), console)
    _say_where(chosen)


@app.command()
def down(*, control_plane: ControlPlane = False) -> None:
    """Stop the cluster and remove all that it made."""
    if control_plane:
        apiserver.down()
    else:
        node.down()
    console.print("the cluster is down: nothing of it is left")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def kubectl(context: typer.Context) -> None:
    """Run kubectl against the cluster."""
    path = golang.binary("kubectl")
    os.environ["KUBECONFIG"] = str(instance(Mode.FULL).kubeconfig)
    os.execv(path, [str(path), *context.args])  # noqa: S606 - kubectl takes over terminal and signals


def _say_where(mode: Mode) -> None:
    console.print(f"ready; export KUBECONFIG={instance(mode).kubeconfig}", markup=False, highlight=False)


def _explain(error: ClusterError) -> None:
    stderr = Console(stderr=True, soft_wrap=True)
    stderr.print(f"[red]error:[/] {error}", highlight=False)
    if error.log is not None and error.log.exists():
        for line in error.log.read_text(errors="replace").splitlines()[-LOG_TAIL:]:
            stderr.print(f"  {line}", markup=False, highlight=False)
        stderr.print(f"the whole log: {error.log}", highlight=False)
