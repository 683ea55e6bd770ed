"""Schemas that stand in users' ConfigMaps."""

import json
from typing import Any

import pytest

from dataservice_operator.cluster.informer import Informer, Source
from dataservice_operator.cluster.kinds import CONFIG_MAP
from dataservice_operator.errors import InvalidSpec
from dataservice_operator.reconcile import observed_reference
from dataservice_operator.reconcile.problem import Problem
from dataservice_operator.reconcile.schemas import Schemas
from dataservice_operator.reconcile.validation import validate
from tests.operator.memory_api import MemoryApi
from tests.operator.samples import KEY, SCHEMA, data_service

PATH = "/api/v1/namespaces/shop/configmaps/orders-schema"
REFERENCE = {"configMap": {"name": "orders-schema", "key": "schema.json"}}


class Place:
    """Schemas, and the informer they look at."""

    def __init__(self) -> None:
        self.api = MemoryApi()
        self.informer = Informer(
            self.api, Source(CONFIG_MAP), observed_reference.config_map, lambda _old, _new: None
        )
        self.schemas = Schemas(self.api, self.informer)

    def put(self, **data: str) -> None:
        """Write the ConfigMap; the watch tells it at once."""
        metadata = {"name": "orders-schema", "namespace": "shop"}
        self.informer.remember(self.api.put(PATH, {"metadata": metadata, "data": data}))

    def put_text(self, text: str, **others: str) -> None:
        self.put(**{"schema.json": text}, **others)

    async def schema(self, **data: Any) -> Any:
        """The schema as if it stood in the DataService; or the problem."""
        found = await self.schemas.inlined(data_service(data={"schemaFrom": REFERENCE, **data}))
        return found if isinstance(found, Problem) else found.spec.data.document_schema

    async def refusal(self) -> str:
        with pytest.raises(InvalidSpec) as refused:
            validate(data_service(data={"schema": await self.schema()}).spec.data)
        assert refused.value.reason == "InvalidSchema"
        return str(refused.value)


@pytest.fixture
def place() -> Place:
    return Place()


async def test_the_schema_is_found_as_if_it_stood_in_the_resource(place: Place) -> None:
    place.put_text(json.dumps(SCHEMA, indent=4))
    parent = data_service(data={"schemaFrom": REFERENCE, "indexes": [{"fields": ["sku"], "unique": True}]})
    found = await place.schemas.inlined(parent)
    assert not isinstance(found, Problem)
    assert found.spec.data.document_schema == SCHEMA
    assert found.spec.data.indexes == parent.spec.data.indexes
    assert found.metadata == parent.metadata


async def test_one_that_stands_in_the_resource_is_left_there_and_nothing_is_read(place: Place) -> None:
    parent = data_service(data={"schema": SCHEMA})
    assert await place.schemas.inlined(parent) is parent
    assert not place.api.requests


async def test_a_version_is_read_once(place: Place) -> None:
    place.put_text("{}")
    for _ in range(3):
        await place.schema(indexes=[{"fields": ["sku"]}])
    assert len(place.api.requests) == 1


async def test_a_change_is_read_and_a_change_of_something_else_too_with_the_same_result(place: Place) -> None:
    place.put_text('{"maxProperties": 3}')
    assert await place.schema() == {"maxProperties": 3}
    place.put_text('{"maxProperties": 4}')
    assert await place.schema() == {"maxProperties": 4}
    place.put_text('{"maxProperties": 4}', note="mine")
    assert await place.schema() == {"maxProperties": 4}
    assert len(place.api.requests) == 3


async def test_another_key_is_read_where_the_reference_changes(place: Place) -> None:
    place.put(**{"schema.json": "{}", "next.json": '{"maxProperties": 1}'})
    assert await place.schema() == {}
    following = {"configMap": {"name": "orders-schema", "key": "next.json"}}
    assert await place.schema(schemaFrom=following) == {"maxProperties": 1}


async def test_a_missing_config_map_is_named_with_its_namespace_and_key(place: Place) -> None:
    problem = await place.schema()
    assert (problem.reason, problem.heals) == ("ConfigMapNotFound", True)
    for name in ("'orders-schema'", "'shop'", "'schema.json'", "create it"):
        assert name in problem.message
    assert not place.api.requests


async def test_one_that_is_gone_before_it_is_read_is_missing(place: Place) -> None:
    place.put_text("{}")
    place.api.drop(PATH)
    assert (await place.schema()).reason == "ConfigMapNotFound"


async def test_a_missing_key_is_named_and_found_when_it_is_there(place: Place) -> None:
    place.put(**{"schema.yaml": "{}"})
    problem = await place.schema()
    assert (problem.reason, problem.heals) == ("ConfigMapKeyNotFound", True)
    assert "no text under the key 'schema.json'" in problem.message
    place.put_text("{}")
    assert await place.schema() == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("type: object", "not JSON: Expecting value: line 1 column 1"),
        ('{"type": "object",}', "not JSON: "),
        ("", "not JSON: "),
        ("[]", "is written as a JSON object"),
        ("true", "is written as a JSON object"),
        ('{"maximum": NaN}', "not JSON: NaN is not a number"),
        ('{"maximum": 1e999}', "not JSON: "),
        ('{"title": "\\ud800"}', "not JSON: "),
        ('{"type": "object", "type": "array"}', "the name 'type' stands twice"),
        ('{"not":' * 100_000 + "{}" + "}" * 100_000, "nests too deep"),
    ],
    ids=lambda text: text[:20],
)
async def test_a_text_that_is_no_schema_is_refused_with_its_place(place: Place, text: str, says: str) -> None:
    place.put_text(text)
    told = await place.refusal()
    assert told.startswith("ConfigMap 'orders-schema', schema.json#: ")
    assert says in told


async def test_a_broken_rule_of_json_schema_is_told_with_its_place_in_the_config_map(place: Place) -> None:
    place.put_text('{"properties": {"a": {"type": "objec"}}}')
    found = await place.schemas.inlined(data_service(data={"schemaFrom": REFERENCE}))
    assert not isinstance(found, Problem)
    with pytest.raises(InvalidSpec, match=r"schema\.json#/properties/a/type: ") as refused:
        validate(found.spec.data)
    assert refused.value.reason == "InvalidSchema"


async def test_nothing_is_kept_of_what_is_gone_or_refers_to_none_any_more(place: Place) -> None:
    place.put_text('{"title": "remarkable"}')
    await place.schema()
    assert "remarkable" in str(place.schemas._known)
    place.schemas.forget(KEY)
    assert "remarkable" not in str(place.schemas._known)
    await place.schema()
    await place.schemas.inlined(data_service())
    assert "remarkable" not in str(place.schemas._known)
