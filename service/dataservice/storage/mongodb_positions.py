"""Where a page ends, in a collection whose ids may be of any type.

MongoDB sorts by type first, and compares (`$gt`) only within one type: what follows a position is the rest
of its type and all later types. Ids of this service are strings; other programs use others.
"""

from collections.abc import Collection, Mapping
from math import isnan
from typing import Any
from uuid import UUID

from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Timestamp, json_util
from bson.binary import UuidRepresentation
from bson.codec_options import DatetimeConversion
from bson.datetime_ms import DatetimeMS

from dataservice.domain.document import ID
from dataservice.domain.page import Position

# https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/ (an _id is never an array)
_TYPES: Mapping[str, Collection[type]] = {
    "minKey": {MinKey},
    "null": {type(None)},
    "number": {int, Int64, float, Decimal128},
    "string": {str},
    "object": {dict},
    "binData": {bytes, Binary, UUID},
    "objectId": {ObjectId},
    "bool": {bool},
    "date": {DatetimeMS},
    "timestamp": {Timestamp},
    "javascript": {Code},
    "maxKey": {MaxKey},
}
_NAMES = list(_TYPES)
_RANKS = {each: rank for rank, types in enumerate(_TYPES.values()) for each in types}
_EXTENDED_JSON = json_util.JSONOptions(
    json_mode=json_util.JSONMode.CANONICAL,
    uuid_representation=UuidRepresentation.STANDARD,
    datetime_conversion=DatetimeConversion.DATETIME_MS,
)


def position_of(document_id: Any) -> Position:
    """Strings as they are; other ids as MongoDB's extended JSON, which says their type."""
    if type(document_id) is str:  # BSON's code is a str too
        return document_id
    return {"bson": json_util.dumps(document_id, json_options=_EXTENDED_JSON)}


def after(position: Position | None) -> dict[str, Any]:
    """The filter for what follows; everything follows None."""
    if position is None:
        return {}
    last = position
    if not isinstance(position, str):
        last = json_util.loads(position["bson"], json_options=_EXTENDED_JSON)
    later = _NAMES[_RANKS.get(type(last), len(_NAMES)) + 1 :]
    rest: dict[str, Any] = {ID: {"$gt": last}}
    if _is_nan(last):  # sorted before all numbers, and no number is greater than it
        rest = {ID: {"$type": "number", "$ne": last}}
    return {"$or": [rest, {ID: {"$type": later}}]} if later else rest


def _is_nan(value: Any) -> bool:
    if isinstance(value, Decimal128):
        return value.to_decimal().is_nan()
    return isinstance(value, float) and isnan(value)
