"""An operator with a right too few, or on a cluster with a kind too few: what it says, what goes on, what heals."""

import copy
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.apiserver.conftest import ROOT, SERVICE_MONITORS
from tests.apiserver.operator_test import EVERYTHING
from tests.apiserver.scene import Scene
from tests.cluster.state import Cluster
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl, KubectlError, install_crds
from tests.support.operator_process import OperatorProcess

pytestmark = pytest.mark.apiserver

ROLE: dict[str, Any] = yaml.safe_load((ROOT / "k8s/rights/role.yaml").read_text(encoding="utf-8"))
ACCOUNT = "dataservice-operator"
UNTIL_HEALED = 60


class Account:
    """The operator's own account in one namespace, with its real role there or less."""

    def __init__(self, kubectl: Kubectl, namespace: str, folder: Path) -> None:
        self._kubectl = kubectl
        self._namespace = namespace
        self.kubeconfig = folder / "kubeconfig"

    def open(self) -> None:
        self("create", "serviceaccount", ACCOUNT)
        options = (f"--role={ACCOUNT}", f"--serviceaccount={self._namespace}:{ACCOUNT}")
        self("create", "rolebinding", ACCOUNT, *options)
        known = yaml.safe_load(self._kubectl.kubeconfig.read_text())
        known["users"][0]["user"] = {"token": self("create", "token", ACCOUNT).strip()}
        self.kubeconfig.write_text(yaml.safe_dump(known))

    def lacks(self, resource: str = "", *verbs: str) -> None:
        """Give the role without these verbs on the resource, and wait until it counts."""
        self("apply", "--filename=-", manifest={**ROLE, "rules": _rules(resource, verbs)})
        eventually(lambda: not any(self._may(verb, resource) for verb in verbs))
        eventually(lambda: self._may("create", "events.events.k8s.io"))

    def has_all(self) -> None:
        self.lacks()

    def __call__(self, *arguments: str, manifest: Any = None) -> str:
        return self._kubectl(f"--namespace={self._namespace}", *arguments, manifest=manifest)

    def _may(self, verb: str, resource: str) -> bool:
        user = f"--as=system:serviceaccount:{self._namespace}:{ACCOUNT}"
        try:
            self("auth", "can-i", verb, resource, user, "--quiet")
        except KubectlError:
            return False
        return True


def _rules(resource: str, verbs: tuple[str, ...]) -> list[dict[str, Any]]:
    """The role's rules, one for each resource."""
    rules = [
        {**rule, "resources": [each]} for rule in copy.deepcopy(ROLE["rules"]) for each in rule["resources"]
    ]
    for rule in rules:
        if rule["resources"] == [resource]:
            rule["verbs"] = [verb for verb in rule["verbs"] if verb not in verbs]
    return [rule for rule in rules if rule["verbs"]]


@pytest.fixture
def account(kubectl: Kubectl, namespace: str, tmp_path: Path) -> Account:
    account = Account(kubectl, namespace, tmp_path)
    account.open()
    return account


@pytest.fixture
def operator(account: Account, namespace: str, tmp_path: Path) -> Iterator[OperatorProcess]:
    """The operator with that account, not started; it looks for missing kinds each second."""
    operator = OperatorProcess(
        account.kubeconfig, tmp_path / "operator.log", watch_namespaces=namespace, resync_seconds=1
    )
    yield operator
    operator.close()


@pytest.fixture
def scene(kubectl: Kubectl, namespace: str, operator: OperatorProcess) -> Scene:
    return Scene(kubectl, namespace, operator)


def forbidden(scene: Scene, kind: str = "Ready", name: str = "orders") -> str:
    """Message of a condition with reason Forbidden; empty while it has another."""
    condition = scene.condition(kind, name)
    message: str = condition["message"] if condition.get("reason") == "Forbidden" else ""
    return message


def heal(scene: Scene, account: Account, healed: Callable[[], object]) -> None:
    account.has_all()
    eventually(healed, seconds=UNTIL_HEALED)
    eventually(lambda: scene.condition().get("reason") == "SecretNotFound", seconds=UNTIL_HEALED)


