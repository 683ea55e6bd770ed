"""`report`: what a bug report needs, without what is secret."""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from dataservice_operator import __version__
from kubectl_dataservice.bundle import archive
from kubectl_dataservice.cluster.connect import connect
from kubectl_dataservice.cluster.data_services import find, named
from kubectl_dataservice.cluster.evidence import Evidence, gathered
from kubectl_dataservice.errors import Exit, Problem
from kubectl_dataservice.options import Context, Format, Kubeconfig, Name, Namespace, Output
from kubectl_dataservice.output import note, progress, say, structured, yaml_text
from kubectl_dataservice.redaction import redaction

_REDACTED: Final = (
    "Left out: Secrets, which were not read; the values of spec.config, of environments and of others' annotations;\n"
    "arguments of containers; connection strings, tokens and passwords wherever they stand. Names, hosts, the JSON\n"
    "Schema and the paths of requests are in it: look it through before you hand it on.\n"
)


def report(
    name: Name,
    *,
    file: Annotated[
        str | None,
        typer.Option(
            "--file", "-f", help="Archive to write (.tar.gz); - for standard output.", show_default=False
        ),
    ] = None,
    tail: Annotated[int, typer.Option(min=0, help="Lines of each log.")] = 1000,
    operator: Annotated[bool, typer.Option(help="With the operator's pods and log.")] = True,
    operator_namespace: Annotated[str, typer.Option(help="Where the operator runs.")] = "dataservice-system",
    output: Output = Format.TEXT,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Write a redacted archive for a bug report.

    It has the resource, its children, pods, events, logs and versions. Secrets are not read. What you have
    no right to read is left out, and told.

    \b
    Example:
      kubectl dataservice report orders -n shop
    """
    made = datetime.now(UTC).replace(microsecond=0)
    cluster = connect(namespace, context, kubeconfig)
    data_service = find(cluster, name)
    folder = f"dataservice-report-{cluster.namespace}-{name}-{made:%Y%m%dT%H%M%SZ}"
    target = file or f"{folder}.tar.gz"
    _may_be_written(target, output)
    with progress(f"reading what there is of {named(data_service)}"):
        asked = operator_namespace if operator else None
        found = gathered(cluster, data_service, tail=tail, operator_namespace=asked)
    files = _files(found, made)
    _write(target, archive(folder, files, made))
    _tell(found, files, target, output)


def _files(found: Evidence, made: datetime) -> dict[str, str]:
    redacted = redaction(found.objects.values())
    objects = {f"{name}.yaml": yaml_text(redacted(value)) for name, value in found.objects.items()}
    logs = {name: redacted(text) for name, text in found.logs.items()}
    unread = redacted("".join(f"  {line}\n" for line in found.unread)) or "  nothing\n"
    about = f"kubectl dataservice report, plugin {__version__}, {made:%Y-%m-%dT%H:%M:%SZ}\n\n{_REDACTED}\n"
    return {"README.txt": f"{about}Could not be read:\n{unread}", **objects, **logs}


def _may_be_written(target: str, output: Format) -> None:
    if target == "-":
        if sys.stdout.isatty() or output is not Format.TEXT:
            told = "standard output is for the archive alone, and no terminal: name a file by -f, or leave it out"
            raise Problem(told, Exit.USAGE)
    elif Path(target).exists():
        raise Problem(f"{target} is there already: name another file by -f", Exit.USAGE)


def _write(target: str, content: bytes) -> None:
    if target == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        # The owner's alone: redacted, and still no page for everyone.
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
    except OSError as error:
        raise Problem(f"{target} cannot be written: {error.strerror}", Exit.USAGE) from error


def _tell(found: Evidence, files: Mapping[str, str], target: str, output: Format) -> None:
    if output is not Format.TEXT:
        structured({"file": target, "files": list(files), "unread": found.unread}, output)
    elif target != "-":
        say(target)
    note(f"{len(found.objects)} objects and {len(found.logs)} logs. {' '.join(_REDACTED.split())}")
    for line in found.unread:
        note(f"not read: {line}")
