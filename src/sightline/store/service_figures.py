"""Service events added up: how many, how long, when, by whom, and how long customers waited for attention.

An event counts in the window in which it begins; superseded ones and those that still go on do not count.
People are tracks: a track id means the same person within one camera and run, and, of events that another
program told without a run, within one local day.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSON

from sightline.domain.clock_changes import clock_spans
from sightline.domain.event import EventKind, Role
from sightline.domain.local_time import Window
from sightline.domain.quantile import SortedPlaces
from sightline.domain.scope import Scope
from sightline.store.events import StoredEvent, events_of
from sightline.store.statements import visible
from sightline.store.tables import event, event_participant, track
from sightline.store.wall_clock import hour_on_wall, local_day_number, microseconds

SERVICE = (EventKind.INTERACTION, EventKind.UNATTENDED, EventKind.QUEUE)
PERCENTILES = (50, 90)


@dataclass(frozen=True, slots=True)
class ServiceHour:
    """Events of one kind that begin in one hour of the day. `total_us` is how long they took together."""

    kind: EventKind
    hour: int
    count: int
    total_us: int
    confirmed: int
    longest_us: int


@dataclass(frozen=True, slots=True)
class Attention:
    """Customers of a window.

    Attributes:
        customers: different people of an interaction or an unattended wait.
        served: those of an interaction.
        gaps_us: until the first interaction, of those of whom its beginning is known: since they were first
            alone where that was long enough for an event, else since they were first seen.
    """

    customers: int
    served: int
    gaps_us: SortedPlaces


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffDay:
    """What one member of staff (a track) did in one local day.

    Attributes:
        run_id: None of what another program told.
        interactions: that begin in the day; `busy_us` is the time within any of them.
        first_at, last_at: of the whole track; None when it is not stored.
    """

    day: int
    camera_id: str
    run_id: str | None
    track_id: int
    interactions: int
    busy_us: int
    first_at: datetime | None
    last_at: datetime | None


def service_by_hour(scope: Scope, connection: Connection, venue_id: str, window: Window) -> list[ServiceHour]:
    """By kind and hour on the wall (0..23), what did not happen left out."""
    found = _happened(scope, venue_id, window)
    took = found.c.ended_us - found.c.started_us
    query = select(
        found.c.kind,
        found.c.hour,
        func.count().label("count"),
        func.sum(took).label("total_us"),
        func.count(found.c.confirmed_at).label("confirmed"),
        func.max(took).label("longest_us"),
    ).group_by(found.c.kind, found.c.hour)
    return [
        ServiceHour(
            EventKind(row.kind), row.hour, row.count, int(row.total_us), row.confirmed, row.longest_us
        )
        for row in connection.execute(query)
    ]


def service_durations(
    scope: Scope, connection: Connection, venue_id: str, window: Window
) -> dict[EventKind, SortedPlaces]:
    """Durations in microseconds by kind, as far as the percentiles need them; kinds without any left out."""
    found = _happened(scope, venue_id, window)
    took = (found.c.ended_us - found.c.started_us).label("took")
    ranked = select(
        found.c.kind,
        took,
        _place(partition_by=found.c.kind, order_by=took),
        func.count().over(partition_by=found.c.kind).label("n"),
    ).subquery()
    query = select(ranked).where(or_(*_beside_percentiles(ranked)))
    places: dict[EventKind, dict[int, int]] = {}
    counts: dict[EventKind, int] = {}
    for row in connection.execute(query):
        kind = EventKind(row.kind)
        counts[kind] = row.n
        places.setdefault(kind, {})[row.place] = row.took
    return {kind: SortedPlaces(counts[kind], places[kind]) for kind in counts}


def line_lengths(
    scope: Scope, connection: Connection, venue_id: str, window: Window
) -> list[tuple[str | None, int]]:
    """What the queue events tell of their line's length, as text, None without; and how many tell it."""
    length = _detail(connection, "line_length").label("length")
    inner = select(length).where(*_within(scope, venue_id, window, (EventKind.QUEUE,))).subquery()
    query = select(inner.c.length, func.count().label("count")).group_by(inner.c.length)
    return [(row.length, row.count) for row in connection.execute(query)]


def attention(scope: Scope, connection: Connection, venue_id: str, window: Window) -> Attention:
    """How many customers were served, and how long they waited for it."""
    people = _customers(scope, venue_id, window)
    gap = case(
        (people.c.alone_us <= people.c.met_us, people.c.met_us - people.c.alone_us),
        (people.c.met_us >= microseconds(track.c.first_at), people.c.met_us - microseconds(track.c.first_at)),
    )
    gaps = select(people.c.met_us, gap.label("gap")).select_from(_with_track(scope, people)).subquery()
    ranked = select(
        gaps.c.gap,
        func.count().over().label("customers"),
        func.count(gaps.c.met_us).over().label("served"),
        func.count(gaps.c.gap).over().label("n"),
        _place(order_by=(gaps.c.gap.is_(None), gaps.c.gap)),
    ).subquery()
    query = select(ranked).where(or_(ranked.c.place == 0, *_beside_percentiles(ranked)))
    rows = connection.execute(query).all()
    if not rows:
        return Attention(0, 0, SortedPlaces(0, {}))
    values = {row.place: row.gap for row in rows if row.gap is not None}
    return Attention(rows[0].customers, rows[0].served, SortedPlaces(rows[0].n, values))


