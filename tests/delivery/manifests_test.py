"""Manifests of every way to install, against the schemas of a real API server and the advice of kube-score."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from delivery.chart import FOLDER
from delivery.generate import ROOT
from tests.cluster import golang
from tests.cluster.state import control_plane
from tests.support.kubectl import Kubectl, install_crds
from tests.support.required import unavailable
from tests.support.tools import output, run, tool

pytestmark = [pytest.mark.tools, pytest.mark.apiserver]

KUSTOMIZED = [
    *(f"overlays/{name}" for name in ("cluster", "namespaces", "dev", "smoke", "dev-samples")),
    "plain",
    "samples",
    "samples/embedded",
]
EVERY_WAY = [*KUSTOMIZED, "helm"]

ALLOWED = {
    "container-image-pull-policy": "Always asks the registry at each start; our tags and digests never move",
    "container-ephemeral-storage-request-and-limit": "the root is read-only, and /tmp has a sizeLimit",
    "container-security-context-user-group-id": "65532 is the image's own user",
    "deployment-has-host-podantiaffinity": "topologySpreadConstraints spread them, and a single node is enough",
}
"""Advice of kube-score that is not followed, with the reason. Nor are limits of CPU asked for: they slow a pod down
while its node has time to spare; requests hold its share."""

THE_SAMPLE_DOES_NOT_ASK_FOR_IT = ("pod-networkpolicy", "deployment-has-poddisruptionbudget")
FOR_TRYING_THINGS_OUT = ("pod-networkpolicy", "deployment-strategy", "deployment-replicas")
"""The database of the samples: one pod that keeps nothing."""

ALLOWED_OF = {
    "plain": THE_SAMPLE_DOES_NOT_ASK_FOR_IT,
    **dict.fromkeys(("samples", "overlays/smoke", "overlays/dev-samples"), FOR_TRYING_THINGS_OUT),
}


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of JSON Schemas as kubeconform wants them, from the API server's own OpenAPI, with the CRD's."""
    cluster = control_plane() or unavailable("needs an API server: make cluster")
    kubectl = Kubectl(cluster.kubectl, cluster.kubeconfig)
    install_crds(kubectl, ROOT / "crds")
    folder = tmp_path_factory.mktemp("schemas")
    definitions = json.loads(kubectl("get", "--raw=/openapi/v2"))["definitions"]
    assert any(name.endswith("DataService") for name in definitions), "the CRD is not in the OpenAPI yet"
    (folder / "all.json").write_text(json.dumps({"definitions": dict(_strict(definitions))}))
    for name, definition in definitions.items():
        for group in definition.get("x-kubernetes-group-version-kind", ()):
            version = "-".join(part for part in (group["group"].split(".")[0], group["version"]) if part)
            reference = {"$ref": f"all.json#/definitions/{name}"}
            (folder / f"{group['kind'].lower()}-{version}.json").write_text(json.dumps(reference))
    return folder


def _strict(definitions: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """With every field that is not known refused, as the API server refuses it of kubectl."""
    for name, definition in definitions.items():
        yield name, _closed(definition)


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _closed(part) for name, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        inner.setdefault("additionalProperties", False)
    if schema.get("format") == "int-or-string":
        inner["type"] = ["integer", "string"]
    return inner


def manifests(way: str) -> str:
    if way == "helm":
        return output(tool("helm"), "template", ROOT / FOLDER, "--namespace=dataservice-system")
    return output(golang.binary("kubectl"), "kustomize", ROOT / "k8s" / way)


@pytest.mark.parametrize("way", EVERY_WAY)
def test_kubeconform_finds_every_field_known_and_of_its_type(schemas: Path, way: str) -> None:
    location = f"{schemas}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    words = (tool("kubeconform"), "-strict", "-summary", "-schema-location", location)
    done = run(*words, stdin=manifests(way))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Skipped: 0" in done.stdout


def test_kubeconform_would_see_a_misspelt_field(schemas: Path) -> None:
    location = f"{schemas}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    misspelt = manifests("overlays/cluster").replace("serviceAccountName:", "serviceAcountName:")
    done = run(tool("kubeconform"), "-strict", "-schema-location", location, stdin=misspelt)
    assert done.returncode == 1
    assert "serviceAcountName" in done.stdout


@pytest.mark.parametrize("way", EVERY_WAY)
def test_kube_score_has_no_advice_left(way: str) -> None:
    ignored = [word for name in (*ALLOWED, *ALLOWED_OF.get(way, ())) for word in ("--ignore-test", name)]
    done = run(
        tool("kube-score"),
        "score",
        "--kubernetes-version=v1.35",
        "--exit-one-on-warning",
        "--ignore-container-cpu-limit",
        *ignored,
        "-",
        stdin=manifests(way),
    )
    assert done.returncode == 0, done.stdout + done.stderr
