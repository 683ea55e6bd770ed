"""The manifests in k8s/: what they build is accepted, restricted, and allows the operator no more than it needs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.kubectl import Kubectl, KubectlError, fresh_namespace

pytestmark = pytest.mark.apiserver

K8S = Path(__file__).resolve().parents[2] / "k8s"
OVERLAYS = [
    "overlays/cluster",
    "overlays/namespaces",
    "overlays/dev",
    "samples",
    "samples/embedded",
    "overlays/dev-samples",
    "plain",
]
RESTRICTED = [f"pod-security.kubernetes.io/{mode}=restricted" for mode in ("enforce", "warn")]
OPERATOR = "dataservice-operator"

Manifest = dict[str, Any]


def built(kubectl: Kubectl, overlay: str) -> list[Manifest]:
    return list(yaml.safe_load_all(kubectl("kustomize", str(K8S / overlay))))


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def moved(manifest: Manifest, namespace: str) -> Manifest:
    """The manifest in another namespace, so that nothing real of that name is needed."""
    if "namespace" not in manifest["metadata"]:
        return manifest
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


@pytest.fixture(scope="module")
def restricted(kubectl: Kubectl, crd: str) -> Iterator[str]:  # noqa: ARG001 - the samples hold a DataService
    with fresh_namespace(kubectl) as name:
        kubectl("label", "namespace", name, *RESTRICTED)
        yield name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_api_server_accepts_what_is_built_without_a_warning(
    kubectl: Kubectl, restricted: str, overlay: str
) -> None:
    """A pod that breaks the restricted profile would be a warning here."""
    for manifest in built(kubectl, overlay):
        options = ("--server-side", "--force-conflicts", "--dry-run=server", "--warnings-as-errors")
        kubectl("apply", *options, "--filename=-", manifest=moved(manifest, restricted))


def test_a_pod_that_breaks_the_profile_would_be_seen(kubectl: Kubectl, restricted: str) -> None:
    [deployment] = of_kind(built(kubectl, "overlays/cluster"), "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = (
        True
    )
    options = ("--server-side", "--dry-run=server", "--warnings-as-errors", "--filename=-")
    with pytest.raises(KubectlError, match="allowPrivilegeEscalation"):
        kubectl("apply", *options, manifest=moved(deployment, restricted))


def test_the_development_overlay_takes_the_images_built_here(kubectl: Kubectl) -> None:
    [deployment] = of_kind(built(kubectl, "overlays/dev"), "Deployment")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    environment = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert container["image"] == "localhost/dataservice/operator:dev"
    assert environment["DATASERVICE_OPERATOR_DEFAULT_IMAGE"] == "localhost/dataservice/service:dev"
    assert "DATASERVICE_OPERATOR_LEASE_NAMESPACE" in environment


@pytest.fixture(scope="module")
def operator_account(kubectl: Kubectl, restricted: str) -> Iterator[str]:
    """The user name of a service account to which the operator's roles are bound, in a namespace of its own."""
    every = built(kubectl, "overlays/cluster")
    manifests = [m for m in every if "Role" in m["kind"] or m["kind"] == "ServiceAccount"]
    ours = [moved(m, restricted) for m in manifests if m["metadata"]["name"].startswith(OPERATOR)]
    for manifest in ours:
        for subject in manifest.get("subjects", []):
            subject["namespace"] = restricted
        if manifest["kind"].startswith("ClusterRole"):
            manifest["metadata"]["name"] = manifest["metadata"]["name"] + "-" + restricted
        if manifest["kind"] == "ClusterRoleBinding":
            manifest["roleRef"]["name"] = manifest["roleRef"]["name"] + "-" + restricted
    applied = {"apiVersion": "v1", "kind": "List", "items": ours}
    kubectl("apply", "--server-side", "--filename=-", manifest=applied)
    yield f"system:serviceaccount:{restricted}:{OPERATOR}"
    kubectl("delete", "--filename=-", "--wait=false", manifest=applied)


@pytest.mark.parametrize(
    "right",
    [
        "watch dataservices.dataservice.dev",
        "patch dataservices.dataservice.dev --subresource=status",
        "update dataservices.dataservice.dev --subresource=finalizers",
        "create deployments.apps",
        "delete configmaps",
        "patch services",
        "watch horizontalpodautoscalers.autoscaling",
        "patch ingresses.networking.k8s.io",
        "delete poddisruptionbudgets.policy",
        "patch networkpolicies.networking.k8s.io",
        "watch servicemonitors.monitoring.coreos.com",
        "create serviceaccounts",
        "patch persistentvolumeclaims",
        "list replicasets.apps",
        "get secrets",
        "create secrets",
        "create events.events.k8s.io",
    ],
)
def test_the_operator_may(kubectl: Kubectl, operator_account: str, right: str) -> None:
    assert allowed(kubectl, operator_account, right, "default")


@pytest.mark.parametrize(
    "right",
    [
        "update secrets",
        "patch secrets",
        "delete secrets",
        "delete persistentvolumeclaims",
        "patch dataservices.dataservice.dev",
        "delete dataservices.dataservice.dev",
        "delete pods",
        "get pods --subresource=log",
        "create pods --subresource=exec",
        "create roles.rbac.authorization.k8s.io",
        "create serviceaccounts --subresource=token",
        "get leases.coordination.k8s.io",
        "list namespaces",
        "list nodes",
    ],
)
def test_the_operator_may_not(kubectl: Kubectl, operator_account: str, right: str) -> None:
    assert not allowed(kubectl, operator_account, right, "default")


def test_the_operator_elects_its_leader_in_its_own_namespace(
    kubectl: Kubectl, operator_account: str, restricted: str
) -> None:
    assert allowed(kubectl, operator_account, f"update leases.coordination.k8s.io/{OPERATOR}", restricted)
    assert not allowed(kubectl, operator_account, "update leases.coordination.k8s.io/another", restricted)


def allowed(kubectl: Kubectl, user: str, right: str, namespace: str) -> bool:
    """Whether the user has a right, in the words of `kubectl auth can-i`."""
    try:
        kubectl("auth", "can-i", *right.split(), f"--as={user}", f"--namespace={namespace}", "--quiet")
    except KubectlError as error:
        if str(error) and "is not namespace scoped" not in str(error):
            raise
        return False
    return True
