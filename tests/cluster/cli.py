"""The commands."""

import os
import sys
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from tests.cluster import clusters, demo, golang, images, load, packages, report, sizes
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Mode, instance
from tests.cluster.progress import Task, perform

LOG_TAIL = 15


class Output(StrEnum):
    TEXT = "text"
    JSON = "json"


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
    mode = _mode(control_plane)
    perform(clusters.up_tasks(mode), console)
    _say(f"ready; export KUBECONFIG={instance(mode).kubeconfig}")


@app.command()
def down(
    *,
    control_plane: ControlPlane = False,
    everything: Annotated[bool, typer.Option("--all", help="Both clusters of this checkout.")] = False,
) -> None:
    """Stop the cluster and remove all that it made; the built programs stay in the cache."""
    for mode in list(Mode) if everything else [_mode(control_plane)]:
        clusters.down(mode)
        _say(f"{mode} cluster: down, nothing of it is left")


@app.command()
def status(
    *,
    output: Annotated[
        Output, typer.Option("--output", "-o", help="For people or for programs.")
    ] = Output.TEXT,
) -> None:
    """Show what is up: both clusters of this checkout, program by program."""
    found = [report.inspect(mode) for mode in Mode]
    _say(report.as_json(found) if output is Output.JSON else report.as_text(found))


@app.command("load")
def load_images(names: Annotated[list[str], typer.Argument(metavar="IMAGE...")]) -> None:
    """Bring images that this machine has into the cluster's node."""
    perform([Task(f"load {name}", partial(load.load, name)) for name in names], console)


@app.command("images")
def build_images() -> None:
    """Build the images of this checkout and bring them into the node; what is unchanged stays."""
    perform(load.tasks(images.ALL), console)


@app.command("sizes")
def show_sizes() -> None:
    """Build the images of this checkout and say how large each is; no cluster is needed."""
    perform(sizes.tasks(images.PRODUCT, _say), console)


@app.command()
def tools() -> None:
    """Have what the delivery is checked with (Helm, linters, Graphviz and more), and what is measured beside (kro)."""
    programs = (*golang.TOOLS, *golang.RIVALS)
    tasks = [*packages.install_tasks(packages.FOR_TOOLS), *golang.build_tasks(programs)]
    perform(tasks, console)


@app.command("demo")
def run_demo(
    *, remove: Annotated[bool, typer.Option("--down", help="Remove what the demo made.")] = False
) -> None:
    """Show a DataService at work, from nothing: cluster, images, operator, database, POST and GET."""
    if remove:
        demo.remove(console)
    else:
        demo.run(console)


@app.command(
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
        "help_option_names": [],
    }
)
def kubectl(context: typer.Context, *, control_plane: ControlPlane = False) -> None:
    """Run kubectl, of the cluster's own version, against the cluster."""
    chosen = instance(_mode(control_plane))
    if not chosen.kubeconfig.exists():
        raise ClusterError(f"the {chosen.mode} cluster is not up: {_command_up(chosen.mode)}")
    path = golang.binary("kubectl")
    os.environ["KUBECONFIG"] = str(chosen.kubeconfig)
    os.execv(path, [str(path), *context.args])  # noqa: S606 - kubectl takes over terminal and signals


def _command_up(mode: Mode) -> str:
    return f"`python -m tests.cluster up{' --control-plane' if mode is Mode.CONTROL_PLANE else ''}`"


def _mode(control_plane: bool) -> Mode:  # noqa: FBT001 - the option as typer hands it over
    return Mode.CONTROL_PLANE if control_plane else Mode.FULL


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False)


def _explain(error: ClusterError) -> None:
    stderr = Console(stderr=True, soft_wrap=True)
    stderr.print(f"[red]error:[/] {error}", highlight=False)
    if error.log is not None and error.log.exists():
        for line in error.log.read_text(errors="replace").splitlines()[-LOG_TAIL:]:
            stderr.print(f"  {line}", markup=False, highlight=False)
        stderr.print(f"the whole log: {error.log}", highlight=False)
