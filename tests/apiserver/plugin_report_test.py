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
from tests.support.data_service import smallest
from tests.support.kubectl import Kubectl
from tests.support.plugin_process import PluginProcess

pytestmark = pytest.mark.apiserver

SECRET = "hunter2-of-the-shop"  # noqa: S105 - nobody's
LABELS = {"app.kubernetes.io/name": "dataservice", "app.kubernetes.io/instance": "orders"}


@pytest.fixture
def plugin(kubectl: Kubectl, namespace: str) -> PluginProcess:
    """A DataService, its Deployment, a Secret and an Event, with a secret wherever one may be written."""
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
    return PluginProcess(kubectl, namespace, in_process=True)


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


def files(archive: Path) -> dict[str, str]:
    """Texts by name, without the folder that they are in."""
    with tarfile.open(archive) as tar:
        opened = {entry.name: tar.extractfile(entry) for entry in tar}
        return {name.split("/", 1)[1]: file.read().decode() for name, file in opened.items() if file}


def test_a_report_explains_and_tells_no_secret(plugin: PluginProcess, tmp_path: Path) -> None:
    target = tmp_path / "report.tar.gz"
    done = plugin("report", "orders", "--file", str(target), "--operator-namespace", plugin.namespace)
    assert (done.returncode, done.stdout) == (0, f"{target}\n"), done.stderr
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
    assert "not read: Deployment of the operator: none in namespace" in done.stderr


def test_a_file_that_is_there_is_not_written_over(plugin: PluginProcess, tmp_path: Path) -> None:
    done = plugin("report", "orders", "--file", str(tmp_path))
    assert done.returncode == Exit.USAGE
    assert done.stderr == f"error: {tmp_path} is there already: name another file by -f\n"


def test_what_may_not_be_read_is_told_and_left_out(plugin: PluginProcess, tmp_path: Path) -> None:
    rules = [{"apiGroups": ["dataservice.dev"], "resources": ["dataservices"], "verbs": ["get", "list"]}]
    few = with_rights(plugin, rules, tmp_path)
    target = tmp_path / "report.tar.gz"
    done = few("report", "orders", "--file", str(target), "--output=json")
    assert done.returncode == 0, done.stderr
    unread = "\n".join(json.loads(done.stdout)["unread"])
    for what in ("CRD", "pods", "deployments", "events", "Deployment of the operator"):
        assert f"{what}: " in unread
    assert "cannot list" in files(target)["README.txt"]


def with_rights(plugin: PluginProcess, rules: list[dict[str, Any]], folder: Path) -> PluginProcess:
    """The plugin as an account with these rights in the namespace."""
    here = f"--namespace={plugin.namespace}"
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "few"},
        "rules": rules,
    }
    plugin.kubectl("create", here, "--filename=-", manifest=role)
    plugin.kubectl("create", here, "serviceaccount", "few")
    subject = f"--serviceaccount={plugin.namespace}:few"
    plugin.kubectl("create", here, "rolebinding", "few", "--role=few", subject)
    known = yaml.safe_load(plugin.kubectl.kubeconfig.read_text())
    known["users"][0]["user"] = {"token": plugin.kubectl("create", here, "token", "few").strip()}
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(known))
    return PluginProcess(plugin.kubectl, plugin.namespace, kubeconfig, in_process=True)


def test_keys_without_the_right_to_secrets_are_one_line(plugin: PluginProcess, tmp_path: Path) -> None:
    auth = {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}}
    patch = json.dumps({"spec": {"api": {"auth": auth}}})
    plugin.kubectl(
        "patch", f"--namespace={plugin.namespace}", "dsvc", "orders", "--type=merge", f"--patch={patch}"
    )
    rules = [{"apiGroups": ["dataservice.dev"], "resources": ["dataservices"], "verbs": ["get", "list"]}]
    done = with_rights(plugin, rules, tmp_path)("keys", "create", "orders")
    assert (done.returncode, done.stdout) == (Exit.FORBIDDEN, "")
    assert "cannot get resource" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("verb", ["logs", "open"])
def test_without_pods_the_line_says_where_to_look(plugin: PluginProcess, verb: str) -> None:
    done = plugin(verb, "orders")
    assert (done.returncode, done.stdout) == (Exit.NO, "")
    assert f"kubectl dataservice status orders -n {plugin.namespace} says why" in done.stderr


@pytest.mark.parametrize("verb", ["logs", "open", "report"])
def test_an_unknown_name_is_one_line(plugin: PluginProcess, verb: str) -> None:
    done = plugin(verb, "order")
    assert (done.returncode, done.stdout) == (Exit.NOT_FOUND, "")
    assert "did you mean 'orders'" in done.stderr
