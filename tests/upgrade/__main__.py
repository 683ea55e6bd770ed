"""Records what this release leaves in its users' clusters: to be run, and committed, before its tag is made."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.cluster.state import control_plane
from tests.faults.api_server import prepared
from tests.support.kubectl import fresh_namespace
from tests.upgrade.record import RELEASES, current, made

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def record(
    *,
    into: Annotated[Path, typer.Option(help="Folder of the records.")] = RELEASES,
    again: Annotated[
        bool, typer.Option("--again", help="Replace the record of a version without a tag.")
    ] = False,
) -> None:
    """Write tests/upgrade/releases/<version>: CRD, and the objects as the operator leaves them on the API server."""
    console = Console(stderr=True)
    kept = current(into)
    if kept.folder.exists() and not again:
        console.print(f"{kept.version} is recorded: raise the version, or say --again while it has no tag")
        raise typer.Exit(1)
    kubectl = prepared(console)
    cluster = control_plane()
    assert cluster is not None, "prepared on it"
    with fresh_namespace(kubectl, kept.namespace):
        left = made(kubectl, cluster, kept.namespace)
    kept.write(left)
    console.print(f"{kept.version}: {len(left)} objects recorded in {kept.folder}")


if __name__ == "__main__":
    app()
