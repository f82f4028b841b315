"""Many rows in one statement: what ingestion needs to take thousands of stays a second.

Rows are tuples of plain values as they lie in the database: times are whole microseconds. On SQLite they go
through `executemany` of the driver; on PostgreSQL as one array for each column, so that one statement carries
them all. SQLAlchemy's own way costs more for each row than the database does.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    LargeBinary,
    String,
    Table,
    any_,
    bindparam,
    false,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator, TypeEngine

Row = Sequence[Any]
Changes = Callable[[Table, Any], Mapping[str, Any]]
"""From the columns that are stored and those that were to be inserted: new values of columns. It is asked once
for each kind of database, so it must be a plain function."""


def put_rows(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    rows: Sequence[Row],
    *,
    conflict: tuple[str, ...] = (),
    changes: Changes | None = None,
) -> None:
    """Insert `rows`; where one with the same values in the columns `conflict` is stored, change that one.

    Args:
        names: columns, in the order of the values.
        rows: no two with the same values in `conflict`.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        columns = [list(values) for values in zip(*rows, strict=True)]
        arrays = dict(zip(names, columns, strict=True))
        connection.execute(_from_arrays(table, names, conflict, changes), arrays)
    else:
        connection.exec_driver_sql(_row_by_row(table, names, conflict, changes, connection.dialect), [*rows])


def among(connection: Connection, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether `column` has one of many values: numbers, texts or bytes as they lie in the database."""
    if not values:
        return false()
    stored = _stored_type(column.type)
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(stored)))
    if isinstance(stored, LargeBinary):
        return column.in_(values)
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(listed.c.value))


@lru_cache(maxsize=64)
def _row_by_row(
    table: Table,
    names: tuple[str, ...],
    conflict: tuple[str, ...],
    changes: Changes | None,
    dialect: Dialect,
) -> str:
    statement = sqlite.insert(table).values({name: bindparam(name) for name in names})
    if changes is not None:
        values = dict(changes(table, statement.excluded))
        statement = statement.on_conflict_do_update(index_elements=list(conflict), set_=values)
    compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": False})
    if compiled.positiontup != list(names):
        raise AssertionError(f"{table.name} wants its values as {compiled.positiontup}, not {names}")
    return str(compiled)


@lru_cache(maxsize=64)
def _from_arrays(
    table: Table, names: tuple[str, ...], conflict: tuple[str, ...], changes: Changes | None
) -> postgresql.Insert:
    arrays = [bindparam(name, type_=ARRAY(_stored_type(table.c[name].type))) for name in names]
    rows = func.unnest(*arrays).table_valued(*names)
    statement = postgresql.insert(table).from_select(list(names), select(*(rows.c[name] for name in names)))
    if changes is not None:
        values = dict(changes(table, statement.excluded))
        statement = statement.on_conflict_do_update(index_elements=list(conflict), set_=values)
    return statement


def _stored_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of a column without the conversion of Python's values."""
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def listed(connection: Connection, /, *rows, **columns) -> None: ...
