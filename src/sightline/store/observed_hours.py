"""At which hours of the day somebody looked: what tells an hour without a stay from one that nobody saw."""

from sqlalchemy import Connection, select

from sightline.domain.clock_changes import clock_spans
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.statements import visible
from sightline.store.visitor_tables import coverage_hour
from sightline.store.wall_clock import hour_on_wall, microseconds


def observed_hours_on_wall(
    scope: Scope, connection: Connection, venue_id: str, window: Window
) -> set[int] | None:
    """Hours on the wall (0..23) that were observed in a window, on whatever day.

    None when the venue never had any coverage: only other programs tell of it.
    """
    seen = (coverage_hour.c.venue_id == venue_id, visible(scope, coverage_hour), coverage_hour.c.minutes > 0)
    if connection.execute(select(coverage_hour.c.hour_at).where(*seen).limit(1)).one_or_none() is None:
        return None
    hours = (
        select(coverage_hour.c.hour_at)
        .where(*seen, coverage_hour.c.hour_at >= window.start, coverage_hour.c.hour_at < window.end)
        .distinct()
        .subquery()
    )
    query = select(hour_on_wall(microseconds(hours.c.hour_at), clock_spans(window)).label("hour")).distinct()
    return set(connection.execute(query).scalars())
