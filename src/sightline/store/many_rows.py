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
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    LargeBinary,
    String,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    false,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator, TypeEngine

Row = Sequence[Any]
Changes = Callable[[Table, Any], Mapping[str, Any]]
"""From the columns that are stored and those that were to be inserted: new values of columns, without
parameters. It is asked once for each kind of database."""

ASKED_AT_ONCE = 1_000
"""Parameters of one statement of SQLite, which takes 32,766."""


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
        names: columns, in the order of the values and of the table.
        rows: no two with the same values in `conflict`.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        columns = zip(names, zip(*rows, strict=True), strict=True)
        arrays = {name: _array(table.c[name].type, values) for name, values in columns}
        connection.exec_driver_sql(_from_arrays(table, names, conflict, changes, connection.dialect), arrays)
    else:
        connection.exec_driver_sql(_row_by_row(table, names, conflict, changes, connection.dialect), [*rows])


def among(connection: Connection, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether `column` has one of many values: numbers, texts or bytes as they lie in the database."""
    if not values:
        return false()
    if connection.dialect.name == "postgresql":
        return column == any_(_as_array(literal(_array(column.type, values), Text), column.type))
    if isinstance(_stored_type(column.type), LargeBinary):
        return column.in_(values)
    rows = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(rows.c.value))


def known_among(connection: Connection, column: Column[Any], values: Sequence[Any]) -> list[Any]:
    """Those of many values that are stored in an indexed column."""
    if connection.dialect.name == "postgresql":
        return list(connection.execute(select(column).where(among(connection, column, values))).scalars())
    found: list[Any] = []
    for first in range(0, len(values), ASKED_AT_ONCE):
        chunk = values[first : first + ASKED_AT_ONCE]
        # SQLAlchemy takes longer to write down a thousand parameters than SQLite to look them all up.
        query = _lookup(column.table.name, column.name, len(chunk))
        found += connection.exec_driver_sql(query, tuple(chunk)).scalars()
    return found


def listed(connection: Connection, numbers: Mapping[str, Sequence[int]]) -> FromClause:
    """Rows of whole numbers to join with: one column for each sequence, which are equally long."""
    if connection.dialect.name == "postgresql":
        kind = BigInteger()
        arrays = [_as_array(literal(_array(kind, values), Text), kind) for values in numbers.values()]
        return func.unnest(*arrays).table_valued(*numbers).render_derived()
    rows = func.json_each(json.dumps([*zip(*numbers.values(), strict=True)])).table_valued("value")
    parts = [func.json_extract(rows.c.value, f"$[{place}]").label(name) for place, name in enumerate(numbers)]
    return select(*parts).subquery()


def as_stored(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """`column` as the plain value that lies in the database."""
    return type_coerce(column, _stored_type(column.type))


@lru_cache(maxsize=64)
def _lookup(table: str, column: str, values: int) -> str:
    return f"SELECT {column} FROM {table} WHERE {column} IN ({', '.join('?' * values)})"  # noqa: S608  ours


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
    table: Table,
    names: tuple[str, ...],
    conflict: tuple[str, ...],
    changes: Changes | None,
    dialect: Dialect,
) -> str:
    arrays = [_as_array(bindparam(name, type_=Text), table.c[name].type) for name in names]
    rows = func.unnest(*arrays).table_valued(*names).render_derived()
    statement = postgresql.insert(table).from_select(list(names), select(*(rows.c[name] for name in names)))
    if changes is not None:
        values = dict(changes(table, statement.excluded))
        statement = statement.on_conflict_do_update(index_elements=list(conflict), set_=values)
    return str(statement.compile(dialect=dialect))


def _as_array(text: ColumnElement[str], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    return cast(text, ARRAY(_stored_type(kind)))


def _array(kind: TypeEngine[Any], values: Collection[Any]) -> str:
    """Values as PostgreSQL writes down an array. The driver would look at every one of them for longer."""
    stored = _stored_type(kind)
    if isinstance(stored, LargeBinary):
        parts = ["NULL" if value is None else f'"\\\\x{value.hex()}"' for value in values]
    elif isinstance(stored, String):
        parts = ["NULL" if value is None else _quoted(value) for value in values]
    else:
        parts = ["NULL" if value is None else str(value) for value in values]
    return f"{{{','.join(parts)}}}"


def _quoted(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _stored_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of a column without the conversion of Python's values."""
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind
