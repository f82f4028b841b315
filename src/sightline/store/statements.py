"""Small pieces of SQL that several nouns need."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from types import ModuleType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Table, false, or_, true
from sqlalchemy.dialects import postgresql, sqlite

from sightline.domain.scope import Scope
from sightline.errors import OutOfScope


def visible(scope: Scope, table: Table) -> ColumnElement[bool]:
    """The rows of `table` that lie in a venue of the scope. Reading outside of it finds nothing."""
    if scope.venues is None:
        return true()
    if not scope.venues:
        return false()
    column = table.c.id if table.name == "venue" else table.c.venue_id
    return column.in_(sorted(scope.venues))


def demand(scope: Scope, venue_id: str) -> None:
    """Writing outside the scope is refused.

    Raises:
        OutOfScope: the venue is not in the scope; it is a StoreError.
    """
    if not scope.allows(venue_id):
        raise OutOfScope(f"venue {venue_id!r} is outside this scope")


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    *,
    added: Collection[str] = (),
) -> None:
    """Insert `rows`; where one with the same `keys` exists, replace its other columns.

    Args:
        added: columns whose new value is added to the stored number instead of replacing it.
    """
    if not rows:
        return
    statement = _upsert(dialect_of(connection), table, tuple(rows[0]), tuple(keys), frozenset(added))
    connection.execute(statement, list(rows))


@lru_cache(maxsize=128)
def _upsert(
    dialect: ModuleType, table: Table, names: tuple[str, ...], keys: tuple[str, ...], added: frozenset[str]
) -> Insert:
    """Kept, since to write it down takes longer than to execute it."""
    statement = dialect.insert(table)
    others = {
        name: table.c[name] + statement.excluded[name] if name in added else statement.excluded[name]
        for name in names
        if name not in keys
    }
    upserting: Insert = statement.on_conflict_do_update(index_elements=list(keys), set_=others)
    return upserting


def dialect_of(connection: Connection) -> ModuleType:
    """The SQLAlchemy module whose `insert` knows ON CONFLICT for the database of `connection`."""
    return postgresql if connection.dialect.name == "postgresql" else sqlite


def lease_over(leased_until: ColumnElement[Any], *, now: datetime, hold: timedelta) -> ColumnElement[bool]:
    """Whether a lease has ended at `now`, or ends further away than any may: then a clock was set back.

    Args:
        hold: how long a lease lasts. It counts twice, because of two that ask at once the one that read its
            clock first may come second, and must not take the lease that ends a moment after its own would.
    """
    return or_(leased_until <= now, leased_until > now + 2 * hold)
