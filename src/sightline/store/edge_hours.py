"""What a box has still to tell its centre, and what became of the telling."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Subquery,
    case,
    func,
    literal,
    select,
    type_coerce,
    union,
    update,
)

from sightline.domain.edge import HOUR, SKEW_TO_WARN, Exchange
from sightline.domain.scope import Scope
from sightline.store.columns import EPOCH, MICROSECOND, UtcMicroseconds
from sightline.store.edge_tables import edge_hour, edge_venue
from sightline.store.many_rows import as_stored
from sightline.store.statements import demand, dialect_of, upsert, visible
from sightline.store.tables import coverage, event, venue
from sightline.store.visitor_tables import stay

HOUR_US = HOUR // MICROSECOND
WAITING = edge_hour.c.version > edge_hour.c.sent_version


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingHour:
    """An hour of one camera that has changed since the centre was told of it.

    Attributes:
        camera_id: empty for stays without a camera.
        version: the newest.
        refusals: how often the centre would not have it as it was.
    """

    venue_id: str
    camera_id: str
    hour_at: datetime
    version: int
    refusals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCentre:
    """How a venue stands with its centre.

    Attributes:
        waiting: hours that are still to be told, `refused` of them it would not have.
        oldest_at: the begin of the oldest of them.
        refusal: why the first of the refused ones was.
        answered_at, skew, uncertainty: of the last exchange; how far the centre's clock was ahead, and by how
            much that may be off.
        timezone, centre_timezone: of the venue here, and at the centre; None while that has not said.
        error: why nothing gets through now, since `failing_since`; None: it does.
    """

    venue_id: str
    waiting: int
    refused: int
    oldest_at: datetime | None
    refusal: str | None
    answered_at: datetime | None
    skew: timedelta | None
    uncertainty: timedelta | None
    timezone: str
    centre_timezone: str | None
    error: str | None
    failing_since: datetime | None

    @property
    def clocks_differ(self) -> bool:
        """By more than they should, whatever the exchange took."""
        if self.skew is None or self.uncertainty is None:
            return False
        return abs(self.skew) - self.uncertainty > SKEW_TO_WARN

    @property
    def zones_differ(self) -> bool:
        """Whether the centre counts the venue's days by another zone; there, its own holds."""
        return self.centre_timezone is not None and self.centre_timezone != self.timezone


def set_up_centre(
    scope: Scope, connection: Connection, venue_id: str, centre: str, *, at: datetime
) -> int | None:
    """From now on, changes of this venue mark their hours; all hours it has are marked once.

    Args:
        centre: stands for its address; another one than before has to be told everything.

    Returns:
        How many hours were marked; None when it was set up already.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    known = select(edge_venue.c.centre).where(edge_venue.c.venue_id == venue_id)
    if connection.execute(known).scalar_one_or_none() == centre:
        return None
    nothing = dict.fromkeys(["answered_at", "skew_us", "uncertainty_us", "centre_timezone", "error"])
    row = {"venue_id": venue_id, "centre": centre, "since": at, "failing_since": None, **nothing}
    upsert(connection, edge_venue, [row], ("venue_id",))
    statement = dialect_of(connection).insert(edge_hour)
    there = _hours_there(venue_id)
    columns = [there.c.venue_id, there.c.camera_id, there.c.hour_at, literal(1), literal(at, UtcMicroseconds)]
    # With a WHERE, or SQLite takes ON CONFLICT for a part of the SELECT.
    rows = select(*columns).where(there.c.hour_at.is_not(None))
    connection.execute(
        statement.from_select(
            ["venue_id", "camera_id", "hour_at", "version", "changed_at"], rows
        ).on_conflict_do_update(
            index_elements=["venue_id", "camera_id", "hour_at"],
            set_={
                "version": edge_hour.c.version + 1,
                "changed_at": at,
                "sent_at": None,
                "refusals": 0,
                "due_at": None,
                "refusal": None,
            },
        )
    )
    marked = select(func.count()).where(edge_hour.c.venue_id == venue_id, WAITING)
    return connection.execute(marked).scalar_one()


def waiting_hours(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    now: datetime,
    pause: timedelta,
    limit: int,
    since: datetime = EPOCH,
) -> list[WaitingHour]:
    """Hours to be told now, oldest first.

    Args:
        since: what is left of hours that began before is not told: it may be a part of what was there.
        pause: an hour is not told again so soon; nor is one that was refused before its time. Times that lie
            in the future by more than that are of a clock that was set back.
    """
    table = edge_hour.c
    far = now + timedelta(days=1)
    query = (
        select(table.venue_id, table.camera_id, table.hour_at, table.version, table.refusals)
        .where(
            visible(scope, edge_hour),
            table.venue_id == venue_id,
            table.hour_at >= since,
            WAITING,
            table.sent_at.is_(None) | (table.sent_at <= now - pause) | (table.sent_at > now),
            table.due_at.is_(None) | (table.due_at <= now) | (table.due_at > far),
        )
        .order_by(table.hour_at, table.camera_id)
        .limit(limit)
    )
    return [WaitingHour(**row._mapping) for row in connection.execute(query)]


def version_of(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, hour_at: datetime
) -> int | None:
    """The version of an hour as this connection sees it, None when nothing of it was ever marked."""
    query = select(edge_hour.c.version).where(_is(venue_id, camera_id, hour_at), visible(scope, edge_hour))
    return connection.execute(query).scalar_one_or_none()


def mark_told(scope: Scope, connection: Connection, hour: WaitingHour, *, version: int, at: datetime) -> None:
    """The centre has this hour up to `version`; what changed meanwhile still waits.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, hour.venue_id)
    table = edge_hour.c
    connection.execute(
        update(edge_hour)
        .where(_is(hour.venue_id, hour.camera_id, hour.hour_at))
        .values(
            sent_version=case((table.sent_version < version, version), else_=table.sent_version),
            sent_at=at,
            refusals=0,
            due_at=None,
            refusal=None,
        )
    )


