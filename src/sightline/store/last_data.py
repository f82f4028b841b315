"""When something was seen or told of a venue last."""

from datetime import datetime

from sqlalchemy import Column, Connection, select

from sightline.domain.scope import Scope
from sightline.store.statements import visible
from sightline.store.tables import event
from sightline.store.visitor_tables import coverage_hour, hour_rollup


def last_data_at(scope: Scope, connection: Connection, venue_id: str) -> datetime | None:
    """Begin of the last hour with a stay or a watching camera, or of the last event; None without any."""
    found = [
        _last(scope, connection, venue_id, column)
        for column in (hour_rollup.c.hour_at, coverage_hour.c.hour_at, event.c.started_at)
    ]
    return max((at for at in found if at is not None), default=None)


def _last(scope: Scope, connection: Connection, venue_id: str, column: Column[datetime]) -> datetime | None:
    # By the index, backwards: PostgreSQL would look through all venues for a maximum.
    query = select(column).where(column.table.c.venue_id == venue_id, visible(scope, column.table))
    return connection.execute(query.order_by(column.desc()).limit(1)).scalar_one_or_none()
