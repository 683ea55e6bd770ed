"""The ServiceMonitor."""

import re
from typing import Any

import pytest

from dataservice_operator.render import names
from dataservice_operator.render.deployment import deployment
from dataservice_operator.render.metadata import Manifest
from dataservice_operator.render.service import service
from dataservice_operator.render.service_monitor import service_monitor
from tests.operator.samples import INPUTS, data_service


def rendered() -> Manifest:
    manifest = service_monitor(data_service(monitoring={"serviceMonitor": True}))
    assert manifest is not None
    return manifest


@pytest.mark.parametrize("spec", [{}, {"monitoring": {}}, {"monitoring": {"serviceMonitor": False}}])
def test_where_it_is_not_asked_for_there_is_none(spec: dict[str, Any]) -> None:
    assert service_monitor(data_service(**spec)) is None


def test_it_finds_the_service_by_its_labels() -> None:
    labels = service(data_service())["metadata"]["labels"]
    assert rendered()["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_each_series_says_whose_it_is() -> None:
    [endpoint] = rendered()["spec"]["endpoints"]
    [relabeling] = endpoint["relabelings"]
    assert relabeling["targetLabel"] == "dataservice"
    [source] = relabeling["sourceLabels"]
    assert source.removeprefix("__meta_kubernetes_service_label_") == re.sub(r"\W", "_", names.INSTANCE_LABEL)


def test_it_names_a_port_of_the_container_that_the_service_does_not_have() -> None:
    [endpoint] = rendered()["spec"]["endpoints"]
    [container] = deployment(data_service(), INPUTS, "orders-0")["spec"]["template"]["spec"]["containers"]
    numbers = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert numbers[endpoint["targetPort"]] == 9090
    assert endpoint["path"] == "/metrics"
    assert endpoint["targetPort"] not in {
        port["targetPort"] for port in service(data_service())["spec"]["ports"]
    }
