"""Where a page ends, in a collection whose ids and other values may be of any type.

MongoDB sorts by type first, and compares (`$gt`) only within one type: what follows a position is the rest
of its type and all later types. Ids of this service are strings; other programs use others.

A field of theirs may also be an array. It is sorted by its least element, in descending order by its greatest; but a
filter asks whether any element is such. So what follows a position has an element beyond it, and none at it or before.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from math import isnan
from typing import Any
from uuid import UUID

from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp, json_util
from bson.binary import UuidRepresentation
from bson.codec_options import DatetimeConversion
from bson.datetime_ms import DatetimeMS

from dataservice.domain.document import ID
from dataservice.domain.page import Position
from dataservice.domain.query.sort import BY_ID, Sort, SortField
from dataservice.errors import PositionTooLong

# https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
_TYPES: Mapping[str, Collection[type]] = {
    "minKey": {MinKey},
    "null": {type(None)},
    "number": {int, Int64, float, Decimal128},
    "string": {str},
    "object": {dict, DBRef},
    "array": {list},
    "binData": {bytes, Binary, UUID},
    "objectId": {ObjectId},
    "bool": {bool},
    "date": {DatetimeMS},
    "timestamp": {Timestamp},
    "regex": {Regex},
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


_Filter = dict[str, Any]
_LAST = len(_NAMES)
_NULL = _RANKS[type(None)]
_NUMBER = _RANKS[float]
_ARRAY = _RANKS[list]


def position_of(document: Mapping[str, Any], sort: Sort = BY_ID) -> Position:
    """The place of a document in a sort. In that of every list, by `_id` alone, this is the id itself: strings as
    they are, others as MongoDB's extended JSON, which says their type. Else it is an array for each field: of one
    value, or of none where the field is an empty array, which comes before null.

    Raises PositionTooLong where a value cannot be compared with.
    """
    if sort == BY_ID:
        return _packed(document[ID])
    return [[_packed(each) for each in _sorted_by(document.get(field.name), field)] for field in sort]


def after(position: Position | None, sort: Sort = BY_ID) -> _Filter:
    """The filter for what follows; everything follows None."""
    if position is None:
        return {}
    places = [[position]] if sort == BY_ID else position
    following, same = [], list[_Filter]()
    for field, place in zip(sort, places, strict=True):
        value = [_unpacked(each) for each in place]
        following.append(_all([*same, _follows(field, value)]))
        same.append(_is_at(field, value))
    return following[0] if len(following) == 1 else {"$or": following}


def _follows(field: SortField, place: list[Any]) -> _Filter:
    forward = not field.descending
    beyond = {"$or": list(_beyond(field.name, place, forward=forward))}
    if field.name == ID:  # never an array
        return beyond
    none = [_equal(field.name, place), *_beyond(field.name, place, forward=not forward)]
    return {"$and": [beyond, {"$nor": none}]}


def _is_at(field: SortField, place: list[Any]) -> _Filter:
    equal = _equal(field.name, place)
    if field.name == ID:
        return equal
    return {"$and": [equal, {"$nor": list(_beyond(field.name, place, forward=field.descending))}]}


def _equal(name: str, place: list[Any]) -> _Filter:
    return _element(name, {"$eq": place[0]}, place[0]) if place else {name: {"$size": 0}}


def _element(name: str, test: _Filter, operand: Any) -> _Filter:
    """A test of single values: one with an array would be of the field as a whole too."""
    return {name: {"$elemMatch": test} if isinstance(operand, list) else test}


def _beyond(name: str, place: list[Any], *, forward: bool) -> Iterator[_Filter]:
    """That some value is greater, or less, in the order of sorting; at least one filter."""
    rank = _RANKS.get(type(place[0]), _LAST) if place else _NULL - 0.5
    if place and rank != _NULL:
        yield from _beyond_in_type(name, place[0], forward=forward)
    types = [each for each in range(_LAST) if (each > rank if forward else each < rank)]
    if _NULL in types and name != ID:
        yield {name: {"$eq": None}}  # also where the field is missing
    if name != ID and place and (rank < _NULL if forward else rank >= _NULL):
        yield {name: {"$size": 0}}
    if _ARRAY in types and name != ID:  # as an element, for `$type` is true of the field itself
        yield {name: {"$elemMatch": {"$type": "array"}}}
    if others := [_NAMES[each] for each in types if each != _ARRAY]:
        yield {name: {"$type": others}}


def _beyond_in_type(name: str, value: Any, *, forward: bool) -> Iterator[_Filter]:
    """NaN is sorted before all numbers, and no number is greater than it or less."""
    if not _is_nan(value):
        yield _element(name, {"$gt" if forward else "$lt": value}, value)
        if not forward and _RANKS.get(type(value)) == _NUMBER:
            yield {name: {"$eq": float("nan")}}
    elif forward:
        yield {name: {"$type": "number", "$ne": value}}


def _all(conditions: Sequence[_Filter]) -> _Filter:
    return conditions[0] if len(conditions) == 1 else {"$and": list(conditions)}


def _sorted_by(value: Any, field: SortField) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    if not value:
        return []
    choose = max if field.descending else min
    return [choose(value, key=_place)]


def _place(value: Any) -> tuple[int, Any]:
    """A key for the order of values within an array."""
    rank = _RANKS.get(type(value), _LAST)
    place = _PLACES.get(_NAMES[rank]) if rank < _LAST else None
    return rank, place(value) if place else 0


def _number_place(value: Any) -> tuple[bool, Decimal]:
    number = value.to_decimal() if isinstance(value, Decimal128) else Decimal(value)
    return (False, Decimal(0)) if number.is_nan() else (True, number)


def _object_place(value: Any) -> list[Any]:
    """Member by member: type, then name, then value."""
    members = dict(_as_document(value)).items()
    return [(_place(item)[0], name, _place(item)) for name, item in members]


def _as_document(value: dict[str, Any] | DBRef) -> Mapping[str, Any]:
    document: Mapping[str, Any] = value.as_doc() if isinstance(value, DBRef) else value
    return document


def _binary_place(value: bytes | UUID) -> tuple[int, int, bytes]:
    binary = Binary.from_uuid(value) if isinstance(value, UUID) else value
    return len(binary), binary.subtype if isinstance(binary, Binary) else 0, bytes(binary)


_PLACES: Mapping[str, Callable[[Any], Any]] = {
    "number": _number_place,
    "string": str,
    "object": _object_place,
    "array": lambda value: [_place(each) for each in value],
    "binData": _binary_place,
    "objectId": str,
    "bool": bool,
    "date": int,
    "timestamp": lambda value: (value.time, value.inc),
    "regex": lambda value: (str(value.pattern), value.flags),
    "javascript": str,
}


def _packed(value: Any) -> Any:
    if type(value) is str:  # BSON's code is a str too
        return value
    if isinstance(value, Regex):
        raise PositionTooLong  # MongoDB compares nothing with a regular expression
    return {"bson": json_util.dumps(value, json_options=_EXTENDED_JSON)}


def _unpacked(packed: Any) -> Any:
    if isinstance(packed, str):
        return packed
    return json_util.loads(packed["bson"], json_options=_EXTENDED_JSON)


def _is_nan(value: Any) -> bool:
    if isinstance(value, Decimal128):
        return value.to_decimal().is_nan()
    return isinstance(value, float) and isnan(value)
