"""Installing, upgrading and removing on the real cluster, by each of the ways that are offered."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from dataservice_operator import __version__
from dataservice_operator.crd.definition import definition
from delivery.chart import FOLDER
from delivery.generate import ROOT
from tests.cluster.state import Cluster
from tests.delivery.conftest import RELEASE, SYSTEM
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl, KubectlError, fresh_namespace
from tests.support.shop import Shop
from tests.support.tools import output, tool

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.tools,
    pytest.mark.timeout(420),
    pytest.mark.usefixtures("bare", "images"),
]

DEV = ROOT / "k8s/overlays/dev"
CHART = ROOT / FOLDER
CRD = "customresourcedefinition/dataservices.dataservice.dev"
OPERATOR = "deployment/dataservice-operator"
OURS = "app.kubernetes.io/part-of=dataservice"
LOCAL = ("image.repository=localhost/dataservice/operator", "image.tag=dev")
LOCAL_SERVICE = ("serviceImage.repository=localhost/dataservice/service", "serviceImage.tag=dev")

Helm = Callable[..., str]


@pytest.fixture
def helm(cluster: Cluster) -> Helm:
    def run(command: str, *words: str | Path, values: tuple[str, ...] = ()) -> str:
        settings = [f"--set={value}" for value in values]
        common = (f"--kubeconfig={cluster.kubeconfig}", f"--namespace={SYSTEM}")
        return output(tool("helm"), command, RELEASE, *words, *common, *settings)

    return run


def wait_for_operator(kubectl: Kubectl) -> None:
    kubectl("rollout", "status", f"--namespace={SYSTEM}", OPERATOR, "--timeout=90s", seconds=100)
    kubectl("wait", "--for=condition=Established", CRD, "--timeout=30s")


def in_use(shop: Shop) -> dict[str, Any]:
    """A DataService that serves, with one document; what of it must outlast upgrades and removals."""
    shop.apply()
    shop.wait_ready()
    with shop.client() as client:
        document = shop.post(client, {"sku": "A", "quantity": 1})
    return {"document": document, "pods": pods(shop)}


def pods(shop: Shop) -> set[str]:
    found = shop.get("pod", "--selector=app.kubernetes.io/instance=orders")["items"]
    return {pod["metadata"]["uid"] for pod in found if "deletionTimestamp" not in pod["metadata"]}


def unharmed(shop: Shop, before: dict[str, Any]) -> None:
    """The same pods serve the same document."""
    assert pods(shop) == before["pods"]
    with shop.client() as client:
        document = before["document"]
        assert client.get(f"/data/{document['_id']}").json() == document


def exists(kubectl: Kubectl, *what: str) -> bool:
    return bool(kubectl("get", "--ignore-not-found", *what))


def test_kustomize_installs_upgrades_removes_and_makes_way_for_helm_and_data_services_outlast_it(
    kubectl: Kubectl, shop: Shop, helm: Helm, tmp_path: Path
) -> None:
    kubectl("apply", "--server-side", f"--kustomize={DEV}")
    wait_for_operator(kubectl)
    before = in_use(shop)

    patch = [{"op": "add", "path": "/spec/template/metadata/annotations/example.com~1release", "value": "2"}]
    newer = {
        "resources": [os.path.relpath(DEV, tmp_path)],
        "patches": [{"target": {"kind": "Deployment", "name": RELEASE}, "patch": json.dumps(patch)}],
    }
    (tmp_path / "kustomization.yaml").write_text(json.dumps(newer))
    kubectl("apply", "--server-side", f"--kustomize={tmp_path}")
    wait_for_operator(kubectl)
    unharmed(shop, before)

    kubectl("delete", f"--kustomize={DEV}", f"--selector={OURS}", seconds=120)
    assert not exists(kubectl, "namespace", SYSTEM)
    assert not exists(kubectl, "clusterrole,clusterrolebinding", f"--selector={OURS}")
    assert exists(kubectl, CRD)
    unharmed(shop, before)

    kubectl("apply", "--server-side", f"--kustomize={DEV}")
    wait_for_operator(kubectl)
    shop.wait_ready()
    unharmed(shop, before)

    kubectl("delete", f"--kustomize={DEV}", f"--selector={OURS}", seconds=120)
    helm(
        "install", CHART, "--create-namespace", "--take-ownership", "--wait", values=(*LOCAL, *LOCAL_SERVICE)
    )
    shop.wait_ready()
    unharmed(shop, before)
    helm("uninstall", "--wait")

    kubectl("delete", "dataservices", "--all", "--all-namespaces", seconds=120)
    eventually(lambda: not pods(shop), seconds=90)
    kubectl("delete", "--ignore-not-found", f"--kustomize={DEV}", seconds=120)
    assert not exists(kubectl, CRD)


def test_helm_installs_upgrades_with_the_crd_and_removes_without_it(
    kubectl: Kubectl, shop: Shop, helm: Helm, tmp_path: Path
) -> None:
    local = (*LOCAL, *LOCAL_SERVICE)
    older = older_chart(tmp_path)
    helm("install", older, "--create-namespace", "--wait", values=local)
    assert columns(kubectl) == ["Ready"]
    before = in_use(shop)

    helm("upgrade", CHART, "--wait", values=(*local, "settings.logLevel=DEBUG"))
    assert columns(kubectl) == columns_of_the_checkout()
    unharmed(shop, before)

    helm("uninstall", "--wait")
    assert not exists(kubectl, f"--namespace={SYSTEM}", OPERATOR)
    assert not exists(kubectl, "clusterrole,clusterrolebinding", f"--selector={OURS}")
    assert exists(kubectl, CRD)
    unharmed(shop, before)

    helm("install", CHART, "--wait", values=local)
    shop.wait_ready()
    unharmed(shop, before)


def older_chart(folder: Path) -> Path:
    """The chart of a release whose CRD had one column only."""
    chart = folder / "older"
    shutil.copytree(CHART, chart)
    template = chart / "templates/crd.yaml"
    head, columns, tail = template.read_text().partition("    additionalPrinterColumns:\n")
    first, rest = columns_of(tail)
    template.write_text(head + columns + first + rest)
    return chart


def columns_of(text: str) -> tuple[str, str]:
    """The first item of a YAML list, and what follows the list."""
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.startswith("    - ")]
    end = next(number for number, line in enumerate(lines) if not line.startswith(("    - ", "      ")))
    return "".join(lines[: starts[1]]), "".join(lines[end:])


def columns(kubectl: Kubectl) -> list[str]:
    return column_names(kubectl.json("get", CRD))


def columns_of_the_checkout() -> list[str]:
    return column_names(definition())


def column_names(crd: dict[str, Any]) -> list[str]:
    [version] = crd["spec"]["versions"]
    return [column["name"] for column in version["additionalPrinterColumns"]]


def test_for_given_namespaces_the_operator_needs_no_right_to_any_other(kubectl: Kubectl, shop: Shop) -> None:
    for manifest in watching(kubectl, shop.namespace):
        kubectl("apply", "--server-side", "--filename=-", manifest=manifest)
    wait_for_operator(kubectl)
    assert not exists(kubectl, "clusterrolebinding", f"--selector={OURS}")
    in_use(shop)
    account = f"--as=system:serviceaccount:{SYSTEM}:{RELEASE}"
    with fresh_namespace(kubectl) as other:
        elsewhere = Shop(kubectl, other, shop.node)
        elsewhere.apply()
        shop.apply(replicas=2)
        shop.wait_ready()  # it works on; what it never sees stays as it was
        assert elsewhere.get("dataservice", "orders")["status"] == {"observedGeneration": -1}
        for right in ("list secrets", "create deployments.apps", "list dataservices.dataservice.dev"):
            with pytest.raises(KubectlError):
                kubectl("auth", "can-i", *right.split(), f"--namespace={other}", account, "--quiet")


def watching(kubectl: Kubectl, namespace: str) -> list[dict[str, Any]]:
    """The overlay for given namespaces, for one of the test's own, with the images of this checkout."""
    text = kubectl("kustomize", str(ROOT / "k8s/overlays/namespaces"))
    text = text.replace("namespace: shop", f"namespace: {namespace}").replace(
        "value: shop", f"value: {namespace}"
    )
    for name in ("operator", "service"):
        text = text.replace(
            f"ghcr.io/dataservice-dev/{name}:{__version__}", f"localhost/dataservice/{name}:dev"
        )
    return list(yaml.safe_load_all(text))


