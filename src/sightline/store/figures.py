"""What the figures of a venue are made of: people by day and label, stays by hour, zone and week.

Everything is added up by the database, from what is kept up to date beside the stays; docs/design/platform.md
says what each figure is. A venue that does not exist, or is outside the scope, has nothing of anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from sightline.domain.clock_changes import clock_spans
from sightline.domain.local_time import WEEK, Window
from sightline.domain.scope import Scope
from sightline.store.statements import visible
from sightline.store.visitor_tables import hour_rollup, stay, visitor, visitor_day
from sightline.store.wall_clock import hour_on_wall, microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Of one span of days.

    Attributes:
        people: different ones with a stay.
        returned: of them, with a return or a stay that was marked.
        stays: that begin in it.
        visits, dwell_ms: visits that begin in it, with the dwell of all their stays.
    """

    people: int = 0
    returned: int = 0
    stays: int = 0
    visits: int = 0
    dwell_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPeople:
    """How many people carry these labels; None: unknown."""

    gender: str | None
    age_bracket: str | None
    people: int


@dataclass(frozen=True, slots=True)
class HourOfStays:
    """Sums over the stays that begin in one local hour.

    Attributes:
        hour_at: when the hour began.
        stays: all of them.
        quality_n, frames_sum, confidence_millionths: over those that carry frames and confidence.
        scored_n, score_millionths, high_n: over those that carry a score; `high_n` of them scored high.
    """

    hour_at: datetime
    stays: int
    quality_n: int
    frames_sum: int
    confidence_millionths: int
    scored_n: int
    score_millionths: int
    high_n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneOfStays:
    """The stays that begin in one zone, and how long they last together."""

    zone: str
    stays: int
    dwell_ms: int


SUMS = HourOfStays.__slots__[1:]


def presence(scope: Scope, connection: Connection, venue_id: str, window: Window) -> Presence:
    """People, returns, visits and stays of a window."""
    return presences(scope, connection, venue_id, [window])[0]


def presences(
    scope: Scope, connection: Connection, venue_id: str, windows: Sequence[Window]
) -> list[Presence]:
    """The same for each of some windows, in order."""
    return _presences(scope, connection, venue_id, [(one.first_number, one.last_number) for one in windows])


def presence_by_day(scope: Scope, connection: Connection, venue_id: str, window: Window) -> list[Presence]:
    """The same for each day of a window, in order. Everybody is there once on a day, and so is their link."""
    table = visitor_day.c
    query = (
        select(
            table.day,
            func.count().label("people"),
            func.count(case((table.returned & _first_since(table.previous_return, table.day), 1))).label(
                "returned"
            ),
            *(func.sum(table[name]).label(name) for name in ("stays", "visits", "dwell_ms")),
        )
        .where(*_days(scope, venue_id, window.first_number, window.last_number))
        .group_by(table.day)
    )
    found = {row.day: _presence(row) for row in connection.execute(query)}
    return [found.get(day, Presence()) for day in range(window.first_number, window.last_number + 1)]


def presence_by_week(scope: Scope, connection: Connection, venue_id: str, window: Window) -> list[Presence]:
    """The same for each week of a window of whole weeks, in order."""
    firsts = range(window.first_number, window.last_number + 1, WEEK)
    return _presences(scope, connection, venue_id, [(day, day + WEEK - 1) for day in firsts])


def people_by_label(
    scope: Scope, connection: Connection, venue_id: str, window: Window, *, fully_known: bool = False
) -> list[LabelledPeople]:
    """The people of a window by their labels of today.

    Args:
        fully_known: leave out who has not both of them.
    """
    return people_by_label_of_each(scope, connection, venue_id, [window], fully_known=fully_known)[0]


def people_by_label_of_each(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    windows: Sequence[Window],
    *,
    fully_known: bool = False,
) -> list[list[LabelledPeople]]:
    """The same for each of some windows that lie side by side; the people are looked up once."""
    first, last = min(one.first_number for one in windows), max(one.last_number for one in windows)
    within = [visitor_day.c.day.between(one.first_number, one.last_number) for one in windows]
    counted = [
        days & _first_since(visitor_day.c.previous_day, one.first_number)
        for days, one in zip(within, windows, strict=True)
    ]
    query = (
        select(
            visitor.c.gender,
            visitor.c.age_bracket,
            *(func.count(case((days, 1))) for days in within),
        )
        .select_from(visitor_day)
        .join(visitor, visitor.c.id == visitor_day.c.visitor_id)
        .where(*_days(scope, venue_id, first, last), or_(*counted))
        # Said again, or PostgreSQL reads the visitors of all venues to join with.
        .where(visitor.c.venue_id == venue_id)
        .group_by(visitor.c.gender, visitor.c.age_bracket)
    )
    if fully_known:
        query = query.where(visitor.c.gender.is_not(None), visitor.c.age_bracket.is_not(None))
    found: list[list[LabelledPeople]] = [[] for _ in windows]
    for gender, age_bracket, *people in connection.execute(query):
        for there, number in zip(found, people, strict=True):
            if number:
                there.append(LabelledPeople(gender=gender, age_bracket=age_bracket, people=number))
    return found


