"""One row in every table for one venue, whatever the tables are, so that none is forgotten when it goes."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Float, Integer, LargeBinary, Table, func, select
from sqlalchemy.types import BigInteger

from sightline.store.all_tables import ALL_TABLES
from sightline.store.columns import JsonText, UtcMicroseconds

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WORDS: dict[tuple[str, str], Any] = {
    ("event", "state"): "current", ("evidence", "state"): "sealed", ("evidence", "stage"): "final",
    ("event_verdict", "verdict"): "confirmed", ("outbox", "state"): "waiting",
    ("alert", "severity"): "info", ("account", "role"): "viewer",
    ("video_job", "state"): "pending", ("private_link", "hosted_video_id"): None,
    ("evidence", "held_at"): None, ("venue", "timezone"): "UTC", ("run", "kind"): "file",
}  # fmt: skip
"""What a constraint, or the meaning of a column, demands."""

FIRST = ("venue", "camera", "visitor")
NAMED = {"camera_id": "camera", "visitor_id": "visitor"}
"""Columns that name a row without a foreign key."""


def fill(connection: Connection, venue_id: str) -> None:
    """Insert one row into each table; into those without a venue one that hangs on a row of the venue."""
    made: dict[str, dict[str, Any]] = {}
    for table in sorted(ALL_TABLES, key=lambda table: table.name not in FIRST):
        row = {
            column.name: _value(table, column, venue_id, made)
            for column in table.columns
            if not (column.primary_key and isinstance(column.type, Integer | BigInteger) and _counts(column))
        }
        key = connection.execute(table.insert().values(**row)).inserted_primary_key
        assert key is not None
        made[table.name] = row | dict(zip(table.primary_key.columns.keys(), key, strict=True))


def counts(connection: Connection, venue_id: str) -> dict[str, int]:
    """Rows by table: of the venue where the table knows venues, all of them otherwise."""
    found = {}
    for table in ALL_TABLES:
        query = select(func.count()).select_from(table)
        if table.name == "venue":
            query = query.where(table.c.id == venue_id)
        elif "venue_id" in table.c:
            query = query.where(table.c.venue_id == venue_id)
        found[table.name] = int(connection.execute(query).scalar_one())
    return found


def _counts(column: Column[Any]) -> bool:
    return column.autoincrement is not False and not column.foreign_keys and column.name == "id"


def _value(table: Table, column: Column[Any], venue_id: str, made: dict[str, dict[str, Any]]) -> Any:
    if (table.name, column.name) in WORDS:
        return WORDS[table.name, column.name]
    if column.name == "venue_id" or (table.name, column.name) == ("venue", "id"):
        return venue_id
    for reference in column.foreign_keys:
        return made[reference.column.table.name][reference.column.name]
    if column.name in NAMED:
        return made[NAMED[column.name]]["id"]
    return _plain(table, column, venue_id)


def _plain(table: Table, column: Column[Any], venue_id: str) -> Any:
    if isinstance(column.type, UtcMicroseconds):
        return AT
    if isinstance(column.type, JsonText):
        return {}
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, LargeBinary):
        return sha256(venue_id.encode()).digest()[:16]
    if isinstance(column.type, Float):
        return 0.5
    if isinstance(column.type, Integer | BigInteger):
        return 1
    longest = getattr(column.type, "length", None) or 40
    return f"{venue_id}-{table.name}-{column.name}"[-longest:]
