"""A few rows in every table, with letters, numbers and gaps of all sorts; and all rows as they lie there."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)
from sqlalchemy.types import TypeDecorator

from sightline.store.all_tables import ALL_TABLES
from sightline.store.columns import JsonText

ROWS = 3
CHOICES = {
    ("account", "role"): "viewer",
    ("alert", "severity"): "warning",
    ("event", "state"): "current",
    ("event_verdict", "verdict"): "dismissed",
    ("evidence", "state"): "sealed",
    ("outbox", "state"): "waiting",
    ("video_job", "state"): "completed",
}
"""What a check allows."""
LETTERS = ["plain", "Käse \"&' 😀", "two\nlines\t%s :name"]


def fill_every_table(connection: Connection) -> None:
    """Rows that refer to each other; every second of the columns that may be empty is."""
    for table in ALL_TABLES:
        for number in range(ROWS):
            values = {column.name: _value(table, column, number) for column in table.columns}
            if table.name == "private_link":
                values["evidence_id" if number % 2 else "hosted_video_id"] = None
            names = ", ".join(f'"{name}"' for name in values)
            places = ", ".join(f":{name}" for name in values)
            connection.execute(text(f'INSERT INTO "{table.name}" ({names}) VALUES ({places})'), values)


def _value(table: Table, column: Column[Any], number: int) -> Any:
    for key in column.foreign_keys:
        return _value(key.column.table, key.column, number)
    allowed = CHOICES.get((table.name, column.name))
    if allowed is not None:
        return allowed
    if column.nullable and table.name != "private_link" and (number + len(column.name)) % 2:
        return None
    if isinstance(column.type, JsonText):
        return '{"a":[1,2.5,null],"é":"\\u0000"}'
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    match kind:
        case Boolean():
            return bool(number % 2)
        case LargeBinary():
            return bytes([number, 0, 255, 39]) * 4
        case Float():
            return [0.1, -1e-300, 1 / 3][number]
        case BigInteger():
            return [1, 2**62 + 1, 1_700_000_000_123_457][number]
        case Integer():
            return [1, 2_000_000_000, 17][number]
        case String(length=None):
            return f"{LETTERS[number]} {column.name}"
        case String(length=length):
            return f"{number}{'x' * 70}"[:length]
    raise AssertionError(f"no value for {table.name}.{column.name}")


def all_rows(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row as the database holds it, by table, past the queries of ours."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table in ALL_TABLES:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        rows = connection.execute(text(f'SELECT {names} FROM "{table.name}"'))
        found[table.name] = sorted(
            (tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows), key=repr
        )
    return found