def stays_by_hour(scope: Scope, connection: Connection, venue_id: str, window: Window) -> list[HourOfStays]:
    """The local hours of a window in which stays begin, in order."""
    query = (
        select(hour_rollup.c.hour_at, *(func.sum(hour_rollup.c[name]).label(name) for name in SUMS))
        .where(*_hours(scope, venue_id, window))
        .group_by(hour_rollup.c.hour_at)
        .order_by(hour_rollup.c.hour_at)
    )
    # All at once, since one by one costs more than the query. PostgreSQL adds whole numbers up to decimals.
    return [HourOfStays(row[0], *map(int, row[1:])) for row in connection.execute(query).all()]


def stays_by_zone(scope: Scope, connection: Connection, venue_id: str, window: Window) -> list[ZoneOfStays]:
    """The zones of a window in which stays begin, by name."""
    sums = (func.sum(hour_rollup.c[name]).label(name) for name in ("stays", "dwell_ms"))
    query = (
        select(hour_rollup.c.zone, *sums)
        .where(*_hours(scope, venue_id, window))
        .group_by(hour_rollup.c.zone)
        .order_by(hour_rollup.c.zone)
    )
    return [
        ZoneOfStays(zone=row.zone, stays=int(row.stays), dwell_ms=int(row.dwell_ms))
        for row in connection.execute(query)
    ]


def first_hour_of_stays(scope: Scope, connection: Connection, venue_id: str) -> datetime | None:
    """When the first local hour with a stay began; None without any."""
    query = (
        select(hour_rollup.c.hour_at)
        .where(hour_rollup.c.venue_id == venue_id, visible(scope, hour_rollup))
        .order_by(hour_rollup.c.hour_at)
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()


def people_by_zone(scope: Scope, connection: Connection, venue_id: str, window: Window) -> dict[str, int]:
    """How many different people have a stay that begins in each zone of a window."""
    return _people(scope, connection, venue_id, window, stay.c.zone)


def people_by_hour(scope: Scope, connection: Connection, venue_id: str, window: Window) -> dict[int, int]:
    """How many different people have a stay that begins in each hour on the wall, 0..23, of a window."""
    return _people(
        scope, connection, venue_id, window, hour_on_wall(microseconds(stay.c.at), clock_spans(window))
    )


def _people(
    scope: Scope, connection: Connection, venue_id: str, window: Window, place: ColumnElement[Any]
) -> dict[Any, int]:
    """How many different people there are for each `place` of the stays that begin in a window."""
    # First who was where, then how many: to count different ones, PostgreSQL would sort all stays.
    there = (
        select(stay.c.visitor_id, place.label("place"))
        .where(*_stays(scope, venue_id, window))
        .distinct()
        .subquery()
    )
    query = select(there.c.place, func.count()).group_by(there.c.place)
    return {row[0]: row[1] for row in connection.execute(query)}


def _presences(
    scope: Scope, connection: Connection, venue_id: str, spans: Sequence[tuple[int, int]]
) -> list[Presence]:
    """Of each span of days: first and last."""
    queries = [_span(scope, venue_id, number, *span) for number, span in enumerate(spans)]
    rows = sorted(connection.execute(union_all(*queries)), key=lambda row: row.number)
    return [_presence(row) for row in rows]


def _span(scope: Scope, venue_id: str, number: int, first_day: int, last_day: int) -> Select[Any]:
    table = visitor_day.c
    came_back = table.returned & _first_since(table.previous_return, first_day)
    columns: list[ColumnElement[Any]] = [
        literal(number, Integer).label("number"),
        (func.count() - func.count(case((table.previous_day >= first_day, 1)))).label("people"),
        func.count(case((came_back, 1))).label("returned"),
        *(func.sum(table[name]).label(name) for name in ("stays", "visits", "dwell_ms")),
    ]
    return select(*columns).where(*_days(scope, venue_id, first_day, last_day))


def _first_since(previous: Column[int], first_day: int | Column[int]) -> ColumnElement[bool]:
    """Whether a day of a person has no previous one from `first_day` on; see `store.day_links`."""
    return previous.is_(None) | (previous < first_day)


def _presence(row: Row[Any]) -> Presence:
    return Presence(**{name: int(row._mapping[name] or 0) for name in Presence.__slots__})


def _days(scope: Scope, venue_id: str, first: int, last: int) -> tuple[ColumnElement[bool], ...]:
    of_venue = visitor_day.c.venue_id == venue_id
    return of_venue, visitor_day.c.day.between(first, last), visible(scope, visitor_day)


def _hours(scope: Scope, venue_id: str, window: Window) -> tuple[ColumnElement[bool], ...]:
    at = hour_rollup.c.hour_at
    return (
        hour_rollup.c.venue_id == venue_id,
        at >= window.start,
        at < window.end,
        visible(scope, hour_rollup),
    )


def _stays(scope: Scope, venue_id: str, window: Window) -> tuple[ColumnElement[bool], ...]:
    at = stay.c.at
    return stay.c.venue_id == venue_id, at >= window.start, at < window.end, visible(scope, stay)
