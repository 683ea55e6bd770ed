"""The NetworkPolicy."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from dataservice_operator.render.deployment import deployment
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.render.metadata import Manifest
from dataservice_operator.render.network_policy import network_policy
from tests.operator.samples import INPUTS, data_service


def rendered(changes: Mapping[str, Any] | None = None, inputs: Inputs = INPUTS) -> Manifest:
    manifest = network_policy(data_service(networkPolicy={"enabled": True, **(changes or {})}), inputs)
    assert manifest is not None
    return manifest


def ports(rule: Manifest) -> list[tuple[int, str]]:
    return [(port["port"], port["protocol"]) for port in rule["ports"]]


@pytest.mark.parametrize("spec", [{}, {"networkPolicy": {"enabled": False, "from": [{"podSelector": {}}]}}])
def test_where_it_is_not_asked_for_there_is_none(spec: dict[str, Any]) -> None:
    assert network_policy(data_service(**spec), INPUTS) is None


def test_it_selects_the_pods_that_the_deployment_makes() -> None:
    template = deployment(data_service(), INPUTS, "orders-0")["spec"]["template"]
    selector = rendered()["spec"]["podSelector"]["matchLabels"]
    assert selector.items() <= template["metadata"]["labels"].items()


def test_the_api_is_open_to_anyone_and_the_admin_port_to_the_operator_and_monitoring() -> None:
    inputs = replace(INPUTS, operator_namespace="ops", monitoring_namespace="metrics")
    api, admin = rendered(inputs=inputs)["spec"]["ingress"]
    assert api == {"ports": [{"port": 8000, "protocol": "TCP"}]}
    assert ports(admin) == [(9090, "TCP")]
    operator, monitoring = admin["from"]
    assert operator == {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ops"}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "dataservice-operator"}},
    }
    assert monitoring == {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "metrics"}},
    }


def test_without_a_monitoring_namespace_only_the_operator_reaches_the_admin_port() -> None:
    _, admin = rendered(inputs=replace(INPUTS, monitoring_namespace=""))["spec"]["ingress"]
    assert len(admin["from"]) == 1
    assert "podSelector" in admin["from"][0]


def test_callers_that_are_named_are_the_only_ones_of_the_api() -> None:
    peers: list[dict[str, Any]] = [
        {"podSelector": {}},
        {
            "namespaceSelector": {
                "matchLabels": {"team": "shop"},
                "matchExpressions": [{"key": "stage", "operator": "In", "values": ["live", "test"]}],
            }
        },
        {"ipBlock": {"cidr": "10.1.0.0/16", "except": ["10.1.2.0/24"]}},
    ]
    api, admin = rendered({"from": peers})["spec"]["ingress"]
    assert api["from"] == peers
    assert admin["from"] != peers


def test_names_the_database_and_https_are_reached_if_nothing_else_is_said() -> None:
    dns, others = rendered()["spec"]["egress"]
    assert ports(dns) == [(53, "UDP"), (53, "TCP")]
    assert ports(others) == [(27017, "TCP"), (443, "TCP")]
    assert "to" not in dns | others


def test_what_may_be_called_is_the_users_and_names_are_resolved_all_the_same() -> None:
    to = [{"ipBlock": {"cidr": "10.1.0.0/16"}}]
    rules = [{"to": to, "ports": [{"port": 27017, "endPort": 27019}]}, {"ports": [{"port": 5000}]}]
    dns, database, anything = rendered({"egress": rules})["spec"]["egress"]
    assert ports(dns) == [(53, "UDP"), (53, "TCP")]
    assert database == {"to": to, "ports": [{"port": 27017, "endPort": 27019, "protocol": "TCP"}]}
    assert anything == {"ports": [{"port": 5000, "protocol": "TCP"}]}
