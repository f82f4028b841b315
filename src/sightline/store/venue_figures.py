"""Figures of several venues side by side, from what is made of their stays."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, case, func, select, union

from sightline.domain.clock_changes import ClockSpan, clock_spans
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.statements import visible
from sightline.store.tables import venue
from sightline.store.visitor_tables import coverage_hour, hour_rollup, visitor_day
from sightline.store.wall_clock import hour_on_wall, local_day_number, microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSums:
    """What the averages of one venue and window are made of.

    Attributes:
        stays: that begin in the window.
        people: different people with one.
        returned: people with a return.
        people_days: people of each day, added up over the days.
        visits, dwell_ms: visits that begin in the window, and their dwell.
        stays_by_hour: stays by hour on the wall, 0..23.
        observed_days: days with coverage or a stay; of a venue that no camera of ours ever watched, those
            since its first stay.
    """

    stays: int = 0
    people: int = 0
    returned: int = 0
    people_days: int = 0
    visits: int = 0
    dwell_ms: int = 0
    stays_by_hour: Mapping[int, int] = field(default_factory=dict)
    observed_days: int = 0


def sums_by_venue(
    scope: Scope, connection: Connection, venue_ids: Collection[str], window: Window
) -> dict[str, VenueSums]:
    """The sums of venues that share a time zone, over the same days; one that is not there has none."""
    ids = sorted(venue_ids)
    people = _people(scope, connection, ids, window)
    hours = _stays_by_hour(scope, connection, ids, window)
    days = _observed_days(scope, connection, ids, window)
    return {
        venue_id: VenueSums(
            **people.get(venue_id, {}),
            stays_by_hour=hours.get(venue_id, {}),
            observed_days=days.get(venue_id, 0),
        )
        for venue_id in ids
    }


def stays_by_venue(
    scope: Scope, connection: Connection, venue_ids: Collection[str], *, start: datetime, end: datetime
) -> dict[str, int]:
    """Stays of the hours that begin in [start, end), by venue; one without any is not in it."""
    query = (
        select(hour_rollup.c.venue_id, func.sum(hour_rollup.c.stays).label("stays"))
        .where(*_hours(scope, hour_rollup, sorted(venue_ids), start, end))
        .group_by(hour_rollup.c.venue_id)
    )
    return {row.venue_id: int(row.stays) for row in connection.execute(query)}


def _people(
    scope: Scope, connection: Connection, ids: Sequence[str], window: Window
) -> dict[str, dict[str, int]]:
    days = visitor_day.c
    # A person counts on the first of their days in the window; see `store.day_links`.
    first = days.previous_day.is_(None) | (days.previous_day < window.first_number)
    back = days.previous_return.is_(None) | (days.previous_return < window.first_number)
    query = (
        select(
            days.venue_id,
            func.sum(days.stays).label("stays"),
            func.count(case((first, 1))).label("people"),
            func.count(case((and_(days.returned, back), 1))).label("returned"),
            func.count().label("people_days"),
            func.sum(days.visits).label("visits"),
            func.sum(days.dwell_ms).label("dwell_ms"),
        )
        .where(
            days.venue_id.in_(ids),
            days.day.between(window.first_number, window.last_number),
            visible(scope, visitor_day),
        )
        .group_by(days.venue_id)
    )
    found = {}
    for row in connection.execute(query):
        facts = {name: int(value) for name, value in row._mapping.items() if name != "venue_id"}
        found[row.venue_id] = facts
    return found


def _stays_by_hour(
    scope: Scope, connection: Connection, ids: Sequence[str], window: Window
) -> dict[str, dict[int, int]]:
    hour = hour_on_wall(microseconds(hour_rollup.c.hour_at), clock_spans(window)).label("hour")
    query = (
        select(hour_rollup.c.venue_id, hour, func.sum(hour_rollup.c.stays).label("stays"))
        .where(*_hours(scope, hour_rollup, ids, window.start, window.end))
        .group_by(hour_rollup.c.venue_id, hour)
    )
    found: dict[str, dict[int, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.venue_id, {})[row.hour] = int(row.stays)
    return found


def _observed_days(
    scope: Scope, connection: Connection, ids: Sequence[str], window: Window
) -> dict[str, int]:
    spans = clock_spans(window)
    looked_at = _days_of(scope, coverage_hour, ids, window, spans, coverage_hour.c.minutes > 0)
    told = _days_of(scope, hour_rollup, ids, window, spans, hour_rollup.c.stays > 0)
    days = union(looked_at, told).subquery()
    query = select(days.c.venue_id, func.count().label("days")).group_by(days.c.venue_id)
    found = {row.venue_id: int(row.days) for row in connection.execute(query)}
    watched = (
        select(coverage_hour.c.venue_id)
        .where(coverage_hour.c.venue_id.in_(ids), coverage_hour.c.minutes > 0, visible(scope, coverage_hour))
        .distinct()
    )
    seen = set(connection.execute(watched).scalars())
    # One look into the index for each venue.
    first_day = (
        select(func.min(visitor_day.c.day)).where(visitor_day.c.venue_id == venue.c.id).scalar_subquery()
    )
    told_only = select(venue.c.id, first_day.label("day")).where(
        venue.c.id.in_([one for one in ids if one not in seen]), visible(scope, venue)
    )
    for row in connection.execute(told_only):
        if row.day is not None:
            found[row.id] = max(0, window.last_number - max(row.day, window.first_number) + 1)
    return found


def _days_of(
    scope: Scope,
    table: Table,
    ids: Sequence[str],
    window: Window,
    spans: Sequence[ClockSpan],
    seen: ColumnElement[bool],
) -> Select[tuple[str, int]]:
    day = local_day_number(microseconds(table.c.hour_at), spans).label("day")
    return select(table.c.venue_id, day).where(*_hours(scope, table, ids, window.start, window.end), seen)


def _hours(
    scope: Scope, table: Table, ids: Sequence[str], start: datetime, end: datetime
) -> list[ColumnElement[bool]]:
    return [
        table.c.venue_id.in_(ids),
        table.c.hour_at >= start,
        table.c.hour_at < end,
        visible(scope, table),
    ]
