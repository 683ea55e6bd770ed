"""Which queries use a declared index of SQLite, and how long one may take."""

import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dataservice.domain.index import parse_indexes
from dataservice.domain.page import PageQuery
from dataservice.domain.query.parse import parse_filter
from dataservice.domain.query.sort import BY_ID, Sort, SortField
from dataservice.domain.query.tree import EVERYTHING
from dataservice.errors import QueryTooSlow, StoreUnavailable
from dataservice.storage.sqlite import SQLiteRepository
from dataservice.storage.sqlite_filter import ALL, candidates
from dataservice.storage.sqlite_query import statement
from tests.support.documents import document

INDEXES = parse_indexes(
    b'[{"fields": ["sku"], "unique": true}, {"fields": ["shop.name"]}, {"fields": ["-size"]},'
    b' {"fields": ["-_created_at"]}]'
)

MANY = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000)
INSERT INTO documents (id, etag, document) SELECT 'n' || n, 'e', '{"n":0}' FROM numbers
"""


@pytest.fixture
async def repository(tmp_path: Path) -> AsyncIterator[SQLiteRepository]:
    opened = SQLiteRepository(tmp_path / "documents.db")
    await opened.open()
    await opened.ensure_indexes(INDEXES)
    yield opened
    await opened.close()


async def plan(repository: SQLiteRepository, found: Any, sort: Sort = BY_ID) -> list[str]:
    text, parameters = statement(candidates(parse_filter(json.dumps(found))), ALL, sort)

    def explained(connection: sqlite3.Connection) -> list[str]:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {text}", parameters).fetchall()
        return [row[3] for row in rows]

    return await repository._reader.run(explained)


@pytest.mark.parametrize(
    ("found", "index"),
    [
        ({"sku": "A-1"}, "unique:sku"),
        ({"sku": 7}, "unique:sku"),
        ({"sku": 1.5}, "unique:sku"),
        ({"sku": True}, "unique:sku"),
        ({"sku": None}, "unique:sku"),
        ({"sku": {"$in": ["A-1", "A-2"]}}, "unique:sku"),
        ({"sku": {"$startsWith": "A"}}, "unique:sku"),
        ({"sku": {"$gte": "A", "$lt": "B"}}, "unique:sku"),
        ({"sku": {"$all": ["A-1"]}}, "unique:sku"),
        ({"size": {"$gt": 3}}, "plain:-size"),
        ({"size": {"$lte": 2**60}}, "plain:-size"),
        ({"shop.name": "north"}, "plain:shop.name"),
        ({"sku": "A-1", "note": {"$exists": True}}, "unique:sku"),
        ({"$or": [{"sku": "A-1"}, {"size": 3}]}, "unique:sku"),
        ({"_created_at": {"$gt": "2026-03-01T12:00:00Z"}}, "plain:-_created_at"),
    ],
    ids=str,
)
async def test_a_condition_on_an_indexed_field_uses_the_index(
    repository: SQLiteRepository, found: Any, index: str
) -> None:
    steps = await plan(repository, found)

    assert any(f"INDEX declared:{index} (<expr>" in step for step in steps), steps
    assert not any(step.startswith("SCAN documents") for step in steps), steps


async def test_a_document_is_searched_by_its_id_in_the_primary_key(repository: SQLiteRepository) -> None:
    steps = await plan(repository, {"_id": {"$in": ["a", "b"]}})

    assert steps == ["SEARCH documents USING INDEX sqlite_autoindex_documents_1 (id=?)"]


async def test_a_sort_by_an_indexed_time_reads_the_index_in_order(repository: SQLiteRepository) -> None:
    steps = await plan(repository, {}, (SortField("_created_at", descending=True), *BY_ID))

    assert steps[0] == "SCAN documents USING INDEX declared:plain:-_created_at"
    assert steps[1:] in ([], ["USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"])


@pytest.mark.parametrize(
    "found",
    [{"n": {"$exists": False}}, {"n": 1}, {"$nor": [{"n": 0}]}],
    ids=["looked at in Python", "passed over in SQL", "none"],
)
async def test_a_query_that_takes_too_long_is_given_up_and_holds_up_no_other(
    tmp_path: Path, found: Any
) -> None:
    """No time is given; reading by an id needs none."""
    repository = SQLiteRepository(tmp_path / "documents.db", query_seconds=0)
    await repository.open()
    await repository.insert(document(document_id="there"))
    await repository._writer.run(lambda connection: connection.execute(MANY))
    condition = parse_filter(json.dumps(found))

    with pytest.raises(QueryTooSlow):
        await repository.page(PageQuery(10, condition=condition))
    with pytest.raises(QueryTooSlow):
        await repository.count(condition, estimated=False)

    assert await repository.get("there") is not None
    assert await repository.count(parse_filter('{"_id": "there"}'), estimated=False) == 1
    await repository.close()


async def test_a_query_that_waits_too_long_for_others_is_told_so(tmp_path: Path) -> None:
    """It may wait for no time at all; the plain list does not wait for queries."""
    repository = SQLiteRepository(tmp_path / "documents.db", queue_seconds=0)
    await repository.open()

    with pytest.raises(StoreUnavailable):
        await repository.count(EVERYTHING, estimated=False)

    assert (await repository.page(PageQuery(1))).items == ()
    await repository.close()
