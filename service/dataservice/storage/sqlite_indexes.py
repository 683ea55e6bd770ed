"""Declared indexes as SQLite indexes over the JSON text."""

import re
import sqlite3
from collections.abc import Collection, Iterable, Sequence

from dataservice.domain.index import Index, IndexField
from dataservice.errors import IndexRefused

_PREFIX = "declared:"


def index_name(index: Index) -> str:
    kind = "unique" if index.unique else "plain"
    fields = ",".join(("-" if field.descending else "") + field.path for field in index.fields)
    return f"{_PREFIX}{kind}:{fields}".replace('"', '""')


def check_index(index: Index) -> None:
    """Raises IndexRefused: SQLite finds no name with a double quote, so that all documents would lack it."""
    if index.unique and any('"' in path for path in index.paths):
        raise IndexRefused(
            f"SQLite can make no unique index on {', '.join(index.paths)}: a name in it has a double quote"
        )


def create_index(index: Index) -> str:
    unique = "UNIQUE " if index.unique else ""
    columns = ", ".join(map(_column, index.fields))
    return f'CREATE {unique}INDEX IF NOT EXISTS "{index_name(index)}" ON documents ({columns})'


def stale_indexes(connection: sqlite3.Connection, wanted: Collection[str]) -> Iterable[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE ?", (f"{_PREFIX}%",)
    )
    names = [name.replace('"', '""') for (name,) in rows.fetchall()]
    return [name for name in names if name not in wanted]


def fields_of_violation(error: sqlite3.IntegrityError) -> tuple[str, ...]:
    """The fields of the index that an insert broke, from the name that `index_name` gave it."""
    if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
        return ("_id",)
    found = re.search(rf"index '{_PREFIX}unique:(.*)'", str(error))
    return tuple(name.removeprefix("-") for name in found[1].split(",")) if found else ()


def indexed_value(names: Sequence[str]) -> str:
    """The expression that an index on a path holds; a query that says the same uses the index.

    It is never NULL. Numbers come before text, text before blobs: x'' for null and where nothing is, x'00' and x'01'
    for false and true. Objects and arrays are their JSON text.
    """
    path = "'$." + ".".join(f'"{_quoted(name)}"' for name in names) + "'"
    # MongoDB holds null and a missing field for one value, and true for another value than 1; in SQLite
    # nulls are all distinct and JSON's true is 1. A blob is equal to no text and to no number.
    return (
        f"CASE json_type(document, {path}) WHEN 'true' THEN x'01' WHEN 'false' THEN x'00'"
        f" ELSE coalesce(json_extract(document, {path}), x'') END"
    )


def _column(field: IndexField) -> str:
    return f"{indexed_value(field.names)} {'DESC' if field.descending else 'ASC'}"


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("'", "''")
