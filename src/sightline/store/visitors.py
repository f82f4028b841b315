"""People of a venue by their pseudonym: who is known, how often each came, and when.

A visitor is *known* when the pseudonym means the same person tomorrow (`lasting`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    case,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)

from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.columns import EPOCH, MICROSECOND
from sightline.store.statements import visible
from sightline.store.visitor_tables import stay, visit, visitor, visitor_day

SORTED_BY = {
    "last_seen": (visitor.c.last_at.desc(), visitor.c.id.desc()),
    "first_seen": (visitor.c.first_at.desc(), visitor.c.id.desc()),
    "visit_count": (visitor.c.visits.desc(), visitor.c.last_at.desc(), visitor.c.id.desc()),
}
QUARTER_US = 900_000_000
"""Local days begin at a quarter of an hour of UTC wherever people live, so quarters add up to days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVisitor:
    """A person of one venue.

    Attributes:
        lasting: whether the pseudonym means the same person tomorrow.
        first_at, last_at: begin of the first stay, end of the last one.
        dwell_ms: of all stays together.
        age_bracket, gender: the newest labels told.
    """

    id: int
    pseudo_id: str
    lasting: bool
    first_at: datetime
    last_at: datetime
    visits: int
    dwell_ms: int
    age_bracket: str | None
    gender: str | None


PERSON = tuple(visitor.c[name] for name in StoredVisitor.__slots__)


def list_known(
    scope: Scope, connection: Connection, venue_id: str, *, sort_by: str, limit: int, offset: int
) -> list[StoredVisitor]:
    """Known visitors of a venue, the last or the most first.

    Args:
        sort_by: one of `SORTED_BY`.
    """
    query = select(*PERSON).where(*_known(scope, venue_id)).order_by(*SORTED_BY[sort_by])
    rows = connection.execute(query.limit(limit).offset(offset))
    return [StoredVisitor(**row._mapping) for row in rows]


def count_known(scope: Scope, connection: Connection, venue_id: str) -> int:
    """How many known visitors a venue has."""
    query = select(func.count()).select_from(visitor).where(*_known(scope, venue_id))
    return int(connection.execute(query).scalar_one())


def _count_all(scope: Scope, connection: Connection, venue_id: str) -> int:
    of_venue = (visitor.c.venue_id == venue_id, visible(scope, visitor))
    query = select(func.count()).select_from(visitor).where(*of_venue)
    return int(connection.execute(query).scalar_one())


