"""`status`: the state of one DataService with all that belongs to it, or a table of several."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from kubectl_dataservice.cluster.client import Cluster
from kubectl_dataservice.cluster.connect import connect
from kubectl_dataservice.cluster.data_services import find, find_all, named
from kubectl_dataservice.cluster.family import family
from kubectl_dataservice.durations import age, seconds
from kubectl_dataservice.errors import Exit, Problem
from kubectl_dataservice.options import Context, Format, Kubeconfig, Namespace, OptionalName, Output, Timeout
from kubectl_dataservice.output import Cell, say, structured, table
from kubectl_dataservice.state import State, conditions, state
from kubectl_dataservice.tree import Node, lines, tree
from kubectl_dataservice.waiting import Look, wait

_GOOD: Final = "green"
_BAD: Final = "bold red"

All = Annotated[bool, typer.Option("--all-namespaces", "-A", help="Those of all namespaces.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it is ready, or stalled.")]


def status(
    name: OptionalName = None,
    namespace: Namespace = None,
    *,
    all_namespaces: All = False,
    wait: Wait = False,
    timeout: Timeout = "5m",
    output: Output = Format.TEXT,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Show the state, why it is not ready, and what to do.

    Without a name: a table of all in the namespace. With a name the exit code says whether it is ready: 0, else 1;
    with --wait also 6 where it was neither ready nor stalled in time.

    \b
    Examples:
      kubectl dataservice status -A
      kubectl dataservice status orders -n shop
      kubectl dataservice status orders -n shop --wait --timeout 2m
    """
    cluster = connect(namespace, context, kubeconfig)
    if name is None:
        if wait:
            raise Problem("--wait needs the name of a DataService", Exit.USAGE)
        _several(cluster, None if all_namespaces else cluster.namespace, output)
        return Exit.OK
    if all_namespaces:
        raise Problem("a name is of one namespace: leave -A out, and name that by -n", Exit.USAGE)
    late = _waited(cluster, name, seconds(timeout)) if wait else None
    ready = _one(cluster, name, output)
    if late is not None and not ready:
        raise late
    return Exit.OK if ready else Exit.NO


def _waited(cluster: Cluster, name: str, timeout: int) -> Problem | None:
    """The time-out, to be told when what is known was shown."""

    def look() -> Look:
        seen = state(find(cluster, name))
        return Look(
            seen.ready, seen.stalled, ": ".join(filter(None, (seen.reason, seen.message or seen.meaning)))
        )

    try:
        wait(look, timeout)
    except Problem as problem:
        if problem.exit_code is not Exit.TIMED_OUT:
            raise
        return problem
    return None


def _one(cluster: Cluster, name: str, output: Format) -> bool:
    raw = find(cluster, name)
    seen = state(raw)
    nodes = tree(raw, family(cluster, cluster.namespace, name))
    if output is not Format.TEXT:
        structured({**_told(raw, seen), "children": [_node(node) for node in nodes]}, output)
        return seen.ready
    say(*_head(raw, seen), "")
    table(("CHILD", "STATE"), [(branch, _state(node)) for branch, node in lines(nodes)])
    rows = [
        (each["type"], each["status"], each.get("reason", ""), age(each.get("lastTransitionTime")))
        for each in conditions(raw)
    ]
    if rows:
        say("")
        table(("CONDITION", "STATUS", "REASON", "SINCE"), rows)
    return seen.ready


def _several(cluster: Cluster, namespace: str | None, output: Format) -> None:
    found = find_all(cluster, namespace)
    if output is not Format.TEXT:
        structured({"items": [_told(raw, state(raw)) for raw in found]}, output)
        return
    if not found:
        say(f"no DataServices in {f'namespace {namespace!r}' if namespace else 'any namespace'}")
        return
    wide = namespace is None
    head = ("NAME", "READY", "REASON", "PODS", "AGE", "MESSAGE")
    table((("NAMESPACE", *head) if wide else head), [_row(raw, wide=wide) for raw in found])


def _row(raw: dict[str, Any], *, wide: bool) -> tuple[Cell, ...]:
    seen, told = state(raw), raw.get("status") or {}
    metadata = raw["metadata"]
    row = (
        metadata["name"],
        Text(str(seen.ready), _GOOD if seen.ready else _BAD),
        seen.reason,
        f"{told.get('readyReplicas', 0)}/{told.get('replicas', 0)}",
        age(metadata["creationTimestamp"]),
        "" if seen.ready else seen.message or seen.meaning,
    )
    return (metadata["namespace"], *row) if wide else row


def _head(raw: dict[str, Any], seen: State) -> Iterator[Cell]:
    status = raw.get("status") or {}
    yield Text.assemble(
        f"{named(raw)} in namespace {seen.namespace}: ",
        ("ready", _GOOD) if seen.ready else ("stalled" if seen.stalled else "not ready", _BAD),
        f" ({seen.reason})",
    )
    for label, value in (("url", status.get("url")), ("image", status.get("image"))):
        if value:
            yield f"  {label + ':':<12}{value}"
    if seen.ready:
        yield f"  {'message:':<12}{seen.message}"
        return
    for label, text in (("why:", seen.message or seen.meaning), ("what to do:", seen.remedy)):
        if text:
            yield Text.assemble(f"  {label:<12}", (text, "bold"))


def _state(node: Node) -> Text:
    if node.fine is None:
        return Text(f"??  {node.told}")
    if node.fine:
        return Text.assemble(("ok", _GOOD), f"  {node.told}" if node.told else "")
    return Text.assemble((f"!!  {node.told}", _BAD))


def _told(raw: dict[str, Any], seen: State) -> dict[str, Any]:
    status = raw.get("status") or {}
    known = {key: status[key] for key in ("url", "image", "replicas", "readyReplicas") if key in status}
    return {**asdict(seen), **known, "conditions": conditions(raw)}


def _node(node: Node) -> dict[str, Any]:
    return {
        "kind": node.kind,
        "name": node.name,
        "ok": node.fine,
        "message": node.told,
        "children": [_node(below) for below in node.below],
    }
