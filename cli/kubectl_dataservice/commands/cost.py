"""`cost`: what DataServices cost in a month."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubectl_dataservice.errors import Exit, Problem
from kubectl_dataservice.options import Context, Format, Kubeconfig, Namespace, OptionalName, Output
from kubectl_dataservice.output import note, say, structured, table

if TYPE_CHECKING:
    from kubectl_dataservice.cost.estimate import Estimate
    from kubectl_dataservice.cost.prices import PriceTable

Raw = dict[str, Any]

Prices = Annotated[
    Path | None, typer.Option("--prices", help="Your own table of prices, in YAML.", show_default=False)
]
PrintPrices = Annotated[
    bool, typer.Option("--print-prices", help="Print the built-in table, to be edited, and nothing else.")
]
Filename = Annotated[
    str | None,
    typer.Option(
        "--filename",
        "-f",
        metavar="FILE",
        help="YAML or JSON file; - for standard input.",
        show_default=False,
    ),
]


def cost(
    name: OptionalName = None,
    filename: Filename = None,
    prices: Prices = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Output = Format.TEXT,
    *,
    print_prices: PrintPrices = False,
) -> None:
    """Estimate what a DataService costs in a month.

    Reckoned is what its pods request, and the volume of an embedded database. Low, expected and high differ by
    the number of pods: autoscaling's bounds, and in between the pods of now, or half-way in a file.
    The built-in prices are samples; docs/cost.md tells what is not in the sum.

    \b
    Examples:
      kubectl dataservice cost orders -n shop
      kubectl dataservice cost -f orders.yaml -o json
      kubectl dataservice cost --print-prices > prices.yaml
      kubectl dataservice cost orders -n shop --prices prices.yaml
    """
    from kubectl_dataservice.cost import answer
    from kubectl_dataservice.cost.prices import BUILT_IN, read

    if print_prices:
        say(BUILT_IN.read_text(encoding="utf-8").rstrip())
        return
    if (name is None) == (filename is None):
        raise Problem("name a DataService, or a file by -f, and not both", Exit.USAGE)
    used = read(prices or BUILT_IN)
    found = _in_file(filename, namespace) if filename else [_live(name or "", namespace, context, kubeconfig)]
    estimates = [_estimate(raw, used) for raw in found]
    if output is Format.TEXT:
        say(*(line for each in estimates for line in answer.summary(each)), "")
        table(answer.HEAD, list(answer.rows(estimates)))
    else:
        structured(answer.value(estimates, used), output.value)
    if prices is None:
        note("note: the prices are samples: print them by --print-prices, edit them, name them by --prices")


def _estimate(raw: Raw, prices: "PriceTable") -> "Estimate":
    from kubectl_dataservice import rendering
    from kubectl_dataservice.cost.estimate import estimate

    parent = rendering.asked(raw, {})
    try:
        return estimate(parent, prices, running=(raw.get("status") or {}).get("replicas"))
    except ValueError as error:
        told = f"DataService {parent.metadata.name!r} is not valid: {error}"
        raise Problem(told, Exit.USAGE) from error


def _in_file(filename: str, namespace: str | None) -> list[Raw]:
    from kubectl_dataservice import files, rendering

    return rendering.data_services(files.manifests(filename), namespace, filename)


def _live(name: str, namespace: str | None, context: str | None, kubeconfig: Path | None) -> Raw:
    from kubectl_dataservice.cluster.connect import connect
    from kubectl_dataservice.cluster.data_services import find

    return find(connect(namespace, context, kubeconfig), name)
