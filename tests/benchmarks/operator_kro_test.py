"""kro's definition of the operator's children, without a cluster."""

import json

from benchmarks.operator import kro, workload


def test_it_has_each_child_that_the_operator_makes() -> None:
    [parent] = workload.parents(1)
    *children, _ = workload.truth(workload.stored(parent.body))
    made = [request.body["kind"] for request in children]
    assert [each["template"]["kind"] for each in kro.definition()["spec"]["resources"]] == made


def test_an_instance_says_its_name_its_namespace_and_the_replicas_and_nothing_else_does() -> None:
    resources = kro.definition()["spec"]["resources"]
    [(namespace, name)] = workload.keys(1)
    text = json.dumps(resources)
    assert namespace not in text
    assert name not in text
    assert "ownerReferences" not in text
    [deployment] = [each["template"] for each in resources if each["id"] == "deployment"]
    assert deployment["spec"]["replicas"] == "${schema.spec.replicas}"
    assert deployment["metadata"]["name"] == "${schema.metadata.name}"
    assert deployment["metadata"]["namespace"] == "${schema.metadata.namespace}"
