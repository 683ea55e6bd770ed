"""`make pictures`: let a Prometheus look on for some minutes, and draw what the dashboards then show."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console

from benchmarks.monitoring import story
from delivery.generate import ROOT
from delivery.monitoring import answers, pictures, shown
from delivery.monitoring.answers import Answers, Span
from delivery.monitoring.files import DASHBOARDS, FOLDER
from tests.cluster.cli import build_images
from tests.cluster.state import Cluster, full_cluster
from tests.support.endings import end_on_signals
from tests.support.kubectl import Kubectl
from tests.support.prometheus import Prometheus
from tests.support.scraping import configuration
from tests.support.shop import Shop, opened
from tests.support.tools import tool

EVERY = 5
"""Seconds between two scrapes."""

console = Console(soft_wrap=True)


def main(
    *,
    seconds: Annotated[float, typer.Option(help="How long Prometheus looks on.")] = 240,
    kept: Annotated[Path, typer.Option(help="Where its answers are kept.")] = Path(
        "build/monitoring-answers.json"
    ),
    folder: Annotated[Path, typer.Option(help="Where the pictures are drawn.")] = shown.FOLDER,
    again: Annotated[bool, typer.Option(help="Draw the kept answers again; nothing is run.")] = False,
) -> None:
    """Draw the panels of docs/monitoring.md from what a real Prometheus answers to their queries."""
    end_on_signals()
    if again and not kept.exists():
        raise typer.BadParameter(f"there are no answers in {kept}: leave --again out")
    if not again:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(answers.dumped(_watched(seconds)))
    for name, found in answers.loaded(kept.read_bytes()).items():
        path = shown.picture(folder, name)
        pictures.draw(DASHBOARDS[name], found, path)
        console.print(f"drawn: {path}", markup=False, highlight=False)


def _watched(seconds: float) -> dict[str, Answers]:
    cluster = full_cluster()
    if cluster is None:
        raise typer.BadParameter("needs a cluster with a node: make cluster")
    build_images()
    kubectl = Kubectl(cluster.kubectl, cluster.kubeconfig)
    _install(kubectl)
    with opened(kubectl, cluster) as shop:
        story.prepare(shop)
        with _looking_on(shop, cluster) as prometheus, story.callers(shop.url()):
            time.sleep(4 * EVERY)  # a rate needs some scrapes
            start = int(time.time())
            story.told(story.steps(shop, kubectl), seconds, console.print)
            span = Span(start, start + seconds, EVERY)
            return {
                name: answers.gather(each, span, _asking(prometheus)) for name, each in DASHBOARDS.items()
            }


def _install(kubectl: Kubectl) -> None:
    """The operator of this checkout, in a cluster that knows ServiceMonitors."""
    kubectl("apply", "--server-side", f"--filename={ROOT / 'tests/apiserver/service_monitor_crd.yaml'}")
    kubectl("apply", "--server-side", "--force-conflicts", f"--kustomize={ROOT / 'k8s/overlays/dev'}")
    kubectl("rollout", "restart", *story.OPERATOR)
    kubectl("rollout", "status", *story.OPERATOR, "--timeout=90s", seconds=100)


@contextmanager
def _looking_on(shop: Shop, cluster: Cluster) -> Iterator[Prometheus]:
    shipped = yaml.safe_load_all(shop.kubectl("kustomize", str(ROOT / FOLDER)))
    monitors = [manifest for manifest in shipped if manifest["kind"] == "PodMonitor"]
    settings = configuration(
        [shop.get("servicemonitor", "orders"), *monitors], cluster.kubeconfig, [], f"{EVERY}s"
    )
    with (
        tempfile.TemporaryDirectory(prefix="monitoring-") as folder,
        closing(Prometheus(tool("prometheus"), Path(folder), settings).start()) as prometheus,
    ):
        yield prometheus


def _asking(prometheus: Prometheus) -> answers.Ask:
    def ask(expression: str, span: Span) -> list[dict[str, Any]]:
        return prometheus.query_range(expression, span.start, span.end, span.step)

    return ask


if __name__ == "__main__":
    typer.run(main)