def test_the_plain_manifests_serve_without_an_operator(kubectl: Kubectl, shop: Shop, tmp_path: Path) -> None:
    plain = {
        "namespace": shop.namespace,
        "resources": [os.path.relpath(ROOT / "k8s/plain", tmp_path)],
        "images": [
            {
                "name": "ghcr.io/dataservice-dev/service",
                "newName": "localhost/dataservice/service",
                "newTag": "dev",
            }
        ],
        "patches": [
            {
                "target": {"kind": "Service"},
                "patch": json.dumps([{"op": "replace", "path": "/spec/type", "value": "NodePort"}]),
            }
        ],
    }
    (tmp_path / "kustomization.yaml").write_text(json.dumps(plain))
    shop("create", "secret", "generic", "orders-cursor", f"--from-literal=key={'k' * 32}")
    shop("apply", f"--kustomize={tmp_path}")
    shop("rollout", "status", "deployment/orders", "--timeout=90s", seconds=100)
    with shop.client() as client:
        stored = shop.post(client, {"sku": "A", "quantity": 1})
        assert client.get("/data").json()["items"] == [stored]
        answer = client.post("/data", json={"sku": "B", "quantity": 0})
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    eventually(lambda: len(pods(shop)) == 2, seconds=60)  # the autoscaler's minimum
    shop("delete", f"--kustomize={tmp_path}", seconds=120)
    eventually(lambda: not pods(shop))
    assert kubectl("get", f"--namespace={shop.namespace}", "secret/orders-mongo")
