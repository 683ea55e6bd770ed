"""The service against its own description, by Schemathesis (https://schemathesis.readthedocs.io/): requests made up
from it, the right and the wrong ones, and every check that there is of an answer.
"""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.support.service_process import Starter

# Not by a reference: Schemathesis resolves those of a schema with an $id of its own against the whole document.
LINE = {"type": "object", "properties": {"text": {"type": "string"}}, "additionalProperties": False}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["sku"],
    "properties": {
        "sku": {"type": "string", "pattern": "^[A-Z]-[0-9]{1,6}$"},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 1000},
        "lines": {"type": "array", "items": LINE, "maxItems": 3},
    },
    "additionalProperties": False,
}
ENDLESS = "/data:watch"  # an answer without end: tests/service/api/watch_test.py
EXAMPLES = 40
BEYOND_A_SCHEMA = {"cursor", "filter", "sort", "fields", "If-Match", "If-None-Match", "Idempotency-Key"}
"""What no schema can say all of: which cursors are signed, which version a document has, which keys are used. Nor what
a patch leads to; and where each item or line has an answer of its own, that of the whole is no refusal.
"""


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def lines(_: schemathesis.SerializationContext, value: Any) -> bytes:
    return str(value).encode()


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation_answers_as_it_is_described(
    service: Starter, tmp_path: Path, kind: str, mode: GenerationMode
) -> None:
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(SCHEMA))
    process = service(DATABASE__KIND=kind, DATA__SCHEMA_FILE=str(file))
    process.wait_ready()
    schema = schemathesis.openapi.from_url(f"{process.url}/openapi.json").exclude(path=ENDLESS)

    asked = set()
    for each in schema.get_all_operations():
        assert isinstance(each, Ok), each
        if check(each.ok(), mode):
            asked.add(each.ok().label)

    assert asked >= {"POST /data", "GET /data"}
    assert mode is GenerationMode.NEGATIVE or len(asked) >= 5


def check(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> bool:
    """Whether there was anything to ask: where all is right, nothing wrong can be made up."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @bounded(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answered(case: schemathesis.Case[Any]) -> None:
        unsure = operation.method == "patch" or BEYOND_A_SCHEMA & {*(case.query or ()), *(case.headers or ())}
        response = case.call(timeout=10)
        in_parts = operation.path == "/data:import" or isinstance(case.body, list)
        # The check does not know 412 as a refusal.
        refused = in_parts or response.status_code == httpx.codes.PRECONDITION_FAILED
        excluded = (positive_data_acceptance,) * bool(unsure) + (negative_data_rejection,) * refused
        case.validate_response(response, excluded_checks=list(excluded))

    try:
        answered()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE
        return False
    return True
