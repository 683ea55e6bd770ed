"""The Ingress."""

from typing import Any

from dataservice_operator.render.ingress import ingress
from dataservice_operator.render.metadata import Manifest
from dataservice_operator.render.service import service
from tests.operator.samples import data_service


def rendered(**changes: Any) -> Manifest:
    manifest = ingress(data_service(ingress={"host": "orders.example.com", **changes}))
    assert manifest is not None
    return manifest


def test_without_a_word_of_it_there_is_none() -> None:
    assert ingress(data_service()) is None


def test_it_leads_to_a_port_that_the_service_has() -> None:
    [rule] = rendered()["spec"]["rules"]
    [path] = rule["http"]["paths"]
    backend = path["backend"]["service"]
    front = service(data_service())
    assert rule["host"] == "orders.example.com"
    assert backend["name"] == front["metadata"]["name"]
    assert backend["port"]["name"] in {port["name"] for port in front["spec"]["ports"]}
    assert (path["path"], path["pathType"]) == ("/", "Prefix")


def test_what_is_not_given_is_not_there() -> None:
    assert set(rendered()["spec"]) == {"rules"}


def test_class_certificate_annotations_and_path_are_the_users() -> None:
    manifest = rendered(className="nginx", tlsSecret="orders-tls", annotations={"a": "b"}, path="/orders")
    assert manifest["spec"]["ingressClassName"] == "nginx"
    assert manifest["spec"]["tls"] == [{"hosts": ["orders.example.com"], "secretName": "orders-tls"}]
    assert manifest["metadata"]["annotations"]["a"] == "b"
    assert manifest["spec"]["rules"][0]["http"]["paths"][0]["path"] == "/orders"


def test_a_user_cannot_give_it_another_owner() -> None:
    assert rendered(annotations={"dataservice.dev/owner": "payments"})["metadata"]["annotations"] == {
        "dataservice.dev/owner": "orders"
    }
