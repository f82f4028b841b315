"""In how many minutes of each local hour a camera looked: made of `coverage`, in the same transaction.

It is what the figures read, since a year of minutes is too much to look through for one answer.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, case, delete, func, insert, select

from sightline.domain.local_time import HOUR, local_hour
from sightline.domain.scope import Scope
from sightline.store.columns import EPOCH, MICROSECOND
from sightline.store.statements import demand, upsert, visible
from sightline.store.tables import coverage, venue
from sightline.store.visitor_tables import coverage_hour
from sightline.store.wall_clock import microseconds

KEYS = ("venue_id", "hour_at", "camera_id")
QUARTER = timedelta(minutes=15)
LONGEST_HOUR = 2 * HOUR
"""No local hour lasts longer, the clock going back by 30 minutes in it included."""


@dataclass(frozen=True, slots=True)
class CoveredHour:
    """One local hour of a venue that was looked at.

    Attributes:
        hour_at: when it began.
        minutes: in which a camera looked, of the camera that looked most.
    """

    hour_at: datetime
    minutes: int


def is_watched(scope: Scope, connection: Connection, venue_id: str) -> bool:
    """Whether any camera of the venue ever looked. Of the others we know what was told, no more."""
    query = select(coverage_hour.c.hour_at).where(
        coverage_hour.c.venue_id == venue_id, coverage_hour.c.minutes > 0, visible(scope, coverage_hour)
    )
    # By the hour, so that PostgreSQL takes the first of the index instead of looking through all venues.
    first = query.order_by(coverage_hour.c.hour_at).limit(1)
    return connection.execute(first).one_or_none() is not None


def covered_hours(
    scope: Scope, connection: Connection, *, venue_id: str, start: datetime, end: datetime
) -> list[CoveredHour]:
    """The hours that begin in [start, end) and were looked at, in order."""
    query = (
        select(coverage_hour.c.hour_at, func.max(coverage_hour.c.minutes).label("minutes"))
        .where(
            coverage_hour.c.venue_id == venue_id,
            coverage_hour.c.hour_at >= start,
            coverage_hour.c.hour_at < end,
            coverage_hour.c.minutes > 0,
            visible(scope, coverage_hour),
        )
        .group_by(coverage_hour.c.hour_at)
        .order_by(coverage_hour.c.hour_at)
    )
    return [CoveredHour(*row) for row in connection.execute(query).all()]


def count_cameras_that_looked(
    scope: Scope, connection: Connection, *, venue_id: str, start: datetime, end: datetime
) -> int:
    """How many cameras looked in the hours that begin in [start, end)."""
    return cameras_that_looked(scope, connection, venue_id, [(start, end)])[0]


def cameras_that_looked(
    scope: Scope, connection: Connection, venue_id: str, spans: Sequence[tuple[datetime, datetime]]
) -> list[int]:
    """The same for each of some spans that lie side by side."""
    table = coverage_hour.c
    counts = [
        func.count(case(((table.hour_at >= start) & (table.hour_at < end), table.camera_id)).distinct())
        for start, end in spans
    ]
    query = select(*counts).where(
        table.venue_id == venue_id,
        table.hour_at >= min(start for start, _ in spans),
        table.hour_at < max(end for _, end in spans),
        table.minutes > 0,
        visible(scope, coverage_hour),
    )
    return [*connection.execute(query).one()]


def recount_covered_hours(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, minutes: Iterable[datetime]
) -> None:
    """Count again the hours of one camera in which these minutes lie, after `coverage` has changed.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    zone = _zone(connection, venue_id)
    hours = {local_hour(minute, zone) for minute in minutes}
    if not hours:
        return
    query = select(coverage.c.minute_at).where(
        coverage.c.venue_id == venue_id,
        coverage.c.camera_id == camera_id,
        coverage.c.minute_at >= min(hours),
        coverage.c.minute_at < max(hours) + LONGEST_HOUR,
        coverage.c.frames_seen > 0,
    )
    counted = Counter(local_hour(minute, zone) for minute in connection.execute(query).scalars())
    where = {"venue_id": venue_id, "camera_id": camera_id}
    rows = [where | {"hour_at": hour, "minutes": counted[hour]} for hour in sorted(hours) if counted[hour]]
    upsert(connection, coverage_hour, rows, KEYS)
    dark = sorted(hours - set(counted))
    if dark:
        table = coverage_hour.c
        of_camera = (table.venue_id == venue_id, table.camera_id == camera_id)
        connection.execute(delete(coverage_hour).where(*of_camera, table.hour_at.in_(dark)))


def rebuild_coverage_hours(scope: Scope, connection: Connection, venue_id: str) -> None:
    """Make the hours of a venue anew from its minutes: its time zone has changed.

    Minutes are added up by the quarter first, since clocks are put forward and back at quarters of an hour.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    connection.execute(delete(coverage_hour).where(coverage_hour.c.venue_id == venue_id))
    zone = _zone(connection, venue_id)
    quarter = microseconds(coverage.c.minute_at) // (QUARTER // MICROSECOND)
    query = (
        select(coverage.c.camera_id, quarter.label("quarter"), func.count().label("minutes"))
        .where(coverage.c.venue_id == venue_id, coverage.c.frames_seen > 0)
        .group_by(coverage.c.camera_id, quarter)
    )
    counted: Counter[tuple[datetime, str]] = Counter()
    for row in connection.execute(query):
        counted[local_hour(EPOCH + QUARTER * row.quarter, zone), row.camera_id] += row.minutes
    rows = [
        {"venue_id": venue_id, "hour_at": hour, "camera_id": camera_id, "minutes": minutes}
        for (hour, camera_id), minutes in sorted(counted.items())
    ]
    if rows:
        connection.execute(insert(coverage_hour), rows)


def _zone(connection: Connection, venue_id: str) -> tzinfo:
    name = connection.execute(select(venue.c.timezone).where(venue.c.id == venue_id)).scalar_one()
    return ZoneInfo(name)
