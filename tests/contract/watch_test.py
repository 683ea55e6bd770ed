"""What every store tells of changes."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing, closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dataservice.domain.event import Event
from dataservice.domain.repository import Repository
from dataservice.errors import EventsGone
from dataservice.storage import event_log
from dataservice.storage.sqlite import SQLiteRepository
from tests.contract.stores import SHARED_STORES, Place
from tests.support.documents import document, documents


async def changes(events: AsyncGenerator[Event], count: int) -> list[Event]:
    """The next events that are changes; positions are sent out and taken back as JSON."""
    found: list[Event] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            event = await anext(events)
            if event.change:
                found.append(event)
    return found


def travelled(position: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(position))


async def test_a_watch_tells_of_documents_that_are_stored_from_then_on(repository: Repository) -> None:
    await repository.insert(document())
    new = documents({"n": n} for n in range(25))
    async with aclosing(repository.watch(None)) as events:
        begin = await anext(events)
        for each in new:
            await repository.insert(each)

        told = await changes(events, 25)

    assert begin.change is None
    assert [event.change and (event.change.kind, event.change.id, event.change.json) for event in told] == [
        ("created", each.id, each.json) for each in new
    ]


async def test_a_watch_that_goes_on_after_an_event_misses_none_and_repeats_none(
    repository: Repository,
) -> None:
    new = documents({"n": n} for n in range(6))
    async with aclosing(repository.watch(None)) as events:
        begin = await anext(events)
        for each in new[:3]:
            await repository.insert(each)
        told = await changes(events, 2)
    for each in new[3:]:
        await repository.insert(each)

    async with aclosing(repository.watch(travelled(told[-1].position))) as events:
        rest = await changes(events, 4)
    async with aclosing(repository.watch(travelled(begin.position))) as events:
        whole = await changes(events, 6)

    assert [event.change.id for event in told + rest if event.change] == [each.id for each in new]
    assert [event.change.id for event in whole if event.change] == [each.id for each in new]


async def waiting(repository: Repository, events: AsyncGenerator[Event]) -> asyncio.Task[list[Event]]:
    """For the next change, by one who has looked and found none."""
    await anext(events)
    task = asyncio.create_task(changes(events, 1))
    for _ in range(5):
        await asyncio.sleep(0)
        await repository.ping()  # SQLite's reader has one thread: what was asked before it has been answered
    return task


async def test_who_waits_for_a_change_is_woken_by_it(repository: Repository) -> None:
    new = document()
    async with aclosing(repository.watch(None)) as events:
        task = await waiting(repository, events)

        await repository.insert(new)

        [told] = await task
    assert told.change is not None
    assert told.change.id == new.id


async def test_several_watch_at_once_and_each_is_told_all(repository: Repository) -> None:
    new = document()
    watches = [repository.watch(None) for _ in range(5)]
    for events in watches:
        await anext(events)

    await repository.insert(new)

    told = await asyncio.gather(*(changes(events, 1) for events in watches))
    for events in watches:
        await events.aclose()
    assert [event.change.id for [event] in told if event.change] == [new.id] * 5


@pytest.mark.parametrize("store", SHARED_STORES, indirect=True)
async def test_a_watch_tells_what_another_process_stores(store: Place, repository: Repository) -> None:
    other, new = store.repository(), document()
    await other.open()
    async with aclosing(repository.watch(None)) as events:
        task = await waiting(repository, events)

        await other.insert(new)

        [told] = await task
    await other.close()
    assert told.change is not None
    assert told.change.json == new.json


@pytest.mark.parametrize("store", SHARED_STORES, indirect=True)
async def test_a_watch_goes_on_in_another_process(store: Place, repository: Repository) -> None:
    other, new = store.repository(), documents([{}, {}])
    async with aclosing(repository.watch(None)) as events:
        await anext(events)
        await repository.insert(new[0])
        [told] = await changes(events, 1)
    await repository.insert(new[1])
    await other.open()

    async with aclosing(other.watch(travelled(told.position))) as events:
        [next_told] = await changes(events, 1)

    await other.close()
    assert next_told.change is not None
    assert next_told.change.id == new[1].id


async def test_a_refused_document_is_not_told(repository: Repository) -> None:
    first, last = document(document_id="taken"), document(document_id="free")
    async with aclosing(repository.watch(None)) as events:
        await anext(events)
        await repository.insert(first)
        await asyncio.gather(repository.insert(document(document_id="taken")), return_exceptions=True)
        await repository.insert(last)

        told = await changes(events, 2)

    assert [event.change.id for event in told if event.change] == ["taken", "free"]


@pytest.mark.parametrize("store", ["memory", "sqlite"], indirect=True)
@pytest.mark.parametrize("position", [["another", 0], ["own", 1]])
async def test_a_watch_cannot_go_on_in_another_history(repository: Repository, position: list[Any]) -> None:
    async with aclosing(repository.watch(None)) as events:
        own = (await anext(events)).position

    origin = own[0] if position[0] == "own" else position[0]
    with pytest.raises(EventsGone):
        await anext(repository.watch([origin, position[1]]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


def written(path: Path, statement: str, *rows: tuple[str, ...]) -> None:
    """By a program that knows nothing of this service."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.executemany(statement, rows or [()])
        other.execute("COMMIT")


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_in_sqlite_every_change_is_told_whoever_makes_it(repository: Repository, path: Path) -> None:
    await repository.insert(document(document_id="one"))
    async with aclosing(repository.watch(None)) as events:
        await anext(events)

        written(path, "UPDATE documents SET document = '{\"new\":1}' WHERE id = 'one'")
        [updated] = await changes(events, 1)
        written(path, "DELETE FROM documents")
        [deleted] = await changes(events, 1)

    assert updated.change is not None
    assert (updated.change.kind, updated.change.json) == ("updated", b'{"new":1}')
    assert deleted.change is not None
    assert (deleted.change.kind, deleted.change.id, deleted.change.json) == ("deleted", "one", None)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_a_document_that_has_been_deleted_since_is_told_as_deleted_only(
    repository: Repository, path: Path
) -> None:
    async with aclosing(repository.watch(None)) as events:
        await anext(events)
        written(path, "INSERT INTO documents (id, etag, document) VALUES ('a', 'e', '{}')")
        written(path, "DELETE FROM documents")

        [told] = await changes(events, 1)

    assert told.change is not None
    assert told.change.kind == "deleted"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_of_changes_the_latest_are_kept_and_a_watch_from_before_is_gone(
    repository: Repository, path: Path
) -> None:
    async with aclosing(repository.watch(None)) as events:
        begin = await anext(events)
        written(
            path,
            "INSERT INTO documents (id, etag, document) VALUES (?, 'e', '{}')",
            *((f"d{n}",) for n in range(event_log.KEPT + 1)),
        )

        with pytest.raises(EventsGone):  # also where a watch falls behind
            await anext(events)

    origin, number = begin.position
    with pytest.raises(EventsGone):
        await anext(repository.watch(begin.position))
    async with aclosing(repository.watch([origin, number + 1])) as events:
        [first] = await changes(events, 1)
    assert first.change is not None
    assert first.change.id == "d1"
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM events").fetchone() == (event_log.KEPT,)


async def test_a_file_from_before_there_were_events_gets_them_and_keeps_its_documents(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(
            "CREATE TABLE documents (id TEXT PRIMARY KEY, etag TEXT NOT NULL, document TEXT NOT NULL) STRICT"
        )
        file.execute("INSERT INTO documents VALUES ('old', 'e', '{}')")
        file.execute("PRAGMA user_version = 1")
    repository, new = SQLiteRepository(path), document()
    await repository.open()

    async with aclosing(repository.watch(None)) as events:
        await anext(events)
        await repository.insert(new)
        [told] = await changes(events, 1)

    old = await repository.get("old")
    await repository.close()
    assert old is not None
    assert told.change is not None
    assert told.change.id == new.id


async def test_many_that_open_a_new_file_at_once_lay_it_out_once(path: Path) -> None:
    async with AsyncExitStack() as stack:
        repositories = [SQLiteRepository(path) for _ in range(8)]
        for each in repositories:
            await each.open()
            stack.push_async_callback(each.close)

        await asyncio.gather(*(each.insert(document()) for each in repositories))

    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM history").fetchone() == (1,)
        assert file.execute("SELECT count(*) FROM events").fetchone() == (8,)
