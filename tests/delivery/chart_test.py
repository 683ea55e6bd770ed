"""The Helm chart installs what kustomize installs, and refuses values that make no sense."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.chart import FOLDER, LABELS
from delivery.generate import ROOT
from tests.cluster import golang
from tests.support.tools import output, run, tool

pytestmark = pytest.mark.tools

CHART = ROOT / FOLDER
ADDED = set(LABELS) - {"app.kubernetes.io/name", "app.kubernetes.io/part-of"}

Manifest = dict[str, Any]


def by_helm(*options: str) -> list[Manifest]:
    words: tuple[str | Path, ...] = (
        "template",
        "dataservice-operator",
        CHART,
        "--namespace=dataservice-system",
    )
    return [m for m in yaml.safe_load_all(output(tool("helm"), *words, *options)) if m]


def by_kustomize(overlay: str) -> list[Manifest]:
    text = output(golang.binary("kubectl"), "kustomize", ROOT / "k8s/overlays" / overlay)
    return list(yaml.safe_load_all(text))


def identified(manifests: list[Manifest]) -> dict[tuple[str, ...], Manifest]:
    """By kind and name, without what only one of the two ways adds: Helm's labels and the namespace itself."""
    found = {}
    for manifest in manifests:
        metadata = manifest["metadata"]
        labels = {name: text for name, text in metadata.get("labels", {}).items() if name not in ADDED}
        if manifest["kind"] == "CustomResourceDefinition":
            labels, metadata = {}, {**metadata, "annotations": {}}
        if manifest["kind"] == "Deployment":  # a merged patch puts its variable first
            manifest["spec"]["template"]["spec"]["containers"][0]["env"].sort(
                key=lambda variable: variable["name"]
            )
        key = (manifest["kind"], metadata.get("namespace", ""), metadata["name"])
        found[key] = {**manifest, "metadata": {**metadata, "labels": labels}}
    return {key: manifest for key, manifest in found.items() if key[0] != "Namespace"}


@pytest.mark.parametrize(
    ("overlay", "options"),
    [("cluster", ()), ("namespaces", ("--set=watchNamespaces={shop}",))],
)
def test_it_installs_what_kustomize_installs(overlay: str, options: tuple[str, ...]) -> None:
    helm, kustomize = identified(by_helm(*options)), identified(by_kustomize(overlay))
    assert helm.keys() == kustomize.keys()
    for key, manifest in kustomize.items():
        assert helm[key] == manifest, key


def test_each_watched_namespace_gets_the_rights_and_no_other() -> None:
    manifests = by_helm("--set=watchNamespaces={shop,warehouse}")
    roles = [m["metadata"] for m in manifests if m["kind"] == "Role"]
    places = {metadata["namespace"] for metadata in roles if metadata["name"] == "dataservice-operator"}
    assert places == {"shop", "warehouse"}
    names = {m["metadata"]["name"] for m in manifests if m["kind"].startswith("ClusterRole")}
    assert names == {"dataservice-edit", "dataservice-view"}


def test_a_namespace_may_be_called_by_a_number() -> None:
    [role] = [
        m
        for m in by_helm("--set-string=watchNamespaces={007}")
        if m["metadata"]["name"] == "dataservice-operator" and m["kind"] == "Role"
    ]
    assert role["metadata"]["namespace"] == "007"


def test_the_crd_outlives_the_release_unless_told_otherwise() -> None:
    [kept] = [m for m in by_helm() if m["kind"] == "CustomResourceDefinition"]
    assert kept["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    [other] = [m for m in by_helm("--set=crds.keep=false") if m["kind"] == "CustomResourceDefinition"]
    assert not other["metadata"]["annotations"]


def test_what_is_switched_off_is_not_there() -> None:
    off = [
        f"--set={part}.install=false"
        for part in ("crds", "userRoles", "podDisruptionBudget", "networkPolicy")
    ]
    kinds = {m["kind"] for m in by_helm(*off)}
    assert not kinds & {"CustomResourceDefinition", "PodDisruptionBudget", "NetworkPolicy"}


def test_values_reach_the_pods() -> None:
    digest = "sha256:" + "0" * 64
    values = {
        "image": {"repository": "registry.example.com/operator", "digest": digest},
        "serviceImage": {"tag": "1.2.3"},
        "settings": {"workers": 32, "logLevel": "DEBUG"},
        "resources": {"limits": {"memory": "1Gi"}},
        "podAnnotations": {"example.com/team": "data"},
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "tolerations": [{"key": "data", "operator": "Exists"}],
        "imagePullSecrets": [{"name": "registry"}],
        "priorityClassName": "system-cluster-critical",
    }
    options = [f"--set-json={name}={json.dumps(value)}" for name, value in values.items()]
    [deployment] = [m for m in by_helm(*options) if m["kind"] == "Deployment"]
    template = deployment["spec"]["template"]
    [container] = template["spec"]["containers"]
    environment = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert container["image"] == f"registry.example.com/operator@{digest}"
    assert environment["DATASERVICE_OPERATOR_DEFAULT_IMAGE"] == "ghcr.io/dataservice-dev/service:1.2.3"
    assert environment["DATASERVICE_OPERATOR_WORKERS"] == "32"
    assert environment["DATASERVICE_OPERATOR_LOG_LEVEL"] == "DEBUG"
    assert container["resources"]["limits"] == {"memory": "1Gi"}
    assert template["metadata"]["annotations"]["example.com/team"] == "data"
    for name in ("nodeSelector", "tolerations", "imagePullSecrets", "priorityClassName"):
        assert template["spec"][name] == values[name]


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("replicas=two", "replicas"),
        ("replicas=0", "replicas"),
        ("replica=2", "replica"),
        ("image.pullPolicy=Sometimes", "pullPolicy"),
        ("image.digest=latest", "digest"),
        ("image.repository=", "repository"),
        ("image.name=operator", "name"),
        ("watchNamespaces=shop", "watchNamespaces"),
        ("watchNamespaces={Shop}", "watchNamespaces"),
        ("watchNamespaces={shop,shop}", "watchNamespaces"),
        ("crds.keep=perhaps", "keep"),
        ("settings.worker=3", "worker"),
        ("settings.logLevel=LOUD", "logLevel"),
        ("resources.requests.cpu=much", "cpu"),
    ],
)
def test_values_that_make_no_sense_are_refused_by_name(setting: str, key: str) -> None:
    done = run(tool("helm"), "template", CHART, f"--set={setting}")
    assert done.returncode != 0
    assert "values don't meet the specifications of the schema" in done.stderr
    assert key in done.stderr


def test_every_value_has_a_place_in_the_schema_and_a_default() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert set(values) == set(schema["properties"]) - {"global"}  # Helm's own, for charts of charts


def test_helm_lints_it() -> None:
    output(tool("helm"), "lint", "--strict", CHART)


def test_it_carries_what_a_package_needs(tmp_path: Path) -> None:
    assert "Successfully packaged" in output(tool("helm"), "package", CHART, f"--destination={tmp_path}")
