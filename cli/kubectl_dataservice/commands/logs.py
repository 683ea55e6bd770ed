"""`logs`: what the pods of a DataService say."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Annotated, Final

import typer
from rich.text import Text

from kubectl_dataservice.cluster.connect import connect
from kubectl_dataservice.cluster.data_services import find
from kubectl_dataservice.cluster.logs import Asked, Line, followed, written
from kubectl_dataservice.cluster.pods import pods
from kubectl_dataservice.durations import seconds
from kubectl_dataservice.errors import Exit, Problem
from kubectl_dataservice.log_lines import parsed, printable
from kubectl_dataservice.options import Context, Kubeconfig, Name, Namespace
from kubectl_dataservice.output import Cell, Printer, note

_COLOURS: Final = ("cyan", "green", "magenta", "yellow", "blue")
_LEVELS: Final = {"WARNING": "yellow", "ERROR": "bold red", "CRITICAL": "bold red", "DEBUG": "dim"}


def logs(
    name: Name,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is written, also by new pods.")
    ] = False,
    previous: Annotated[
        bool, typer.Option("--previous", "-p", help="Of the containers before their last restart.")
    ] = False,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Not older than this.", show_default=False)
    ] = None,
    tail: Annotated[
        int | None, typer.Option(min=0, help="Lines of each pod; else all.", show_default=False)
    ] = None,
    container: Annotated[str, typer.Option("--container", "-c", help="Container of the pods.")] = "service",
    raw: Annotated[bool, typer.Option("--raw", help="Lines as they are, on a terminal too.")] = False,
    prefix: Annotated[bool, typer.Option(help="Begin each line with its pod.")] = True,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Show the logs of all pods, by time. On a terminal JSON lines are shown for people.

    \b
    Example:
      kubectl dataservice logs orders -n shop --follow --since 5m
      kubectl dataservice logs orders -n shop --no-prefix | jq -r .message
    """
    if follow and previous:
        raise Problem("--previous has an end: leave out --follow", Exit.USAGE)
    asked = Asked(container, previous, seconds(since) if since else None, tail)
    cluster = connect(namespace, context, kubeconfig)
    if not pods(cluster, name):
        find(cluster, name)
        if not follow:
            told = f"{name!r} has no pods: kubectl dataservice status {name} -n {cluster.namespace} says why"
            raise Problem(told, Exit.NO)
    lines = (followed if follow else written)(cluster, name, asked, note)
    _print(lines, raw=raw, prefix=prefix)


def _print(lines: Iterator[Line], *, raw: bool, prefix: bool) -> None:
    out = Printer()
    shown: Callable[[Line], Cell] = _Shown(raw=raw, prefix=prefix) if out.terminal else _plain(prefix=prefix)
    for line in lines:
        out.say(shown(line))


def _plain(*, prefix: bool) -> Callable[[Line], str]:
    return lambda line: f"{line.pod} {line.text}" if prefix else line.text


class _Shown:
    """A line for a terminal; each pod has its colour."""

    def __init__(self, *, raw: bool, prefix: bool) -> None:
        self._raw, self._prefix = raw, prefix
        self._colours: dict[str, str] = {}
        self._next = count()

    def __call__(self, line: Line) -> Text:
        read = None if self._raw else parsed(line.text)
        if read is None:
            return self._with_pod(line.pod, Text(printable(line.text)))
        text = Text(f"{read.time} ", style="dim")
        text.append(f"{read.level:<7} ", _LEVELS.get(read.level, "not dim"))
        text.append(read.message, "not dim")
        text.append(f" {read.rest}" if read.rest else "")
        shown = [text, *(Text(each) for each in read.traceback.splitlines())]
        return Text("\n").join(self._with_pod(line.pod, each) for each in shown)

    def _with_pod(self, pod: str, text: Text) -> Text:
        if not self._prefix:
            return text
        if pod not in self._colours:
            self._colours[pod] = _COLOURS[next(self._next) % len(_COLOURS)]
        return Text.assemble((pod, self._colours[pod]), " ", text)
