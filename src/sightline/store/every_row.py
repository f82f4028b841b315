"""All rows of all tables, for backups: read in batches, written back whole.

Values pass as they lie in the columns, times as whole numbers and JSON as the text it is, so that what comes
back is the same to the byte, on SQLite and PostgreSQL.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    column,
    delete,
    func,
    literal_column,
    select,
    table,
    text,
)

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.all_tables import ALL_TABLES
from sightline.store.many_rows import as_stored, put_rows

BATCH = 5_000


def count_rows(scope: Scope, connection: Connection) -> dict[str, int]:
    """The number of rows of each table.

    Raises:
        StoreError: a scope that is not the site's.
    """
    _demand_site(scope)
    return {
        one.name: connection.execute(select(func.count()).select_from(one)).scalar_one() for one in ALL_TABLES
    }


def each_batch(scope: Scope, connection: Connection) -> Iterator[tuple[str, Sequence[Sequence[Any]]]]:
    """All rows, each referring to earlier ones only: the name of a table, and some rows of it.

    Raises:
        StoreError: a scope that is not the site's.
    """
    _demand_site(scope)
    for one in ALL_TABLES:
        found = connection.execution_options(yield_per=BATCH).execute(select(*map(as_stored, one.columns)))
        for rows in found.partitions():
            yield one.name, [tuple(row) for row in rows]


def put_batch(scope: Scope, connection: Connection, name: str, rows: Sequence[Sequence[Any]]) -> None:
    """Add what `each_batch` read.

    Raises:
        StoreError: a scope that is not the site's, or rows that the database refuses.
    """
    _demand_site(scope)
    into = next(one for one in ALL_TABLES if one.name == name)
    put_rows(connection, into, tuple(one.name for one in into.columns), rows)


def remove_every_row(scope: Scope, connection: Connection) -> None:
    """Empty all tables.

    Raises:
        StoreError: a scope that is not the site's.
    """
    _demand_site(scope)
    for one in reversed(ALL_TABLES):
        connection.execute(delete(one))


def counters(scope: Scope, connection: Connection) -> dict[str, int]:
    """The highest number ever given to a row, by table: a number that was told must not come back.

    Raises:
        StoreError: a scope that is not the site's.
    """
    _demand_site(scope)
    if connection.dialect.name == "postgresql":
        called = literal_column("is_called", Boolean)
        last = literal_column("last_value", BigInteger)
        asked = {
            name: select(last).select_from(text(_sequence(connection, one))).where(called)
            for name, one in _counting().items()
        }
    else:
        given = table("sqlite_sequence", column("name"), column("seq"))
        asked = {
            name: select(given.c.seq).where(given.c.name == name)
            for name, one in _counting().items()
            if one.table.dialect_options["sqlite"]["autoincrement"]
        }
    found = {name: connection.execute(query).scalar() for name, query in asked.items()}
    return {name: int(value) for name, value in found.items() if value is not None}


def go_on_counting(scope: Scope, connection: Connection, given: dict[str, int]) -> None:
    """Let the next row of each table have a number after all that are there, and after those `given` before.

    Raises:
        StoreError: a scope that is not the site's.
    """
    _demand_site(scope)
    for name, one in _counting().items():
        last = max(given.get(name, 0), connection.execute(select(func.max(one))).scalar() or 0)
        if connection.dialect.name == "postgresql":
            where = {"sequence": _sequence(connection, one), "last": max(last, 1), "used": last > 0}
            connection.execute(text("SELECT setval(CAST(:sequence AS regclass), :last, :used)"), where)
        elif one.table.dialect_options["sqlite"]["autoincrement"]:
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
            connection.execute(
                text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"),
                {"name": name, "last": last},
            )


def _counting() -> dict[str, Column[int]]:
    """The columns that the database itself numbers, by table."""
    return {one.name: one.autoincrement_column for one in ALL_TABLES if one.autoincrement_column is not None}


def _sequence(connection: Connection, one: Column[int]) -> str:
    asked = select(func.pg_get_serial_sequence(one.table.name, one.name))
    return str(connection.execute(asked).scalar_one())


def _demand_site(scope: Scope) -> None:
    if scope.venues is not None:
        raise StoreError("a backup is of the whole site")
