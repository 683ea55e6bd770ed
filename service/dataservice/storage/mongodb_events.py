"""Change streams (https://www.mongodb.com/docs/manual/changeStreams/) as events."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure

from dataservice.domain.document import ID
from dataservice.domain.event import Change, Event, EventPosition, Kind
from dataservice.storage.mongodb_codec import from_bson, shown_id
from dataservice.storage.mongodb_errors import watch_error

_KINDS: Final[Mapping[str, Kind]] = {
    "insert": "created",
    "update": "updated",
    "replace": "updated",
    "delete": "deleted",
}
_TOKEN: Final = "_data"  # noqa: S105 - a resume token's one field
# How long the server waits for a change. Well below the driver's bound on an answer.
_AWAIT_MS: Final = 1000


async def changes(
    collection: AsyncCollection[dict[str, Any]], after: EventPosition | None
) -> AsyncGenerator[Event]:
    """Ends where the collection is dropped or renamed. Raises EventsGone, EventsNotSupported and PyMongo's errors."""
    try:
        stream = await collection.watch(
            full_document="updateLookup",
            resume_after=None if after is None else {_TOKEN: after},
            max_await_time_ms=_AWAIT_MS,
        )
        async with stream:
            yield _position(stream.resume_token)
            while stream.alive:
                raw = await stream.try_next()
                yield _event(raw) if raw else _position(stream.resume_token)
    except OperationFailure as error:
        raise watch_error(error) or error from error


def _position(token: Mapping[str, Any] | None) -> Event:
    return Event(token and token[_TOKEN])


def _event(raw: Mapping[str, Any]) -> Event:
    position = raw["_id"][_TOKEN]
    kind = _KINDS.get(raw["operationType"])
    if kind is None:
        return Event(position)
    if kind == "deleted":
        return Event(position, Change(kind, shown_id(raw["documentKey"][ID]), None))
    document = raw.get("fullDocument")
    if document is None:  # its deletion follows
        return Event(position)
    stored = from_bson(document)
    return Event(position, Change(kind, stored.id, stored.json))