def staff_days(scope: Scope, connection: Connection, venue_id: str, window: Window) -> list[StaffDay]:
    """Who served on which day, by day, camera, run and track."""
    found = _people(scope, venue_id, window, (EventKind.INTERACTION,), event_participant.c.role == Role.STAFF)
    who = (found.c.day, found.c.camera_id, found.c.run_id, found.c.track_id)
    until_now = func.max(found.c.ended_us).over(
        partition_by=who, order_by=(found.c.started_us, found.c.ended_us, found.c.id), rows=(None, -1)
    )
    served = select(*who, found.c.started_us, found.c.ended_us, until_now.label("until_us")).subquery()
    # Serving two people at once keeps one person busy once: only what reaches beyond the ones before counts.
    fresh = case(
        (or_(served.c.until_us.is_(None), served.c.until_us <= served.c.started_us),
         served.c.ended_us - served.c.started_us),
        (served.c.until_us < served.c.ended_us, served.c.ended_us - served.c.until_us),
        else_=0,
    )  # fmt: skip
    whose = (served.c.day, served.c.camera_id, served.c.run_id, served.c.track_id)
    days = (
        select(*whose, func.count().label("interactions"), func.sum(fresh).label("busy_us"))
        .group_by(*whose)
        .subquery()
    )
    query = (
        select(days, track.c.first_at, track.c.last_at)
        .select_from(_with_track(scope, days))
        .order_by(days.c.day, days.c.camera_id, days.c.run_id, days.c.track_id)
    )
    return [StaffDay(**{**row._mapping, "busy_us": int(row.busy_us)}) for row in connection.execute(query)]


def newest_service_events(
    scope: Scope, connection: Connection, venue_id: str, window: Window, *, limit: int, offset: int
) -> list[StoredEvent]:
    """A page of the events, the newest begin first."""
    query = (
        select(event.c.id)
        .where(*_within(scope, venue_id, window, SERVICE))
        .order_by(event.c.started_at.desc(), event.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    ids = list(connection.execute(query).scalars())
    found = {one.id: one for one in events_of(scope, connection, ids)}
    return [found[one] for one in ids]


def _within(
    scope: Scope, venue_id: str, window: Window, kinds: tuple[EventKind, ...]
) -> tuple[ColumnElement[bool], ...]:
    return (
        event.c.venue_id == venue_id,
        visible(scope, event),
        event.c.started_at >= window.start,
        event.c.started_at < window.end,
        event.c.kind.in_([kind.value for kind in kinds]),
        event.c.state == "current",
        event.c.ongoing.is_(False),
    )


def _happened(scope: Scope, venue_id: str, window: Window) -> Subquery:
    """The events of a window, with the hour on the wall in which they began."""
    started = microseconds(event.c.started_at)
    return (
        select(
            event.c.kind,
            event.c.confirmed_at,
            started.label("started_us"),
            microseconds(event.c.ended_at).label("ended_us"),
            hour_on_wall(started, clock_spans(window)).label("hour"),
        )
        .where(*_within(scope, venue_id, window, SERVICE))
        .subquery()
    )


def _people(
    scope: Scope, venue_id: str, window: Window, kinds: tuple[EventKind, ...], whose: ColumnElement[bool]
) -> Subquery:
    """One row for each person of each event, with the local day on which it began."""
    started = microseconds(event.c.started_at)
    return (
        select(
            event.c.id,
            event.c.kind,
            event.c.camera_id,
            event.c.run_id,
            event_participant.c.track_id,
            started.label("started_us"),
            microseconds(event.c.ended_at).label("ended_us"),
            local_day_number(started, clock_spans(window)).label("day"),
        )
        .join(event_participant, event_participant.c.event_id == event.c.id)
        .where(*_within(scope, venue_id, window, kinds), whose)
        .subquery()
    )


def _customers(scope: Scope, venue_id: str, window: Window) -> Subquery:
    """One row a customer: when first met and when first alone, each NULL when never."""
    kinds = (EventKind.INTERACTION, EventKind.UNATTENDED)
    found = _people(scope, venue_id, window, kinds, event_participant.c.role != Role.STAFF)
    person = select(
        found, case((found.c.run_id.is_(None), found.c.day), else_=0).label("told_day")
    ).subquery()
    met, alone = (func.min(case((person.c.kind == kind.value, person.c.started_us))) for kind in kinds)
    who = (person.c.camera_id, person.c.run_id, person.c.told_day, person.c.track_id)
    return select(*who, met.label("met_us"), alone.label("alone_us")).group_by(*who).subquery()


def _with_track(scope: Scope, people: Subquery) -> FromClause:
    return people.outerjoin(
        track,
        and_(track.c.run_id == people.c.run_id, track.c.track_id == people.c.track_id, visible(scope, track)),
    )


def _place(**over: Any) -> ColumnElement[int]:
    return (func.row_number().over(**over) - 1).label("place")


def _beside_percentiles(ranked: Subquery) -> list[ColumnElement[bool]]:
    """The places of a list of `n` between which each percentile lies."""
    lower = [literal(percent, BigInteger) * (ranked.c.n - 1) // 100 for percent in PERCENTILES]
    return [or_(ranked.c.place == place, ranked.c.place == place + 1) for place in lower]


def _detail(connection: Connection, name: str) -> ColumnElement[Any]:
    """A member of the JSON text that holds the details of an event, as text."""
    if connection.dialect.name == "postgresql":
        return cast(event.c.details, JSON).op("->>")(name)
    return cast(func.json_extract(event.c.details, f"$.{name}"), Text)
