"""The variables of the service container."""

from typing import Any

from dataservice_operator.render.environment import environment
from tests.operator.samples import EMBEDDED, FULL, data_service


def variables(**spec: Any) -> list[dict[str, Any]]:
    return environment(data_service(**spec))


def test_every_name_is_given_once() -> None:
    names = [variable["name"] for variable in variables(**FULL)]
    assert len(names) == len(set(names))


def test_the_users_variables_come_last_sorted_by_name() -> None:
    config = {"b": "2", "TZ": "UTC", "a": "1"}
    assert [variable["name"] for variable in variables(config=config)][-3:] == ["TZ", "a", "b"]


def test_the_operators_variables_are_sorted_and_its_alone() -> None:
    names = [variable["name"] for variable in variables()]
    assert names == sorted(names)
    assert all(name.startswith("DATASERVICE_") for name in names)


def test_what_the_spec_does_not_ask_for_is_not_told_so_that_pods_of_an_older_image_go_on() -> None:
    names = {variable["name"] for variable in variables()}
    asked = {variable["name"] for variable in variables(**FULL)} - names
    assert asked == {
        "DATASERVICE_API__AUTH__KEYS_FOLDER",
        "DATASERVICE_API__CORS__ALLOWED_ORIGINS",
        "DATASERVICE_API__LIMITS__BURST",
        "DATASERVICE_API__LIMITS__REQUESTS_PER_SECOND",
        "DATASERVICE_API__REQUIRE_IF_MATCH",
        "EMPTY",
        "TZ",
    }


def test_an_empty_value_is_left_out_as_the_api_server_does() -> None:
    assert {"name": "EMPTY"} in variables(config={"EMPTY": ""})


def test_the_order_of_the_config_does_not_matter() -> None:
    assert variables(config={"A": "1", "B": "2"}) == variables(config={"B": "2", "A": "1"})


def test_an_embedded_database_is_given_nothing_of_mongodb() -> None:
    names = [variable["name"] for variable in variables(**EMBEDDED)]
    assert not [name for name in names if "MONGODB" in name]
    assert names == sorted(names)


def test_the_connection_string_is_referred_to_and_never_written() -> None:
    (uri,) = [entry for entry in variables(**FULL) if entry["name"] == "DATASERVICE_DATABASE__MONGODB__URI"]
    assert uri == {
        "name": "DATASERVICE_DATABASE__MONGODB__URI",
        "valueFrom": {"secretKeyRef": {"name": "warehouse-mongo", "key": "connection"}},
    }
