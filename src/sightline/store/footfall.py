"""How many events of a kind begin in each hour, and which customers were there at a time."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, func, select, type_coerce

from sightline.domain.event import EventKind, Role
from sightline.domain.scope import Scope
from sightline.store.columns import EPOCH, MICROSECOND
from sightline.store.review_tables import counts
from sightline.store.statements import visible
from sightline.store.tables import event, track

HOUR = timedelta(hours=1)


def count_by_hour(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    kind: EventKind,
    start: datetime,
    end: datetime,
) -> dict[datetime, int]:
    """Finished events that began in [start, end), by the start of their hour; hours count from `start`.

    Hours without any event are left out.
    """
    start_us = (start - EPOCH) // MICROSECOND
    hour_us = HOUR // MICROSECOND
    # `//` of whole numbers: SQLAlchemy makes it a whole number on SQLite and PostgreSQL alike.
    number = (type_coerce(event.c.started_at, BigInteger) - start_us) // hour_us
    query = (
        select(number.label("hour"), func.count())
        .where(
            visible(scope, event),
            event.c.venue_id == venue_id,
            event.c.camera_id == camera_id,
            event.c.kind == kind.value,
            counts(),
            event.c.ongoing.is_(False),
            event.c.started_at >= start,
            event.c.started_at < end,
        )
        .group_by("hour")
    )
    return {start + hour * HOUR: count for hour, count in connection.execute(query)}


def customers_between(
    scope: Scope, connection: Connection, *, venue_id: str, camera_id: str, start: datetime, end: datetime
) -> set[int]:
    """Track ids of the customers seen between `start` and `end`, as far as their tracks are over."""
    query = select(track.c.track_id).where(
        visible(scope, track),
        track.c.venue_id == venue_id,
        track.c.camera_id == camera_id,
        track.c.role == Role.CUSTOMER.value,
        track.c.first_at <= end,
        track.c.last_at >= start,
    )
    return set(connection.execute(query).scalars())