def get_visitor(scope: Scope, connection: Connection, venue_id: str, pseudo_id: str) -> StoredVisitor | None:
    """The person of this pseudonym, known or not; None when the venue has none."""
    query = select(*PERSON).where(
        visitor.c.venue_id == venue_id, visitor.c.pseudo_id == pseudo_id, visible(scope, visitor)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else StoredVisitor(**row._mapping)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCount:
    """So many known visitors came so often, the last time within one of the spans asked for."""

    visits: int
    span: int
    visitors: int
    dwell_ms: int


def visit_counts(
    scope: Scope, connection: Connection, venue_id: str, *, now: datetime, spans: Sequence[timedelta]
) -> list[VisitCount]:
    """Known visitors by their number of visits and by how long ago the last one was.

    Args:
        spans: ascending; `span` in the result is the place of the first one that reaches back to the last
            stay, their number when none does.
    """
    since = case(
        *((visitor.c.last_at >= now - span, place) for place, span in enumerate(spans)), else_=len(spans)
    )
    query = (
        select(
            visitor.c.visits,
            since.label("span"),
            func.count().label("visitors"),
            func.sum(visitor.c.dwell_ms).label("dwell_ms"),
        )
        .where(*_known(scope, venue_id))
        .group_by(visitor.c.visits, since)
    )
    rows = connection.execute(query)
    return [
        VisitCount(visits=row.visits, span=row.span, visitors=row.visitors, dwell_ms=int(row.dwell_ms))
        for row in rows
    ]


def marked_first_visits(scope: Scope, connection: Connection, venue_id: str) -> int:
    """First visits of known visitors in which the sender knew the person already: returns, too."""
    # One look into the index for each visitor; as a join, PostgreSQL reads all visits of all venues for it.
    marked = (
        select(visit.c.marked)
        .where(visit.c.visitor_id == visitor.c.id, visit.c.started_at == visitor.c.first_at)
        .scalar_subquery()
    )
    query = select(func.count()).select_from(visitor).where(*_known(scope, venue_id), marked.is_(True))
    return int(connection.execute(query).scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterHour:
    """Stays of one person in one zone that begin in the same quarter of an hour."""

    zone: str
    first_at: datetime
    last_until: datetime


def quarters_of(
    scope: Scope, connection: Connection, venue_id: str, visitor_id: int, *, since: datetime
) -> list[QuarterHour]:
    """When and where one person was, from `since` on, in order of time.

    Their stays are found by their visits, within which all of them begin.
    """
    if not scope.allows(venue_id):
        return []
    at = type_coerce(stay.c.at, BigInteger)
    quarter = at // QUARTER_US
    since_us = (since - EPOCH) // MICROSECOND
    query = (
        select(
            stay.c.zone,
            func.min(at).label("first_us"),
            func.max(at + stay.c.dwell_ms * 1000).label("last_us"),
        )
        .select_from(visit)
        .join(
            stay,
            (stay.c.venue_id == visit.c.venue_id)
            & stay.c.at.between(visit.c.started_at, visit.c.ended_at)
            & (stay.c.visitor_id == visit.c.visitor_id),
        )
        .where(
            visit.c.visitor_id == visitor_id,
            visit.c.ended_at >= since,
            # Said so that no index helps with it, or both databases would begin with all stays of the venue.
            visit.c.venue_id.concat("") == venue_id,
            at + 0 >= since_us,
        )
        .group_by(quarter, stay.c.zone)
        .order_by("first_us", stay.c.zone)
    )
    return [
        QuarterHour(
            zone=row.zone,
            first_at=EPOCH + row.first_us * MICROSECOND,
            last_until=EPOCH + row.last_us * MICROSECOND,
        )
        for row in connection.execute(query)
    ]


def visits_since(
    scope: Scope, connection: Connection, venue_id: str, visitor_id: int, *, since: datetime
) -> list[tuple[datetime, int]]:
    """Begin and dwell in milliseconds of one person's visits from `since` on."""
    query = (
        select(visit.c.started_at, visit.c.dwell_ms)
        .where(
            visit.c.visitor_id == visitor_id,
            visit.c.venue_id == venue_id,
            visit.c.started_at >= since,
            visible(scope, visit),
        )
        .order_by(visit.c.started_at)
    )
    return [(row.started_at, row.dwell_ms) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOfDays:
    """Known people of some days; `again` of them had been there in as many days before."""

    known: int = 0
    again: int = 0


def known_by_stretch(
    scope: Scope, connection: Connection, venue_id: str, *, last_day: int, length: int, stretches: int
) -> list[KnownOfDays]:
    """Known people of consecutive stretches of days, newest first.

    Args:
        last_day: number of the day with which the newest stretch ends.
        length: days in a stretch.
    """
    known = count_known(scope, connection, venue_id)
    if not known:
        return [KnownOfDays()] * stretches
    all_known = known == _count_all(scope, connection, venue_id)
    queries = []
    for number in range(stretches):
        last = last_day - length * number
        before = visitor_day.c.previous_day > last - 2 * length
        query = (
            select(
                literal(number, Integer).label("number"),
                func.count().label("known"),
                func.count(case((before, 1))).label("again"),
            )
            .select_from(visitor_day)
            .where(
                *_days(scope, venue_id, last - length + 1, last),
                # A person counts on the first of their days in a stretch; see `store.day_links`.
                visitor_day.c.previous_day.is_(None) | (visitor_day.c.previous_day <= last - length),
            )
        )
        if not all_known:
            query = query.join(visitor, visitor.c.id == visitor_day.c.visitor_id)
            query = query.where(visitor.c.venue_id == venue_id, visitor.c.lasting)
        queries.append(query)
    rows = sorted(connection.execute(union_all(*queries)), key=lambda row: row.number)
    return [KnownOfDays(known=row.known, again=row.again) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleOfWindow:
    """Different people, and the visits that begin in the window; `returns` are no first ones, or marked."""

    people: int
    visits: int
    returns: int


def people_of_window(scope: Scope, connection: Connection, venue_id: str, window: Window) -> PeopleOfWindow:
    """Everybody, known or not."""
    first = visitor_day.c.previous_day.is_(None) | (visitor_day.c.previous_day < window.first_number)
    query = select(
        func.count(case((first, 1))).label("people"),
        func.coalesce(func.sum(visitor_day.c.visits), 0).label("visits"),
        func.coalesce(func.sum(visitor_day.c.returns), 0).label("returns"),
    ).where(*_days(scope, venue_id, window.first_number, window.last_number))
    row = connection.execute(query).one()
    return PeopleOfWindow(people=row.people, visits=int(row.visits), returns=int(row.returns))


def top_returning(
    scope: Scope, connection: Connection, venue_id: str, window: Window, *, limit: int
) -> list[tuple[StoredVisitor, int]]:
    """Known people with a return in a window and their visits in it, the most first."""
    days = visitor_day.c
    visits = func.sum(days.visits)
    per_person = (
        select(days.visitor_id, visits.label("visits_there"))
        .where(*_days(scope, venue_id, window.first_number, window.last_number))
        .group_by(days.visitor_id)
        .having(func.max(case((days.returned, 1), else_=0)) > 0)
        .subquery()
    )
    query = (
        select(*PERSON, per_person.c.visits_there)
        .join(per_person, per_person.c.visitor_id == visitor.c.id)
        .where(visitor.c.lasting)
        .order_by(per_person.c.visits_there.desc(), visitor.c.last_at.desc(), visitor.c.id.desc())
        .limit(limit)
    )
    found = []
    for row in connection.execute(query):
        facts = {name: row._mapping[name] for name in StoredVisitor.__slots__}
        found.append((StoredVisitor(**facts), int(row.visits_there)))
    return found


def _known(scope: Scope, venue_id: str) -> list[ColumnElement[bool]]:
    return [visitor.c.venue_id == venue_id, visitor.c.lasting, visible(scope, visitor)]


def _days(scope: Scope, venue_id: str, first: int, last: int) -> list[ColumnElement[bool]]:
    return [
        visitor_day.c.venue_id == venue_id,
        visitor_day.c.day.between(first, last),
        visible(scope, visitor_day),
    ]
