"""The service against its own description, by Schemathesis (https://schemathesis.readthedocs.io/): requests made up
from it, the right and the wrong ones, and every check that there is of an answer.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import positive_data_acceptance

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
        # No schema says which texts are cursors, which are signed: who makes one up is refused.
        made_up = "cursor" in (case.query or {})
        case.call_and_validate(timeout=10, excluded_checks=[positive_data_acceptance] if made_up else None)

    try:
        answered()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE
        return False
    return True
