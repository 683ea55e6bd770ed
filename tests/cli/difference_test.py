"""What is ours in a live child beside what is rendered."""

import copy
from typing import Any

from dataservice_operator.cluster.kinds import SERVICE
from kubectl_dataservice.difference import changes, differences, unified

MANIFEST: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "orders", "namespace": "shop", "labels": {"a": "b"}},
    "spec": {"type": "ClusterIP", "ports": [{"name": "http", "port": 80}]},
}
OURS: dict[str, Any] = {
    "f:metadata": {"f:labels": {"f:a": {}}},
    "f:spec": {"f:type": {}, "f:ports": {'k:{"port":80}': {"f:name": {}, "f:port": {}}}},
}


def _live(ours: dict[str, Any] | None = None) -> dict[str, Any]:
    """As the API server has it: with fields of others, and the word on who set what."""
    live = copy.deepcopy(MANIFEST)
    live["metadata"] |= {
        "uid": "u",
        "managedFields": [
            {"manager": "dataservice-operator", "operation": "Apply", "fieldsV1": ours or OURS}
        ],
    }
    live["spec"] |= {"clusterIP": "10.0.0.7"}
    live["spec"]["ports"][0] |= {"targetPort": 8000}
    return live


def _compared(live: dict[str, Any], wanted: dict[str, Any] = MANIFEST) -> list[Any]:
    return differences([wanted], {(SERVICE, "orders"): live}, [])


def test_what_others_set_beside_ours_is_no_difference() -> None:
    assert _compared(_live()) == []


def test_another_value_is_shown_where_it_is() -> None:
    wanted = copy.deepcopy(MANIFEST)
    wanted["spec"]["ports"][0]["name"] = "api"
    (difference,) = _compared(_live(), wanted)
    assert changes(difference) == [{"path": "/spec/ports/0/name", "live": "http", "wanted": "api"}]
    assert [line for line in unified(difference) if line[0] in "+-"] == [
        "--- live/Service/orders",
        "+++ wanted/Service/orders",
        "-  - name: http",
        "+  - name: api",
    ]


def test_a_value_that_another_took_over_is_shown_as_theirs() -> None:
    live = _live({**OURS, "f:spec": {"f:ports": OURS["f:spec"]["f:ports"]}})
    live["spec"]["type"] = "NodePort"
    (difference,) = _compared(live)
    assert changes(difference) == [{"path": "/spec/type", "live": "NodePort", "wanted": "ClusterIP"}]


def test_a_field_of_ours_that_is_not_wanted_any_more_goes() -> None:
    wanted = copy.deepcopy(MANIFEST)
    del wanted["metadata"]["labels"]
    (difference,) = _compared(_live(), wanted)
    assert changes(difference) == [{"path": "/metadata/labels", "live": {"a": "b"}}]


def test_what_is_missing_is_created_and_what_is_left_over_deleted() -> None:
    made, removed = differences([MANIFEST], {}, [_live()])
    assert (made.action, removed.action) == ("create", "delete")
    assert {line[0] for line in unified(made)} == {"-", "+", "@"}
    assert not any(line.startswith("-") for line in list(unified(made))[3:])
    assert not any(line.startswith("+") for line in list(unified(removed))[3:])
