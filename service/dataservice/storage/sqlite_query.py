"""Queries of SQLite beyond the plain list: candidates come from SQL, and what they are is looked at one by one."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from dataservice.domain.document import ID, SERVER_FIELDS, Stored
from dataservice.domain.page import Page, PageQuery, Position
from dataservice.domain.query.budget import Budget
from dataservice.domain.query.select import count, matching, page, select
from dataservice.domain.query.sort import Sort, key
from dataservice.domain.query.tree import EVERYTHING, Condition
from dataservice.errors import QueryTooSlow
from dataservice.storage.sqlite_filter import ALL, Sql, candidates, value_of

# The steps of SQLite's virtual machine between two looks at the clock, about a millisecond.
_STEPS_PER_LOOK = 10_000


def find(connection: sqlite3.Connection, query: PageQuery, seconds: float) -> Page:
    """Raises QueryTooSlow."""
    with _bounded(connection, seconds) as budget:
        if any(field.name not in SERVER_FIELDS for field in query.sort):
            return select(_rows(connection, candidates(query.condition)), query, budget)
        # The server's fields are text in every document: SQL's order is MongoDB's, and the first rows suffice.
        rows = _rows(connection, candidates(query.condition), _following(query.sort, query.after), query.sort)
        found = islice(matching(rows, query.condition, budget), query.limit + 1)
        return page([(key(document, query.sort), stored) for document, stored in found], query.limit)


def number(connection: sqlite3.Connection, condition: Condition, seconds: float, most: int | None) -> int:
    """How many documents meet the condition, no further than `most`. Raises QueryTooSlow."""
    with _bounded(connection, seconds) as budget:
        if condition == EVERYTHING:
            (all_of_them,) = connection.execute("SELECT count(*) FROM documents").fetchone()
            return int(all_of_them)
        rows = _rows(connection, candidates(condition))
        return count(rows, condition, budget, most)


def statement(where: Sql, following: Sql = ALL, sort: Sort = ()) -> Sql:
    order = ", ".join(f"{value_of(field.name)} {'DESC' if field.descending else 'ASC'}" for field in sort)
    text = f"SELECT id, etag, document, request FROM documents WHERE {where.text} AND {following.text}"  # noqa: S608 - no values
    return Sql(f"{text} ORDER BY {order}" if order else text, where.parameters + following.parameters)


def stored(row: tuple[str, str, str, str | None]) -> Stored:
    return Stored(row[0], row[1], row[2].encode(), row[3])


def _rows(
    connection: sqlite3.Connection, where: Sql, following: Sql = ALL, sort: Sort = ()
) -> Iterator[Stored]:
    return map(stored, connection.execute(*statement(where, following, sort)))


def _following(sort: Sort, after: Position | None) -> Sql:
    """What follows a position: a greater value at the first field, or the same there and so on."""
    if after is None:
        return ALL
    text, parameters = "0", tuple[str, ...]()
    for field, (place,) in reversed(list(zip(sort, after, strict=True))):
        value, beyond = value_of(field.name), "<" if field.descending else ">"
        if field.name == ID:
            text, parameters = f"{value} {beyond} ?", (place,)
        else:
            # The first comparison alone is one that an index can begin at.
            text = f"({value} {beyond}= ? AND ({value} {beyond} ? OR {text}))"
            parameters = (place, place, *parameters)
    return Sql(text, parameters)


@contextmanager
def _bounded(connection: sqlite3.Connection, seconds: float) -> Iterator[Budget]:
    """Python looks at the clock between documents, SQLite where it passes over many without one to show."""
    budget = Budget(seconds)
    connection.set_progress_handler(lambda: budget.over, _STEPS_PER_LOOK)
    try:
        yield budget
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise QueryTooSlow from error
        raise
    finally:
        connection.set_progress_handler(None, 0)
