"""What a change stream says, and what is made of it. With a server: `tests/contract/mongodb_watch_test.py`."""

from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import OperationFailure

from dataservice.domain.event import Change, Event
from dataservice.errors import EventsGone, EventsNotSupported
from dataservice.storage.mongodb_errors import watch_error
from dataservice.storage.mongodb_events import _event

OID = ObjectId("0123456789abcdef01234567")


def told(operation: str, **fields: Any) -> Event:
    return _event({"_id": {"_data": "82AB"}, "operationType": operation, **fields})


@pytest.mark.parametrize(
    ("operation", "kind"), [("insert", "created"), ("update", "updated"), ("replace", "updated")]
)
def test_a_change_has_the_document_that_comes_with_it(operation: str, kind: Any) -> None:
    event = told(operation, documentKey={"_id": OID}, fullDocument={"_id": OID, "n": 1})

    shown = b'{"_id":"0123456789abcdef01234567","n":1}'
    assert event == Event("82AB", Change(kind, "0123456789abcdef01234567", shown))


def test_a_deletion_has_the_id_alone() -> None:
    assert told("delete", documentKey={"_id": "x"}) == Event("82AB", Change("deleted", "x", None))


def test_of_a_document_that_has_been_deleted_since_and_of_the_collection_only_the_position_is_told() -> None:
    assert told("update", documentKey={"_id": "x"}, fullDocument=None) == Event("82AB")
    assert told("drop") == Event("82AB")
    assert told("invalidate") == Event("82AB")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (40573, EventsNotSupported),  # The $changeStream stage is only supported on replica sets
        (40324, EventsNotSupported),  # Unrecognized pipeline stage name
        (286, EventsGone),  # ChangeStreamHistoryLost
        (280, EventsGone),  # ChangeStreamFatalError
        (260, EventsGone),  # InvalidResumeToken
        (9, EventsGone),  # FailedToParse: of all that is sent, the token alone comes from outside
        (13, type(None)),  # as for any request
        (11601, type(None)),
    ],
)
def test_what_of_a_change_streams_errors_is_its_own_is_told_by_its_code(
    code: int, error: type[object]
) -> None:
    assert type(watch_error(OperationFailure("hunter2", code, {"errmsg": "hunter2"}))) is error
    assert "hunter2" not in str(watch_error(OperationFailure("hunter2", code)))
