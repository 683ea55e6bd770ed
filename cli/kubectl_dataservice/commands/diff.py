"""`diff`: the live children beside what the operator makes of the DataService, or would make of a file."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from kubectl_dataservice.cluster.client import Cluster
from kubectl_dataservice.cluster.connect import connect
from kubectl_dataservice.cluster.data_services import find, look_up
from kubectl_dataservice.cluster.family import family, named, without_labels
from kubectl_dataservice.cluster.kinds import CHILDREN, CONFIG_MAP, kind_of
from kubectl_dataservice.errors import Exit, Problem
from kubectl_dataservice.options import Context, Format, Kubeconfig, Namespace, OptionalName, Output
from kubectl_dataservice.output import note, say, structured

if TYPE_CHECKING:
    from kubectl_dataservice.difference import Difference

Raw = dict[str, Any]
Texts = Mapping[tuple[str, str], Mapping[str, str]]

OptionalFile = Annotated[
    str | None,
    typer.Option(
        "--filename",
        "-f",
        metavar="FILE",
        help="Compare what this file asks for; - for standard input.",
        show_default=False,
    ),
]

_COLOURS = {"---": "bold", "+++": "bold", "@": "cyan", "-": "red", "+": "green"}


def diff(
    name: OptionalName = None,
    namespace: Namespace = None,
    filename: OptionalFile = None,
    output: Output = Format.TEXT,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> int:
    """Compare the live children with what the operator makes of the spec.

    With a name: what the operator would change now, which is nothing while it is at work. With -f: what applying the
    file would change. Only fields that are the operator's are compared, and what others set over them.

    Exit code 1 says that something differs. No Secret is read: hashes of their values are those that the live
    Deployment has.

    \b
    Examples:
      kubectl dataservice diff orders -n shop
      kubectl dataservice diff -f orders.yaml
    """
    from kubectl_dataservice import files, rendering

    if (name is None) == (filename is None):
        raise Problem("write either the name of a DataService, or -f and a file", Exit.USAGE)
    cluster = connect(namespace, context, kubeconfig)
    if filename is None:
        found = _compared(cluster, find(cluster, name or ""), {})
    else:
        objects = files.manifests(filename)
        parents = rendering.data_services(objects, namespace, filename, cluster.namespace)
        texts = rendering.texts(objects, cluster.namespace)
        found = [each for raw in parents for each in _compared(cluster, _as_applied(cluster, raw), texts)]
    if output is Format.TEXT:
        say(*(line for difference in found for line in _lines(difference)))
    else:
        structured({"differs": bool(found), "items": [_told(each) for each in found]}, output)
    return Exit.NO if found else Exit.OK


def _compared(cluster: Cluster, raw: Raw, texts: Texts) -> "list[Difference]":
    from kubectl_dataservice import difference, live, rendering

    namespace, name = raw["metadata"]["namespace"], raw["metadata"]["name"]
    if (raw.get("spec") or {}).get("suspend"):
        note(f"note: DataService {name!r} is suspended: the operator changes nothing of it")
    parent = rendering.asked(raw, _schema(cluster, raw, texts))
    seen = family(cluster, namespace, name, CHILDREN)
    labelled = seen.by_name()
    wanted = rendering.rendered(parent, live.inputs(parent, labelled))
    for kind in {kind_of(each) for each in wanted} & seen.absent:
        note(f"note: the cluster has no kind {kind.name}: the operator makes none")
    wanted = [each for each in wanted if kind_of(each) not in seen.absent]
    known = {**labelled, **without_labels(cluster, wanted, labelled)}
    others = live.of_others(parent, known)
    for kind, other in others:
        note(f"note: {kind.name} {other!r} is not of this DataService: the operator leaves it alone")
    wanted = [each for each in wanted if named(each) not in others]
    return difference.differences(wanted, known, live.unwanted(parent, wanted, known))


def _as_applied(cluster: Cluster, raw: Raw) -> Raw:
    """A file's DataService as it would come to be: identity, status and other annotations are those of the live one."""
    metadata = raw["metadata"]
    live = look_up(cluster, metadata["namespace"], metadata["name"])
    if live is None:
        return raw
    annotations = {**(live["metadata"].get("annotations") or {}), **(metadata.get("annotations") or {})}
    return {**live, "spec": raw.get("spec"), "metadata": {**live["metadata"], "annotations": annotations}}


def _schema(cluster: Cluster, raw: Raw, texts: Texts) -> Texts:
    """With the ConfigMap that the spec takes its schema from, unless the file has it."""
    source = (((raw.get("spec") or {}).get("data") or {}).get("schemaFrom") or {}).get("configMap") or {}
    key = (raw["metadata"]["namespace"], str(source.get("name") or ""))
    if not key[1] or key in texts:
        return texts
    return {**texts, key: cluster.get(CONFIG_MAP, *key).get("data") or {}}


def _lines(difference: "Difference") -> Iterator[Text]:
    from kubectl_dataservice.difference import unified

    for line in unified(difference):
        style = next((colour for start, colour in _COLOURS.items() if line.startswith(start)), "")
        yield Text(line, style)


def _told(difference: "Difference") -> Raw:
    from kubectl_dataservice.difference import changes

    return {
        "kind": difference.kind.name,
        "name": difference.name,
        "action": difference.action,
        "changes": changes(difference),
    }
