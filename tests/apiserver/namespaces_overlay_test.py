"""The overlay for given namespaces: its rights, which reach no further, are enough for all that the operator does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.apiserver.conftest import ROOT
from tests.apiserver.scene import Scene
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl, KubectlError, fresh_namespace
from tests.support.operator_process import OperatorProcess

pytestmark = pytest.mark.apiserver

SYSTEM, WATCHED = "dataservice-system", "shop"
"""Namespaces of the overlay; a test has its own instead."""

ACCOUNT = "dataservice-operator"


@dataclass(frozen=True)
class Installed:
    """The overlay's account with its roles, on the test's namespaces."""

    system: str
    watched: tuple[str, str]
    kubeconfig: Path


@pytest.fixture
def installed(kubectl: Kubectl, namespace: str, tmp_path: Path) -> Iterator[Installed]:
    """As the overlay says how to add one: a second namespace has the same rights as the first."""
    built = list(yaml.safe_load_all(kubectl("kustomize", str(ROOT / "k8s/overlays/namespaces"))))
    with fresh_namespace(kubectl) as second, fresh_namespace(kubectl) as system:
        watched = (namespace, second)
        for place in watched:
            for manifest in built:
                if manifest["kind"] in ("ServiceAccount", "Role", "RoleBinding"):
                    kubectl(
                        "apply", "--filename=-", manifest=_moved(manifest, {SYSTEM: system, WATCHED: place})
                    )
        assert not [each for each in built if each["kind"] == "ClusterRoleBinding"]
        token = kubectl(f"--namespace={system}", "create", "token", ACCOUNT).strip()
        access = yaml.safe_load(kubectl.kubeconfig.read_text())
        access["users"][0]["user"] = {"token": token}
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(yaml.safe_dump(access))
        yield Installed(system, watched, kubeconfig)


def test_it_needs_no_right_to_any_other_namespace_and_asks_for_none(
    kubectl: Kubectl, installed: Installed, start: Callable[..., OperatorProcess]
) -> None:
    settings = {"watch_namespaces": ",".join(installed.watched), "lease_namespace": installed.system}
    operator = start(kubeconfig=installed.kubeconfig, leader_election=True, resync_seconds=1, **settings)
    elsewhere = Scene(kubectl, installed.system, operator)
    elsewhere.apply()
    for place in installed.watched:
        _lives_through_its_life(Scene(kubectl, place, operator))
    before = operator.metric("dataservice_operator_reconcile_seconds_count")
    eventually(lambda: operator.metric("dataservice_operator_reconcile_seconds_count") > before + 4)
    assert operator.stop() == 0
    assert "orbidden" not in operator.log.read_text()
    assert not elsewhere.children()


def _lives_through_its_life(scene: Scene) -> None:
    """Made, repaired, and rid of what it asks for no more."""
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
    scene.apply(spec={"podDisruptionBudget": {"maxUnavailable": 1}})
    eventually(lambda: scene.condition().get("reason") == "RollingOut")
    scene("delete", "service,poddisruptionbudget", "orders")
    scene("set", "image", "deployment/orders", "service=example.com/other:1")
    eventually(lambda: scene.get("service", "orders") and scene.get("poddisruptionbudget", "orders"))
    eventually(lambda: "other" not in scene.container()["image"])
    scene.apply()
    eventually(lambda: not scene.get("poddisruptionbudget", "orders"))


def test_its_account_may_not_look_anywhere_else(kubectl: Kubectl, installed: Installed) -> None:
    theirs = Kubectl(kubectl.binary, installed.kubeconfig)
    for what in ("dataservices", "secrets", "deployments"):
        with pytest.raises(KubectlError, match="cannot list"):
            theirs("get", what, "--namespace=default")
        with pytest.raises(KubectlError, match="at the cluster scope"):
            theirs("get", what, "--all-namespaces")


def _moved(value: Any, places: dict[str, str]) -> Any:
    """The manifest with its namespaces exchanged, wherever it names one."""
    if isinstance(value, dict):
        return {
            name: places.get(below, below) if name == "namespace" else _moved(below, places)
            for name, below in value.items()
        }
    return [_moved(each, places) for each in value] if isinstance(value, list) else value
