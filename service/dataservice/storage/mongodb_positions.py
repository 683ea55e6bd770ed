"""Where a page ends, in a collection whose ids may be of any type.

MongoDB sorts by type first, and compares (`$gt`) only within one type: what follows a position is the rest
of its type and all later types. Ids of this service are strings; other programs use others.
"""

from typing import Any
from uuid import UUID

from bson import Binary, Decimal128, Int64, ObjectId, Timestamp, json_util
from bson.binary import UuidRepresentation
from bson.codec_options import DatetimeConversion
from bson.datetime_ms import DatetimeMS

from dataservice.domain.document import ID
from dataservice.domain.page import Position

# https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/ (an _id is never an array)
_TYPES = ["number", "string", "object", "binData", "objectId", "bool", "date", "timestamp"]
_RANKS: dict[type, int] = {
    **dict.fromkeys((int, Int64, float, Decimal128), 0),
    str: 1,
    dict: 2,
    **dict.fromkeys((bytes, Binary, UUID), 3),
    ObjectId: 4,
    bool: 5,
    DatetimeMS: 6,
    Timestamp: 7,
}
_EXTENDED_JSON = json_util.JSONOptions(
    json_mode=json_util.JSONMode.CANONICAL,
    uuid_representation=UuidRepresentation.STANDARD,
    datetime_conversion=DatetimeConversion.DATETIME_MS,
)


def position_of(document_id: Any) -> Position:
    """Strings as they are; other ids as MongoDB's extended JSON, which says their type."""
    if isinstance(document_id, str):
        return document_id
    return {"bson": json_util.dumps(document_id, json_options=_EXTENDED_JSON)}


def after(position: Position | None) -> dict[str, Any]:
    """The filter for what follows; everything follows None."""
    if position is None:
        return {}
    last = position
    if not isinstance(position, str):
        last = json_util.loads(position["bson"], json_options=_EXTENDED_JSON)
    later = _TYPES[_RANKS.get(type(last), len(_TYPES)) + 1 :]
    rest: dict[str, Any] = {ID: {"$gt": last}}
    return {"$or": [rest, {ID: {"$type": later}}]} if later else rest
