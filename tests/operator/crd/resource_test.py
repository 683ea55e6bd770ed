"""A DataService read from the API server's JSON."""

from typing import Any

import pytest

from dataservice_operator.crd.resource import parse, with_readable_status
from dataservice_operator.crd.status import DataServiceStatus
from dataservice_operator.errors import InvalidSpec
from tests.operator.samples import raw


def test_the_smallest_resource_has_every_default() -> None:
    spec = parse(raw()).spec
    assert spec.replicas == 1
    assert spec.autoscaling is None
    assert spec.api.limits.max_body_bytes == 1024 * 1024
    assert spec.service.port == 80
    assert spec.data.indexes == ()


def test_names_are_those_of_the_resource() -> None:
    spec = parse(raw(autoscaling={"maxReplicas": 3, "targetCPUUtilizationPercentage": 70})).spec
    assert spec.autoscaling is not None
    assert spec.autoscaling.target_cpu_utilization_percentage == 70
    assert spec.model_dump(by_alias=True)["autoscaling"]["targetCPUUtilizationPercentage"] == 70


def test_the_document_schema_is_kept_as_written() -> None:
    schema = {"type": "object", "properties": {"$weird": {"x-of-mine": None}}}
    assert parse(raw(data={"schema": schema})).spec.data.document_schema == schema


def test_a_resource_without_status_was_never_observed() -> None:
    assert parse(raw()).status.observed_generation == -1


def test_status_fields_of_a_newer_operator_are_passed_over() -> None:
    """So that the operator can be rolled back."""
    status = {"observedGeneration": 2, "image": "example.com/service:2", "shards": 4}
    assert parse(raw() | {"status": status}).status.image == "example.com/service:2"


def test_a_value_cannot_be_changed() -> None:
    service = parse(raw())
    with pytest.raises(ValueError, match="frozen"):
        service.spec.replicas = 2  # type: ignore[misc]  # the very thing that must fail


@pytest.mark.parametrize(
    ("spec", "pointer", "sentence"),
    [
        pytest.param({"replicas": "many"}, "/spec/replicas", "valid integer", id="a wrong type"),
        pytest.param({"replicas": 1001}, "/spec/replicas", "less than or equal to 1000", id="a bound"),
        pytest.param({"api": {}}, "/spec/api/auth", "required", id="a missing field"),
        pytest.param(
            {"api": {"auth": {"mode": "Magic"}}}, "/spec/api/auth/mode", "'None'", id="an unknown mode"
        ),
        pytest.param(
            {"data": {"indexes": [{"fields": ["a"]}, {"fields": []}]}},
            "/spec/data/indexes/1/fields",
            "at least 1 item",
            id="an item of a list",
        ),
        pytest.param(
            {"resources": {"limits": {"memory": "1e99999"}}},
            "/spec/resources/limits/memory",
            ": write a quantity of 18 digits at most",
            id="a quantity that would take for ever to work out",
        ),
        pytest.param(
            {"deletion/Policy~": "Orphan"},
            "/spec/deletion~1Policy~0",
            "upgrade the operator, or remove the field",
            id="a field of a newer version",
        ),
    ],
)
def test_what_does_not_fit_is_named_by_its_pointer(spec: dict[str, Any], pointer: str, sentence: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        parse(raw(**spec))
    assert caught.value.pointer == pointer
    assert str(caught.value).startswith(f"{pointer}: ")
    assert sentence in str(caught.value)


def test_an_error_does_not_show_the_value() -> None:
    with pytest.raises(InvalidSpec) as caught:
        parse(raw(config={"TOKEN": ["hunter2"]}))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("status", [7, "x", {"conditions": [7]}, {"observedGeneration": "x"}])
def test_a_status_that_cannot_be_read_is_as_none(status: Any) -> None:
    resource = with_readable_status({**raw(), "status": status})
    assert parse(resource).status == DataServiceStatus()


def test_a_status_that_can_be_read_stays() -> None:
    resource = {**raw(), "status": {"observedGeneration": 3, "ofANewerOperator": 7}}
    assert with_readable_status(resource) is resource