def count_on_from(scope: Scope, connection: Connection, hour: WaitingHour, version: int) -> None:
    """The centre knows a later version than we have counted: this box was set back. Count on from there.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, hour.venue_id)
    here = _is(hour.venue_id, hour.camera_id, hour.hour_at) & (edge_hour.c.version <= version)
    connection.execute(update(edge_hour).where(here).values(version=version + 1))


def mark_refused(
    scope: Scope, connection: Connection, hour: WaitingHour, why: str, *, due_at: datetime
) -> None:
    """The centre will not have this hour as it is; others go on.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, hour.venue_id)
    connection.execute(
        update(edge_hour)
        .where(_is(hour.venue_id, hour.camera_id, hour.hour_at))
        .values(refusals=edge_hour.c.refusals + 1, due_at=due_at, refusal=why)
    )


def note_exchange(
    scope: Scope, connection: Connection, venue_id: str, exchange: Exchange, centre_timezone: str
) -> None:
    """The centre has answered.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    connection.execute(
        update(edge_venue)
        .where(edge_venue.c.venue_id == venue_id)
        .values(
            answered_at=exchange.answered_at,
            skew_us=exchange.skew // MICROSECOND,
            uncertainty_us=exchange.uncertainty // MICROSECOND,
            centre_timezone=centre_timezone,
            error=None,
            failing_since=None,
        )
    )


def note_failure(scope: Scope, connection: Connection, venue_id: str, why: str, *, at: datetime) -> None:
    """Nothing gets through for this venue.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    table = edge_venue.c
    connection.execute(
        update(edge_venue)
        .where(table.venue_id == venue_id)
        .values(error=why, failing_since=func.coalesce(table.failing_since, literal(at, UtcMicroseconds)))
    )


def told_centre(scope: Scope, connection: Connection) -> list[ToldCentre]:
    """How each venue that has a centre stands with it, by id."""
    table = edge_hour.c
    counts = (
        select(
            table.venue_id,
            func.count().label("waiting"),
            func.sum(case((table.refusals > 0, 1), else_=0)).label("refused"),
            func.min(table.hour_at).label("oldest_at"),
            func.min(table.refusal).label("refusal"),
        )
        .where(WAITING, visible(scope, edge_hour))
        .group_by(table.venue_id)
    )
    waiting = {row.venue_id: row for row in connection.execute(counts)}
    query = (
        select(edge_venue, venue.c.timezone)
        .join(venue, venue.c.id == edge_venue.c.venue_id)
        .where(visible(scope, edge_venue))
        .order_by(edge_venue.c.venue_id)
    )
    return [
        ToldCentre(
            venue_id=row.venue_id,
            waiting=waiting[row.venue_id].waiting if row.venue_id in waiting else 0,
            refused=int(waiting[row.venue_id].refused) if row.venue_id in waiting else 0,
            oldest_at=waiting[row.venue_id].oldest_at if row.venue_id in waiting else None,
            refusal=waiting[row.venue_id].refusal if row.venue_id in waiting else None,
            answered_at=row.answered_at,
            skew=None if row.skew_us is None else row.skew_us * MICROSECOND,
            uncertainty=None if row.uncertainty_us is None else row.uncertainty_us * MICROSECOND,
            timezone=row.timezone,
            centre_timezone=row.centre_timezone,
            error=row.error,
            failing_since=row.failing_since,
        )
        for row in connection.execute(query)
    ]


def _is(venue_id: str, camera_id: str, hour_at: datetime) -> ColumnElement[bool]:
    table = edge_hour.c
    return (table.venue_id == venue_id) & (table.camera_id == camera_id) & (table.hour_at == hour_at)


def _hours_there(venue_id: str) -> Subquery:
    """Each camera and hour of the venue in which anything begins."""
    places = ((stay, stay.c.at), (event, event.c.started_at), (coverage, coverage.c.minute_at))
    found = []
    for table, column in places:
        at = as_stored(column)
        hour = type_coerce(at - at % HOUR_US, UtcMicroseconds).label("hour_at")
        found.append(select(table.c.venue_id, table.c.camera_id, hour).where(table.c.venue_id == venue_id))
    return union(*found).subquery("there")