def test_a_child_that_may_not_be_written_is_told_and_the_others_are_made(
    scene: Scene, account: Account
) -> None:
    account.lacks("poddisruptionbudgets", "patch")
    scene.operator.start()
    scene.apply(**EVERYTHING)
    message = eventually(lambda: forbidden(scene))
    assert 'cannot patch resource "poddisruptionbudgets"' in message
    assert 'cannot patch resource "poddisruptionbudgets"' in scene.operator.log.read_text()
    for kind in ("deployment", "service", "ingress", "networkpolicy"):
        assert scene.get(kind, "orders"), kind
    heal(scene, account, lambda: scene.get("poddisruptionbudget", "orders"))


@pytest.mark.parametrize("verb", ["list", "watch"])
def test_a_kind_that_may_not_be_watched_is_told_to_who_wants_it_and_left_alone(
    scene: Scene, account: Account, verb: str
) -> None:
    account.lacks("ingresses", verb)
    scene.operator.start()
    scene.apply(metadata={"name": "plain"})
    scene.apply(**EVERYTHING)
    message = eventually(lambda: forbidden(scene))
    assert f'cannot {verb} resource "ingresses"' in message
    eventually(lambda: scene.condition(name="plain").get("reason") == "SecretNotFound")
    for kind in ("deployment", "service", "poddisruptionbudget", "networkpolicy"):
        assert scene.get(kind, "orders"), kind
    assert not scene.get("ingress", "orders"), "nothing is written of which nothing is known"
    heal(scene, account, lambda: scene.get("ingress", "orders"))
    assert scene.operator.log.read_text().count(f'cannot {verb} resource "ingresses"') == 1


def test_while_a_kind_may_not_be_watched_nothing_is_written_at_rest(scene: Scene, account: Account) -> None:
    account.lacks("ingresses", "list")
    scene.operator.start()
    scene.apply(**EVERYTHING)
    eventually(lambda: forbidden(scene))
    metric = scene.operator.metric

    def rests() -> bool:
        """Whether four looks at the DataService, one a second, write nothing."""
        writes = metric("dataservice_operator_writes_total")
        looks = metric("dataservice_operator_reconcile_seconds_count")
        eventually(lambda: metric("dataservice_operator_reconcile_seconds_count") >= looks + 4)
        return metric("dataservice_operator_writes_total") == writes

    eventually(rests, seconds=UNTIL_HEALED)


def test_a_kind_that_may_not_be_watched_any_more_is_not_written_from_memory(
    scene: Scene, account: Account
) -> None:
    scene.operator = OperatorProcess(
        account.kubeconfig, scene.operator.log, watch_namespaces=scene.namespace, watch_silence_seconds=1
    )
    account.has_all()
    scene.operator.start()
    try:
        scene.apply(**EVERYTHING)
        eventually(lambda: scene.get("ingress", "orders"))
        account.lacks("ingresses", "list", "watch")
        eventually(lambda: forbidden(scene), seconds=UNTIL_HEALED)
        scene("delete", "ingress", "orders")
        scene("scale", "dataservice", "orders", "--replicas=3")
        eventually(lambda: scene.settled(1))
        assert not scene.get("ingress", "orders")
        heal(scene, account, lambda: scene.get("ingress", "orders"))
    finally:
        scene.operator.close()


@pytest.mark.parametrize("resource", ["secrets", "deployments", "configmaps"])
def test_what_every_data_service_needs_and_may_not_be_watched_is_told(
    scene: Scene, account: Account, resource: str
) -> None:
    account.lacks(resource, "list")
    scene.operator.start()
    scene.apply()
    message = eventually(lambda: forbidden(scene))
    assert f'cannot list resource "{resource}"' in message
    assert scene.get("service", "orders")
    heal(scene, account, lambda: scene.settled(5))


def test_a_secret_that_may_not_be_read_is_told(scene: Scene, account: Account) -> None:
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
    account.lacks("secrets", "get")
    scene.operator.start()
    scene.apply()
    message = eventually(lambda: forbidden(scene))
    assert 'cannot get resource "secrets"' in message
    account.has_all()
    eventually(lambda: scene.condition().get("reason") == "RollingOut", seconds=UNTIL_HEALED)


