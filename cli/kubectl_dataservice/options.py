"""Arguments and options that the verbs share, written after the verb as kubectl's own."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from kubectl_dataservice.cluster.connect import connect
from kubectl_dataservice.cluster.kinds import DATA_SERVICE
from kubectl_dataservice.errors import Problem

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_COMPLETION_SECONDS: Final = 3.0


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


def _named(value: str | None) -> str | None:
    if value is not None and not _NAME.fullmatch(value):
        raise typer.BadParameter(f"{value!r} is not a name: small letters, digits and dashes")
    return value


def _names(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """DataServices of the namespace that the command line names so far; none where they cannot be had."""
    given = {option: ctx.params.get(option) for option in ("namespace", "context", "kubeconfig")}
    try:
        cluster = connect(**given, seconds=_COMPLETION_SECONDS)
        found = cluster.list(DATA_SERVICE, cluster.namespace)
    except Problem:
        return
    names = (raw["metadata"]["name"] for raw in found)
    yield from (name for name in names if name.startswith(incomplete))


Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="Name of the DataService.",
        callback=_named,
        autocompletion=_names,
        show_default=False,
    ),
]
OptionalName = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="Name of the DataService.",
        callback=_named,
        autocompletion=_names,
        show_default=False,
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace", "-n", help="Namespace; else that of the context.", callback=_named, show_default=False
    ),
]
Context = Annotated[
    str | None, typer.Option(help="Context of the kubeconfig; else its current one.", show_default=False)
]
Kubeconfig = Annotated[
    Path | None,
    typer.Option(help="Kubeconfig file; else KUBECONFIG, else ~/.kube/config.", show_default=False),
]
Output = Annotated[Format, typer.Option("--output", "-o", help="How to print the answer.")]
File = Annotated[
    str, typer.Option("--filename", "-f", metavar="FILE", help="YAML or JSON file; - for standard input.")
]
Timeout = Annotated[str, typer.Option(metavar="TIME", help="How long to wait at most, such as 90s or 5m.")]
