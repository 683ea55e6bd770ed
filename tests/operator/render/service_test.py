"""The Service, and the address it gives the API."""

import pytest

from dataservice_operator.render.deployment import deployment
from dataservice_operator.render.service import service, url
from tests.operator.samples import FULL, INPUTS, data_service


def test_it_finds_the_pods_and_a_port_of_theirs() -> None:
    spec = service(data_service())["spec"]
    template = deployment(data_service(), INPUTS, "orders-0")["spec"]["template"]
    assert spec["selector"].items() <= template["metadata"]["labels"].items()
    assert spec["ports"][0]["targetPort"] in {
        port["name"] for port in template["spec"]["containers"][0]["ports"]
    }


def test_the_admin_port_is_not_served() -> None:
    assert [port["port"] for port in service(data_service())["spec"]["ports"]] == [80]


def test_type_port_and_annotations_are_the_users() -> None:
    manifest = service(data_service(**FULL))
    assert manifest["spec"]["type"] == "LoadBalancer"
    assert manifest["spec"]["ports"][0]["port"] == 8080
    assert manifest["metadata"]["annotations"]["example.com/internal"] == "true"


def test_a_user_cannot_give_the_service_another_owner() -> None:
    parent = data_service(service={"annotations": {"dataservice.dev/owner": "payments"}})
    assert service(parent)["metadata"]["annotations"] == {"dataservice.dev/owner": "orders"}


@pytest.mark.parametrize(
    ("port", "address"), [(80, "http://orders.shop.svc"), (8080, "http://orders.shop.svc:8080")]
)
def test_the_address_names_the_port_only_where_it_must(port: int, address: str) -> None:
    assert url(data_service(service={"port": port})) == address