def test_without_a_sight_of_the_pods_the_database_is_unknown_and_nothing_else(
    scene: Scene, account: Account
) -> None:
    account.lacks("pods", "list", "watch")
    scene.operator.start()
    scene.apply()
    message = eventually(lambda: forbidden(scene, "DatabaseReachable"))
    assert 'cannot list resource "pods"' in message
    assert scene.condition("DatabaseReachable")["status"] == "Unknown"
    assert 'cannot list resource "pods"' in scene.operator.log.read_text()
    eventually(lambda: scene.settled(5))
    heal(scene, account, lambda: scene.condition("DatabaseReachable")["reason"] == "NoPods")


def test_without_a_sight_of_the_deployment_what_it_does_is_unknown(scene: Scene, account: Account) -> None:
    account.lacks("deployments", "list")
    scene.operator.start()
    scene.apply()
    for kind in ("Available", "Progressing"):
        eventually(partial(forbidden, scene, kind))
        assert scene.condition(kind)["status"] == "Unknown"


class TestServiceMonitors:
    def test_the_kind_may_come_and_go_while_the_operator_runs(
        self, scene: Scene, account: Account, service_monitors: str
    ) -> None:
        account.has_all()
        scene("delete", service_monitors)
        try:
            scene.operator.start()
            self._asks_for_one(scene)
            eventually(lambda: "no ServiceMonitor is made" in scene.condition().get("message", ""))
            assert scene.condition()["status"] == "True"
            install_crds(scene.kubectl, SERVICE_MONITORS)
            eventually(lambda: scene.get("servicemonitor", "orders"))
            eventually(lambda: "ServiceMonitor" not in scene.condition()["message"])
            scene("delete", service_monitors)
            eventually(lambda: "no ServiceMonitor is made" in scene.condition()["message"])
            assert scene.condition()["status"] == "True"
        finally:
            install_crds(scene.kubectl, SERVICE_MONITORS)
        eventually(lambda: scene.get("servicemonitor", "orders"))

    def test_who_does_not_ask_for_one_hears_nothing_of_it(
        self, scene: Scene, account: Account, service_monitors: str
    ) -> None:
        account.has_all()
        scene("delete", service_monitors)
        try:
            scene.operator.start()
            scene.apply(spec={"replicas": 0})
            eventually(lambda: scene.condition().get("reason") == "SecretNotFound")
            assert "the cluster does not have servicemonitors" in scene.operator.log.read_text()
        finally:
            install_crds(scene.kubectl, SERVICE_MONITORS)

    @staticmethod
    def _asks_for_one(scene: Scene) -> None:
        scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
        scene.apply(spec={"replicas": 0, "monitoring": {"serviceMonitor": True}})


class TestWithoutDataServices:
    """Nothing can be done then: one line, and an end that the kubelet sees."""

    @pytest.mark.parametrize("namespaced", [True, False], ids=["one namespace", "whole cluster"])
    def test_without_the_kind_it_ends(
        self, kubectl: Kubectl, crd: str, api_server: Cluster, tmp_path: Path, *, namespaced: bool
    ) -> None:
        namespaces = "default" if namespaced else ""
        operator = OperatorProcess(
            api_server.kubeconfig, tmp_path / "operator.log", watch_namespaces=namespaces
        )
        kubectl("delete", crd)
        try:
            assert operator.run() == 1
        finally:
            install_crds(kubectl, ROOT / "crds")
        [line] = operator.log.read_text().splitlines()
        assert "the cluster does not know DataServices" in line
        assert "kubectl apply -f crds/dataservice.dev_dataservices.yaml" in line

    def test_without_the_right_it_ends(self, account: Account, operator: OperatorProcess) -> None:
        account.lacks("dataservices", "list")
        assert operator.run() == 1
        [line] = operator.log.read_text().splitlines()
        assert 'cannot list resource "dataservices"' in line
