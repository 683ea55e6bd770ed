"""Documents by their ids, in groups."""

from collections.abc import Sequence
from typing import Any, Final

from bson import ObjectId

from dataservice.domain.document import ID
from dataservice.storage.groups import Bounds, Groups
from dataservice.storage.mongodb_codec import shows_object_id
from dataservice.storage.mongodb_drivers import Collection

_MOST_IDS: Final = 100
"""The server's first batch holds 101 documents: no second is asked for, unless they are large."""

_Raw = dict[str, Any]


class MongoDBReader:
    """Whoever asks is shown nothing older than the question: the command that answers is sent after it."""

    def __init__(self, collection: Collection, seconds: float) -> None:
        self._collection = collection
        self._groups = Groups(self._send, Bounds(_MOST_IDS, seconds=seconds))

    async def get(self, document_id: str) -> _Raw | None:
        """24 digits also find the ObjectId that they show, unless a document has them as its own id."""
        return await self._groups.put(document_id)

    async def close(self) -> None:
        """Wait for what is under way."""
        await self._groups.close()

    async def _send(self, ids: Sequence[str]) -> Sequence[_Raw | None]:
        object_ids = {each: ObjectId(each) for each in ids if shows_object_id(each)}
        rows = await self._collection.find({ID: {"$in": [*ids, *object_ids.values()]}}).to_list(None)
        found: dict[Any, _Raw] = {row[ID]: row for row in rows}
        return [found.get(each) or found.get(object_ids.get(each)) for each in ids]
