"""`kubectl dataservice report` on a real API server, which has stored what should not leave it; `logs` and `open` where
there are no pods.
"""

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_dataservice.errors import Exit
from tests.cluster.state import Cluster
from tests.support.data_service import smallest
from tests.support.kubectl import Kubectl
from tests.support.plugin import Plugin

pytestmark = pytest.mark.apiserver

SECRET = "hunter2-of-the-shop"  # noqa: S105 - nobody's
LABELS = {"app.kubernetes.io/name": "dataservice", "app.kubernetes.io/instance": "orders"}


@pytest.fixture
def plugin(
    kubectl: Kubectl, namespace: str, api_server: Cluster, capsys: pytest.CaptureFixture[str]
) -> Plugin:
    """Where a DataService, its Deployment, a Secret and an Event hold a secret wherever one may be written."""
    annotations = {"example.com/token": SECRET}
    spec = {"config": {"SMTP_PASSWORD": SECRET}, "service": {"annotations": annotations}}
    metadata = {"annotations": annotations}
    for manifest in (
        smallest(metadata=metadata, spec=spec),
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "orders-mongo", "labels": LABELS}}
        | {"stringData": {"uri": f"mongodb://till:{SECRET}@db/"}},
        deployment(annotations),
        event(f"cannot connect to mongodb://till:{SECRET}@db/shop", namespace),
    ):
        kubectl("apply", f"--namespace={namespace}", "--filename=-", manifest=manifest)
    return Plugin(api_server.kubeconfig, namespace, capsys)


def deployment(annotations: Mapping[str, str]) -> dict[str, Any]:
    container = {
        "name": "service",
        "image": "registry.example.com/service:1",
        "env": [{"name": "SMTP_PASSWORD", "value": SECRET}],
        "args": ["--password", SECRET],
    }
    metadata = {"labels": LABELS, "annotations": annotations}
    template = {"metadata": metadata, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "orders", **metadata},
        "spec": {"replicas": 0, "selector": {"matchLabels": LABELS}, "template": template},
    }


def event(message: str, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "orders.1"},
        "involvedObject": {"kind": "DataService", "name": "orders", "namespace": namespace},
        "message": message,
        "reason": "DatabaseUnreachable",
        "type": "Warning",
    }


@pytest.fixture
def few(kubectl: Kubectl, namespace: str, plugin: Plugin, tmp_path: Path) -> Path:
    """Kubeconfig of an account that may read DataServices and nothing else."""
    here = f"--namespace={namespace}"
    kubectl("create", here, "role", "few", "--verb=get,list", "--resource=dataservices.dataservice.dev")
    kubectl("create", here, "serviceaccount", "few")
    kubectl("create", here, "rolebinding", "few", "--role=few", f"--serviceaccount={namespace}:few")
    token = kubectl("create", here, "token", "few").strip()
    return plugin.with_config(tmp_path / "few", user={"token": token})


def files(archive: Path) -> dict[str, str]:
    """Texts by name, without the folder that they are in."""
    with tarfile.open(archive) as tar:
        opened = {entry.name: tar.extractfile(entry) for entry in tar}
        return {name.split("/", 1)[1]: file.read().decode() for name, file in opened.items() if file}


def test_a_report_explains_and_tells_no_secret(plugin: Plugin, namespace: str, tmp_path: Path) -> None:
    target = tmp_path / "report.tar.gz"
    done = plugin("report", "orders", "--file", str(target), "--operator-namespace", namespace)
    assert (done.code, done.out) == (0, f"{target}\n"), done.err
    assert target.stat().st_mode & 0o777 == 0o600
    found = files(target)
    assert {"README.txt", "dataservice.yaml", "crd.yaml", "server-version.yaml", "events.yaml"} <= set(found)
    assert "registry.example.com/service:1" in found["children/Deployment-orders.yaml"]
    assert "cannot connect to mongodb://[redacted]" in found["events.yaml"]
    assert yaml.safe_load(found["dataservice.yaml"])["spec"]["config"] == {"SMTP_PASSWORD": "[redacted]"}
    for name, text in found.items():
        assert SECRET not in text, name
    assert "Secret" not in {
        yaml.safe_load(text).get("kind") for name, text in found.items() if "children/" in name
    }
    assert "not read: Deployment of the operator: none in namespace" in done.err


def test_a_file_that_is_there_is_not_written_over(plugin: Plugin, tmp_path: Path) -> None:
    plugin("report", "orders", "--file", str(tmp_path)).refused(Exit.USAGE, f"{tmp_path} is there already: ")


def test_what_may_not_be_read_is_told_and_left_out(plugin: Plugin, few: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.tar.gz"
    done = plugin("report", "orders", "--file", str(target), "--output=json", kubeconfig=few)
    assert done.code == 0, done.err
    unread = "\n".join(json.loads(done.out)["unread"])
    for what in ("CRD", "pods", "deployments", "events", "Deployment of the operator"):
        assert f"{what}: " in unread
    assert "cannot list" in files(target)["README.txt"]


def test_keys_without_the_right_to_secrets_are_one_line(
    plugin: Plugin, kubectl: Kubectl, namespace: str, few: Path
) -> None:
    auth = {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}}
    patch = json.dumps({"spec": {"api": {"auth": auth}}})
    kubectl("patch", f"--namespace={namespace}", "dsvc", "orders", "--type=merge", f"--patch={patch}")
    plugin("keys", "create", "orders", kubeconfig=few).refused(Exit.FORBIDDEN, "cannot get resource")


@pytest.mark.parametrize("verb", ["logs", "open"])
def test_without_pods_the_line_says_where_to_look(plugin: Plugin, namespace: str, verb: str) -> None:
    plugin(verb, "orders").refused(Exit.NO, f"kubectl dataservice status orders -n {namespace} says why")


@pytest.mark.parametrize("verb", ["logs", "open", "report"])
def test_an_unknown_name_is_one_line(plugin: Plugin, verb: str) -> None:
    plugin(verb, "order").refused(Exit.NOT_FOUND, "did you mean 'orders'")
