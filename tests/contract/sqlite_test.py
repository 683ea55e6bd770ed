"""What only SQLite has: a file."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from dataservice.domain.index import Index, IndexField, parse_indexes
from dataservice.errors import DuplicateDocument, IndexRefused, StoreUnavailable
from dataservice.storage import sqlite_layout
from dataservice.storage.sqlite import SQLiteRepository
from tests.support.documents import document, documents

SKU = parse_indexes(b'[{"fields": ["sku"], "unique": true}]')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[SQLiteRepository]:
    repository = SQLiteRepository(path)
    await repository.open()
    try:
        yield repository
    finally:
        await repository.close()


async def test_a_commit_is_on_the_disk_before_it_is_acknowledged(path: Path) -> None:
    async with opened(path) as repository:
        modes = await repository._writer.run(
            lambda connection: [
                connection.execute(f"PRAGMA {each}").fetchone()[0] for each in ("journal_mode", "synchronous")
            ]
        )

    full = 2
    assert modes == ["wal", full]


async def test_documents_are_there_when_the_file_is_opened_again(path: Path) -> None:
    new = document({"n": 1})
    async with opened(path) as repository:
        await repository.insert(new)

    async with opened(path) as repository:
        stored = await repository.get(new.id)

    assert stored is not None
    assert stored.json == new.json


async def test_an_index_that_is_declared_no_more_is_dropped(path: Path) -> None:
    async with opened(path) as repository:
        await repository.ensure_indexes(SKU)
        await repository.ensure_indexes(())

        await repository.insert(document({"sku": 1}))
        await repository.insert(document({"sku": 1}))


async def test_a_file_that_cannot_be_opened_is_unavailable_until_it_can(tmp_path: Path) -> None:
    directory = tmp_path / "volume"
    async with opened(directory / "documents.db") as repository:
        with pytest.raises(StoreUnavailable) as refused:
            await repository.ping()
        assert str(directory) in str(refused.value)

        directory.mkdir()

        await repository.ping()
        await repository.insert(document())


@pytest.fixture
def notes(path: Path) -> Iterator[Path]:
    """A file that is no database, and has to be the same afterwards."""
    path.write_text("precious notes " * 100)
    yield path
    assert path.read_text() == "precious notes " * 100


async def test_a_file_that_is_no_database_is_unavailable_and_left_as_it_is(notes: Path) -> None:
    async with opened(notes) as repository:
        with pytest.raises(StoreUnavailable):
            await repository.insert(document())


async def test_a_file_of_a_later_version_is_not_touched(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    async with opened(path) as repository:
        with pytest.raises(StoreUnavailable):
            await repository.insert(document())


async def test_a_file_of_the_first_layout_is_brought_up_to_date_with_its_documents(path: Path) -> None:
    old, new = document({"n": 1}), document({"n": 2})
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE documents (id TEXT PRIMARY KEY, etag TEXT NOT NULL, document TEXT NOT NULL) STRICT"
        )
        connection.execute("INSERT INTO documents VALUES (?, ?, ?)", (old.id, old.etag, old.json.decode()))
        connection.execute("PRAGMA user_version = 1")
    connection.close()

    async with opened(path) as one, opened(path) as two:
        await asyncio.gather(one.ping(), two.ping(), one.insert(new))
        stored = [await two.get(each.id) for each in (old, new)]

    assert [(each.json, each.request) for each in stored if each] == [(old.json, None), (new.json, None)]
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    connection.close()


async def test_a_new_file_that_another_process_has_in_hand_is_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(path, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    its_end = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: other.commit())
    monkeypatch.setattr(sqlite_layout, "time", its_end)

    async with opened(path) as repository:
        await repository.ping()

    other.close()


async def test_a_unique_index_that_would_take_all_documents_for_alike_is_refused(path: Path) -> None:
    index = Index((IndexField('say "when"'),), unique=True)
    async with opened(path) as repository:
        with pytest.raises(IndexRefused, match='say "when": a name in it has a double quote'):
            await repository.ensure_indexes([index])


async def test_a_job_that_fails_for_a_reason_of_its_own_fails_alone(path: Path) -> None:
    async with opened(path) as repository:
        with pytest.raises(UnicodeEncodeError):
            await repository.get("\ud800")

        assert await repository.get("still served") is None


async def test_a_lock_that_another_process_holds_is_waited_for(path: Path) -> None:
    async with opened(path) as repository:
        await repository.ping()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            await repository.insert(document())

        other.execute("COMMIT")
        other.close()

        await repository.insert(document())


async def test_what_waits_for_a_commit_shares_the_next(path: Path) -> None:
    groups: list[int] = []
    repository = SQLiteRepository(path, groups.append)
    await repository.open()
    begun, free, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

    def hold(_: sqlite3.Connection) -> None:
        loop.call_soon_threadsafe(begun.set)
        free.wait()

    held = asyncio.create_task(repository._writer.run(hold))
    await begun.wait()
    waiting = [asyncio.create_task(repository.insert(document({"n": n}))) for n in range(4)]
    await asyncio.sleep(0)

    free.set()
    await asyncio.gather(held, *waiting)
    await repository.close()

    assert groups == [1, 1, 3]


async def test_of_more_documents_than_a_statement_takes_each_is_told_its_own(path: Path) -> None:
    new = documents({"n": n} for n in range(600))
    async with opened(path) as repository:
        await repository.insert(new[300])
        outcomes = await repository.insert_many(new)
        stored = await repository.get_many([each.id for each in new])

    assert [position for position, error in enumerate(outcomes) if error] == [300]
    assert isinstance(outcomes[300], DuplicateDocument)
    assert len(stored) == len(new)


async def test_a_write_that_nobody_waits_for_anymore_is_not_begun(path: Path) -> None:
    new = document({})
    async with opened(path) as repository:
        free = threading.Event()
        held = asyncio.create_task(repository._writer.run(lambda _: free.wait()))
        abandoned = asyncio.create_task(repository.insert(new))
        await asyncio.sleep(0)

        abandoned.cancel()
        await asyncio.wait([abandoned])
        free.set()
        await held
        await repository.insert(document({}))

        assert await repository.get(new.id) is None
