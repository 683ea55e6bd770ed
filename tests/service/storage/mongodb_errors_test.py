import pytest
from pymongo.errors import BulkWriteError, DuplicateKeyError, ExecutionTimeout, OperationFailure, WriteError

from dataservice.domain.index import parse_indexes
from dataservice.errors import (
    DuplicateDocument,
    IndexConflict,
    IndexRefused,
    InvalidDocument,
    QueryTooSlow,
    StoreAuthFailed,
    StoreUnavailable,
)
from dataservice.storage.mongodb_errors import DriverErrors, index_error, write_error

(INDEX,) = parse_indexes(b'[{"fields": ["shop.name", "-sku"], "unique": true}]')


@pytest.mark.parametrize(
    ("code", "told"),
    [(121, "collection-validator"), (171, "parallel-arrays"), (52, "field-name"), (57, "field-name")],
)
def test_what_the_collection_itself_refuses_is_an_invalid_document(code: int, told: str) -> None:
    with pytest.raises(InvalidDocument) as refused, DriverErrors("db:27017"):
        raise WriteError("cannot", code)

    assert [violation.code for violation in refused.value.violations] == [told]


@pytest.mark.parametrize("code", [50, 292])
def test_a_query_that_the_server_gave_up_is_too_slow(code: int) -> None:
    with pytest.raises(QueryTooSlow), DriverErrors("db:27017"):
        raise ExecutionTimeout("operation exceeded time limit", code)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (85, IndexConflict, "another index"),
        (86, IndexConflict, "another index"),
        (121, IndexConflict, "documents that exist break the validator"),
        (171, IndexConflict, "documents that exist have arrays"),
        (13, IndexRefused, "grant it the right createIndex on shop.orders"),
        (8000, IndexRefused, "grant it the right createIndex on shop.orders"),
        (67, IndexRefused, "error code 67"),
        (197, IndexRefused, "error code 197"),
        (None, IndexRefused, "refuses"),
    ],
)
def test_why_an_index_was_not_made_is_told_with_its_fields_and_without_the_servers_text(
    code: int | None, kind: type[Exception], said: str
) -> None:
    told = index_error(OperationFailure("hunter2", code, {"errmsg": "hunter2"}), INDEX, "shop.orders")

    assert type(told) is kind
    assert said in str(told)
    assert "shop.name, sku" in str(told)
    assert "hunter2" not in str(told)


def test_documents_that_share_a_value_are_a_conflict() -> None:
    error = DuplicateKeyError("dup key: { sku: 7 }", 11000, {"keyValue": {"sku": 7}})

    assert str(index_error(error, INDEX, "shop.orders")) == (
        "documents that exist share their shop.name, sku: change them, or drop 'unique'"
    )


def bulk_error(write_concern_errors: list[dict[str, object]]) -> BulkWriteError:
    told = {"index": 1, "code": 11000, "keyPattern": {"sku": 1}, "errmsg": "dup key: { sku: 7 }"}
    return BulkWriteError({"writeErrors": [told], "writeConcernErrors": write_concern_errors})


def test_what_is_said_of_single_documents_holds_if_the_majority_has_the_others() -> None:
    with pytest.raises(BulkWriteError), DriverErrors("db:27017"):
        raise bulk_error([])


def test_documents_that_no_majority_acknowledged_may_be_lost() -> None:
    with pytest.raises(StoreUnavailable), DriverErrors("db:27017"):
        raise bulk_error([{"code": 64, "errmsg": "waiting for replication timed out"}])


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (11000, DuplicateDocument),
        (121, InvalidDocument),
        (171, InvalidDocument),
        (13, StoreAuthFailed),
        (11602, StoreUnavailable),
    ],
)
def test_of_many_each_is_refused_for_its_own_reason(code: int, kind: type[Exception]) -> None:
    error = write_error({"index": 0, "code": code, "keyPattern": {"sku": 1}, "errmsg": "hunter2"}, "db:27017")

    assert type(error) is kind
    assert "hunter2" not in str(error)
