"""On which nodes the pods run."""

from typing import Any

from dataservice_operator.render.scheduling import scheduling
from tests.operator.samples import data_service


def rendered(**wanted: Any) -> dict[str, Any]:
    return scheduling(data_service(scheduling=wanted))


def test_pods_spread_over_nodes_where_nothing_else_is_asked() -> None:
    assert list(rendered()) == ["topologySpreadConstraints"]
    (constraint,) = rendered()["topologySpreadConstraints"]
    assert constraint["topologyKey"] == "kubernetes.io/hostname"
    assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"


def test_every_constraint_counts_this_resources_pods() -> None:
    asked = [
        {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"},
        {"maxSkew": 3, "topologyKey": "rack", "whenUnsatisfiable": "ScheduleAnyway"},
    ]
    constraints = rendered(topologySpreadConstraints=asked)["topologySpreadConstraints"]
    assert [constraint["topologyKey"] for constraint in constraints] == ["zone", "rack"]
    for constraint in constraints:
        assert constraint["labelSelector"]["matchLabels"]["app.kubernetes.io/instance"] == "orders"


def test_a_toleration_is_left_as_the_api_server_stores_it() -> None:
    """It drops empty strings; a value of 0 stays."""
    asked = [{"key": "", "operator": "Exists", "value": "", "effect": "NoExecute", "tolerationSeconds": 0}]
    assert rendered(tolerations=asked)["tolerations"] == [
        {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0}
    ]


def test_affinity_is_left_as_the_api_server_stores_it() -> None:
    """It drops null, empty lists and labels; an empty selector, which matches all, stays."""
    term: dict[str, Any] = {
        "topologyKey": "zone",
        "labelSelector": {"matchLabels": {"tier": ""}, "matchExpressions": []},
        "namespaceSelector": {"matchLabels": {}},
        "namespaces": None,
    }
    asked = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}, "nodeAffinity": {}}
    stored = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"tier": ""}}, "namespaceSelector": {}}
    assert rendered(affinity=asked)["affinity"] == {
        "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [stored]},
        "nodeAffinity": {},
    }
