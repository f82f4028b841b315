"""How many people and stays lie in stretches of time that are no whole days or hours."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, func, or_, select

from sightline.domain.scope import Scope
from sightline.store.covered_hours import covered_hours
from sightline.store.statements import visible
from sightline.store.tables import coverage
from sightline.store.visitor_tables import coverage_hour, hour_rollup, stay

Stretch = tuple[datetime, datetime]
"""From the first on, up to the second, which does not belong to it."""


def people_within(scope: Scope, connection: Connection, venue_id: str, stretches: Sequence[Stretch]) -> int:
    """Different people with a stay that begins in one of the stretches."""
    if not stretches:
        return 0
    within = or_(*(_begins_in(one) for one in stretches))
    query = select(func.count(stay.c.visitor_id.distinct())).where(
        stay.c.venue_id == venue_id,
        # The whole span once more: without it, all stays of the venue would be looked at.
        stay.c.at >= min(start for start, _ in stretches),
        stay.c.at < max(end for _, end in stretches),
        within,
        visible(scope, stay),
    )
    return int(connection.execute(query).scalar_one())


def people_of_each(
    scope: Scope, connection: Connection, venue_id: str, stretches: Sequence[Stretch]
) -> list[int | None]:
    """Different people with a stay that begins in each of the stretches; None for one that nobody observed.

    Observed is a stretch with the begin of a local hour that has coverage or a stay.
    """
    if not stretches:
        return []
    observed = [
        exists().where(*_hour_begins_in(scope, coverage_hour, venue_id, one), coverage_hour.c.minutes > 0)
        | exists().where(*_hour_begins_in(scope, hour_rollup, venue_id, one))
        for one in stretches
    ]
    people = [
        select(func.count(stay.c.visitor_id.distinct()))
        .where(stay.c.venue_id == venue_id, _begins_in(one), visible(scope, stay))
        .scalar_subquery()
        for one in stretches
    ]
    row = connection.execute(select(*observed, *people)).one()
    half = len(stretches)
    return [int(count) if seen else None for seen, count in zip(row[:half], row[half:], strict=True)]


def stays_within(
    scope: Scope, connection: Connection, venue_id: str, stretches: Sequence[Stretch]
) -> list[int]:
    """Stays that begin in each of the stretches."""
    if not stretches:
        return []
    counts = [
        select(func.count())
        .where(stay.c.venue_id == venue_id, _begins_in(one), visible(scope, stay))
        .scalar_subquery()
        for one in stretches
    ]
    return [int(count) for count in connection.execute(select(*counts)).one()]


def observed_hours(
    scope: Scope, connection: Connection, venue_id: str, start: datetime, end: datetime
) -> set[datetime]:
    """Begins, in [start, end), of the local hours with coverage or a stay."""
    covered = covered_hours(scope, connection, venue_id=venue_id, start=start, end=end)
    query = (
        select(hour_rollup.c.hour_at)
        .where(
            hour_rollup.c.venue_id == venue_id,
            hour_rollup.c.hour_at >= start,
            hour_rollup.c.hour_at < end,
            visible(scope, hour_rollup),
        )
        .distinct()
    )
    return {one.hour_at for one in covered} | set(connection.execute(query).scalars())


def minutes_looked_at(
    scope: Scope, connection: Connection, *, venue_id: str, camera_id: str, start: datetime, end: datetime
) -> int:
    """Minutes that begin in [start, end) in which a camera looked."""
    query = select(func.count()).where(
        coverage.c.venue_id == venue_id,
        coverage.c.camera_id == camera_id,
        coverage.c.minute_at >= start,
        coverage.c.minute_at < end,
        coverage.c.frames_seen > 0,
        visible(scope, coverage),
    )
    return int(connection.execute(query).scalar_one())


def _hour_begins_in(
    scope: Scope, table: Table, venue_id: str, stretch: Stretch
) -> tuple[ColumnElement[bool], ...]:
    start, end = stretch
    hour_at = table.c.hour_at
    return table.c.venue_id == venue_id, hour_at >= start, hour_at < end, visible(scope, table)


def _begins_in(stretch: Stretch) -> ColumnElement[bool]:
    return and_(stay.c.at >= stretch[0], stay.c.at < stretch[1])
