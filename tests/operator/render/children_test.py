"""All children of one DataService together."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataservice_operator.crd.resource import parse
from dataservice_operator.render.children import children
from dataservice_operator.render.metadata import Manifest
from delivery.written import dumped
from tests.operator.samples import EMBEDDED, FULL, INPUTS, UID, data_service, raw

GOLDENS = Path(__file__).parent / "goldens"
SCENARIOS: dict[str, dict[str, Any]] = {"minimal": {}, "full": dict(FULL), "embedded": dict(EMBEDDED)}
scenarios = pytest.mark.parametrize("scenario", SCENARIOS)


def manifests(**spec: Any) -> tuple[Manifest, ...]:
    return children(data_service(**spec), INPUTS).manifests()


@scenarios
def test_the_children_are_those_of_the_golden(scenario: str, request: pytest.FixtureRequest) -> None:
    """`--update-goldens` writes the goldens anew: read the difference before committing it."""
    golden = GOLDENS / f"{scenario}.yaml"
    rendered = "---\n".join(dumped(manifest) for manifest in manifests(**SCENARIOS[scenario]))
    if request.config.getoption("update_goldens"):
        golden.write_text(rendered)
    assert list(yaml.safe_load_all(rendered)) == list(yaml.safe_load_all(golden.read_text()))


@scenarios
def test_rendering_twice_gives_the_same_and_changes_nothing_it_was_given(scenario: str) -> None:
    resource = raw(**SCENARIOS[scenario])
    before = copy.deepcopy(resource)
    parent = parse(resource)
    assert children(parent, INPUTS) == children(parent, INPUTS)
    assert resource == before


@scenarios
def test_every_child_is_owned_annotated_and_labelled(scenario: str) -> None:
    for manifest in manifests(**SCENARIOS[scenario]):
        metadata = manifest["metadata"]
        assert metadata["namespace"] == "shop"
        assert metadata["annotations"]["dataservice.dev/owner"] == "orders"
        assert metadata["labels"] == {
            "app.kubernetes.io/name": "dataservice",
            "app.kubernetes.io/instance": "orders",
            "app.kubernetes.io/managed-by": "dataservice-operator",
        }
        (owner,) = metadata["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"]) == ("DataService", "orders", UID)
        assert owner["controller"]
        assert owner["blockOwnerDeletion"]


@pytest.mark.parametrize("policy", ["Orphan", "Delete"])
def test_argo_cd_is_told_to_leave_what_has_no_owner(policy: str) -> None:
    """Else it would prune what carries the label of an Application of the same name and is not in Git."""
    kept = manifests(database={"embedded": {"size": "1Gi"}}, deletionPolicy=policy)
    for manifest in (*kept, *manifests(**EMBEDDED, deletionPolicy=policy)):
        annotations = manifest["metadata"]["annotations"]
        left = annotations.get("argocd.argoproj.io/sync-options") == "Prune=false"
        assert left == ("ownerReferences" not in manifest["metadata"])


def test_what_a_pod_needs_comes_before_the_pods() -> None:
    kinds = [manifest["kind"] for manifest in manifests(autoscaling={"maxReplicas": 3})]
    assert kinds == ["ServiceAccount", "ConfigMap", "Service", "Deployment", "HorizontalPodAutoscaler"]


def test_without_autoscaling_there_is_no_autoscaler() -> None:
    assert children(data_service(), INPUTS).autoscaler is None


def test_the_pods_have_an_account_that_is_given_no_token() -> None:
    account = children(data_service(), INPUTS).service_account
    assert account["automountServiceAccountToken"] is False


def test_the_pods_mount_the_config_map_that_is_rendered_beside_them() -> None:
    wanted = children(data_service(**FULL), INPUTS)
    volumes = wanted.deployment["spec"]["template"]["spec"]["volumes"]
    (mounted,) = [volume["configMap"]["name"] for volume in volumes if "configMap" in volume]
    assert mounted == wanted.config_map["metadata"]["name"]
