"""Whatever the CRD's schema admits is read and rendered; whatever it refuses is refused by the models too."""

import copy
from dataclasses import replace
from typing import Any, Final

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dataservice_operator.crd.resource import parse
from dataservice_operator.crd.structural import INT_OR_STRING
from dataservice_operator.errors import InvalidSpec
from dataservice_operator.render.children import children
from dataservice_operator.render.inputs import Claim
from tests.faults.specs.schema import spec_schema
from tests.faults.specs.strategies import Spec, broken, specs
from tests.operator.samples import INPUTS, raw

ALL_INPUTS: Final = (
    INPUTS,
    replace(INPUTS, secret_hash=None, monitoring_namespace=""),
    replace(INPUTS, cursor_key="uid", claim=Claim("1Gi", bound=False, storage_class="fast")),
    replace(INPUTS, claim=Claim("2Gi", bound=True, storage_class=None)),
)
anything = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def resource(spec: Spec) -> dict[str, Any]:
    return {**raw(), "spec": copy.deepcopy(spec)}


def plain(schema: Any) -> Any:
    """The structural schema as JSON Schema: without the rules in CEL, a number or text in its own words."""
    if isinstance(schema, list):
        return [plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    own = {name: plain(part) for name, part in schema.items() if not name.startswith("x-kubernetes-")}
    return {**own, "type": ["integer", "string"]} if schema.get(INT_OR_STRING) else own


VALIDATOR: Final = jsonschema_rs.Draft202012Validator(plain(dict(spec_schema())))


@anything
@given(specs(), st.sampled_from(ALL_INPUTS))
def test_what_the_schema_admits_is_read_and_rendered(spec: Spec, inputs: Any) -> None:
    assert VALIDATOR.is_valid(spec), next(VALIDATOR.iter_errors(spec))
    manifests = children(parse(resource(spec)), inputs).manifests()
    assert {"ServiceAccount", "ConfigMap", "Service", "Deployment"} <= {each["kind"] for each in manifests}


@anything
@given(specs(), specs(), st.sampled_from(ALL_INPUTS))
def test_a_spec_is_rendered_the_same_whatever_was_rendered_before(
    one: Spec, other: Spec, inputs: Any
) -> None:
    first = children(parse(resource(one)), inputs)
    children(parse(resource(other)), inputs)
    assert children(parse(resource(one)), inputs) == first


@anything
@given(specs().flatmap(broken))
def test_what_the_schema_refuses_is_refused_by_the_models(found: Any) -> None:
    """Rules in CEL aside, which the API server alone checks; and the length of a number or text."""
    assert not VALIDATOR.is_valid(found.spec)
    with pytest.raises(InvalidSpec):
        parse(resource(found.spec))
