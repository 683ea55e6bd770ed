"""kro (https://kro.run), which turns one resource into several as templates say: here into the operator's children.

Its limits are lifted: by default its queue waits 200 ms at least.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks.operator import workload
from benchmarks.operator.changes import edit_of
from benchmarks.operator.client import Client
from benchmarks.operator.subject import Program, program
from benchmarks.operator.workload import Raw, Request
from tests.cluster import golang
from tests.cluster.ports import free_port
from tests.support.kubectl import Kubectl, install_crds

PATIENCE_SECONDS: Final = 60.0

_API: Final = "/apis/kro.run/v1alpha1"
_DEFINITIONS: Final = f"{_API}/resourcegraphdefinitions"
_DEFINITION: Final = "shops"
_LIMITS: Final = (
    "--client-qps=1000",
    "--client-burst=2000",
    "--dynamic-controller-concurrent-reconciles=16",
    "--dynamic-controller-rate-limiter-rate-limit=1000",
    "--dynamic-controller-rate-limiter-burst-limit=1000",
    "--dynamic-controller-rate-limiter-min-delay=5ms",
)


@asynccontextmanager
async def running(kubeconfig: Path, client: Client, log: Path) -> AsyncIterator[Program]:
    """kro, which serves the instances' kind already.

    Raises:
        RuntimeError: it does not, or has ended; with what it says of the definition.
    """
    await asyncio.to_thread(_install, Kubectl(golang.binary("kubectl"), kubeconfig))
    ports = (f"--{of}-bind-address=127.0.0.1:{free_port()}" for of in ("metrics", "health-probe"))
    words = (str(golang.binary("kro")), "--zap-log-level=error", *ports, *_LIMITS)
    async with program(words, kubeconfig, log) as kro:
        await client.send(Request("POST", _DEFINITIONS, definition()))
        await _active(client, kro)
        yield kro


def definition() -> Raw:
    """A ResourceGraphDefinition with the operator's own children as templates, and `replicas` as its only field."""
    schema = {"apiVersion": "v1alpha1", "kind": "Shop", "spec": {"replicas": "integer | default=1"}}
    return {
        "apiVersion": "kro.run/v1alpha1",
        "kind": "ResourceGraphDefinition",
        "metadata": {"name": _DEFINITION},
        "spec": {"schema": schema, "resources": list(_templates())},
    }


def instances(count: int) -> Iterator[Request]:
    for namespace, name in workload.keys(count):
        manifest = {
            "apiVersion": "kro.run/v1alpha1",
            "kind": "Shop",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"replicas": 1},
        }
        yield Request("POST", _path(namespace), manifest)


def _templates() -> Iterator[Raw]:
    (namespace, name), *_ = workload.keys(1)
    parent = workload.stored(next(workload.parents(1)).body)
    *children, _ = workload.truth(parent)
    for request in children:
        text = json.dumps({**request.body, "metadata": _unowned(request.body["metadata"])})
        text = text.replace(name, "${schema.metadata.name}").replace(
            namespace, "${schema.metadata.namespace}"
        )
        template = json.loads(text)
        if template["kind"] == "Deployment":
            template["spec"]["replicas"] = "${schema.spec.replicas}"
        yield {"id": template["kind"].lower(), "template": template}


def _unowned(metadata: Raw) -> Raw:
    return {name: value for name, value in metadata.items() if name != "ownerReferences"}


def _install(kubectl: Kubectl) -> None:
    install_crds(kubectl, golang.sources(golang.KRO) / "helm" / "crds")


async def _active(client: Client, kro: Program) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (status := await _status(client)).get("state") != "Active":
        kro.check()
        if time.monotonic() > deadline:
            raise RuntimeError(f"kro does not take its definition: {json.dumps(status)}")
        await asyncio.sleep(0.2)


async def _status(client: Client) -> Raw:
    found: Raw = json.loads(await client.text(f"{_DEFINITIONS}/{_DEFINITION}"))
    return found.get("status") or {}


def _path(namespace: str, name: str = "") -> str:
    return f"{_API}/namespaces/{namespace}/{_DEFINITION}" + (f"/{name}" if name else "")


edit: Final = edit_of(_path)
"""Changes `replicas` of an instance, as the operator's edit does of a DataService."""
