"""BSON in and out, without a server."""

from typing import Any

import bson
import msgspec
import pytest
from bson import ObjectId
from bson.datetime_ms import DatetimeMS

from dataservice.storage.mongodb_codec import from_bson, shows_object_id, to_bson
from dataservice.storage.mongodb_drivers import CODEC
from tests.support.documents import document


def there_and_back(raw: dict[str, Any]) -> dict[str, Any]:
    decoded: dict[str, Any] = bson.decode(bson.encode(raw), codec_options=CODEC)
    return decoded


def test_a_document_comes_back_byte_for_byte() -> None:
    new = document({"z": [1, 2**40, -(2**63), 1.0, None, True, "é", {"a": []}], "a": ""})

    stored = from_bson(there_and_back(to_bson(new)))

    assert (stored.id, stored.etag, stored.json) == (new.id, new.etag, new.json)


@pytest.mark.parametrize("milliseconds", [2**60, -(2**60), 253_402_300_800_000])
def test_a_date_that_no_calendar_holds_is_shown_as_its_number(milliseconds: int) -> None:
    stored = from_bson(there_and_back({"_id": "x", "at": DatetimeMS(milliseconds)}))

    assert msgspec.json.decode(stored.json)["at"] == milliseconds


@pytest.mark.parametrize("etag", [7, None, ObjectId(), {"a": 1}, "", "v1", '"\r\nSet-Cookie: a=b', "版"])
def test_an_etag_of_another_program_is_none_of_ours(etag: object) -> None:
    assert from_bson({"_id": "x", "_etag": etag}).etag is None


@pytest.mark.parametrize(
    ("value", "shows"),
    [
        ("65f0c0ffee0123456789abCD", True),
        ("65f0c0ffee0123456789abcg", False),
        ("65f0c0ffee0123456789abc", False),
        ("65f0c0ffee0123456789abcd\n", False),
        ("\uff16" * 24, False),
        (b"twelve bytes", False),
        (7, False),
    ],
)
def test_the_text_of_an_object_id_is_told_from_others(value: object, *, shows: bool) -> None:
    assert shows_object_id(value) is shows
    assert not shows or str(ObjectId(str(value))) == str(value).lower()
