"""The service, which breaks one of its promises: the one that its argument names."""

import asyncio
import secrets
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from dataservice.__main__ import main
from dataservice.domain.document import Document, Stored
from dataservice.domain.idempotency import Key, KeyedRequest, keyed_request
from dataservice.domain.precondition import Preconditions
from dataservice.services import creator
from dataservice.storage.sqlite import SQLiteRepository

_SECONDS: Final = 0.5
"""Long enough that something happens meanwhile."""

_tasks: set[asyncio.Task[Any]] = set()
_get, _insert = SQLiteRepository.get, SQLiteRepository.insert


def acknowledges_first() -> None:
    async def later(repository: SQLiteRepository, document: Document) -> None:
        await asyncio.sleep(_SECONDS)
        await _insert(repository, document)

    async def insert(repository: SQLiteRepository, document: Document) -> None:
        _tasks.add(asyncio.create_task(later(repository, document)))

    setattr(SQLiteRepository, "insert", insert)  # noqa: B010 - in this process, whose only purpose it is


def ignores_if_match() -> None:
    def check(_preconditions: Preconditions, _current: Stored | None) -> None:
        pass

    setattr(Preconditions, "check", check)  # noqa: B010 - as above


def forgets_keys() -> None:
    """And is slow to answer, or who sends again what was stored would seldom be seen."""

    def another(name: str, key: Key, body: bytes) -> KeyedRequest:
        return keyed_request(name, Key(key.principal, secrets.token_hex()), body)

    async def insert(repository: SQLiteRepository, document: Document) -> None:
        await _insert(repository, document)
        await asyncio.sleep(_SECONDS)

    setattr(creator, "keyed_request", another)  # noqa: B010 - as above
    setattr(SQLiteRepository, "insert", insert)  # noqa: B010 - as above


def answers_from_memory() -> None:
    known: dict[str, Stored | None] = {}

    async def get(repository: SQLiteRepository, document_id: str) -> Stored | None:
        if document_id not in known:
            known[document_id] = await _get(repository, document_id)
            asyncio.get_running_loop().call_later(_SECONDS, known.pop, document_id)
        return known[document_id]

    setattr(SQLiteRepository, "get", get)  # noqa: B010 - as above


PROMISES: Final[Mapping[str, Callable[[], None]]] = {
    each.__name__: each for each in (acknowledges_first, ignores_if_match, forgets_keys, answers_from_memory)
}

if __name__ == "__main__":
    PROMISES[sys.argv[1]]()
    main()
