"""People of a venue by their pseudonym: who is known, how often each came, and when.

A visitor is *known* when the pseudonym means the same person tomorrow (`lasting`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, case, func, select, type_coerce

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
    first = and_(visit.c.visitor_id == visitor.c.id, visit.c.started_at == visitor.c.first_at)
    query = select(func.count()).select_from(visitor.join(visit, first))
    return int(connection.execute(query.where(*_known(scope, venue_id), visit.c.marked)).scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterHour:
    """Stays of one person in one zone that begin in the same quarter of an hour."""

    zone: str
    first_at: datetime
    last_until: datetime


def quarters_of(
    scope: Scope, connection: Connection, venue_id: str, visitor_id: int, *, since: datetime
) -> list[QuarterHour]:
    """When and where one person was, from `since` on, in order of time."""
    at = type_coerce(stay.c.at, BigInteger)
    quarter = at // QUARTER_US
    query = (
        select(stay.c.zone, func.min(at).label("first_us"), func.max(at + stay.c.dwell_ms * 1000).label("last_us"))
        .where(
            stay.c.visitor_id == visitor_id,
            stay.c.venue_id == venue_id,
            stay.c.at >= since,
            visible(scope, stay),
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
class WindowPeople:
    """People of a window, and the known ones among them; visits that begin in it."""

    people: int
    known: int
    visits: int


def window_people(scope: Scope, connection: Connection, venue_id: str, window: Window) -> WindowPeople:
    """How many people, known people and visits a window has."""
    per_person = (
        select(visitor_day.c.visitor_id, func.sum(visitor_day.c.visits).label("visits"))
        .where(*_days(scope, venue_id, window.first_number, window.last_number))
        .group_by(visitor_day.c.visitor_id)
        .subquery()
    )
    query = select(
        func.count().label("people"),
        func.coalesce(func.sum(case((visitor.c.lasting, 1), else_=0)), 0).label("known"),
        func.coalesce(func.sum(per_person.c.visits), 0).label("visits"),
    ).select_from(per_person.join(visitor, visitor.c.id == per_person.c.visitor_id))
    row = connection.execute(query).one()
    return WindowPeople(people=row.people, known=int(row.known), visits=int(row.visits))


def first_visits(scope: Scope, connection: Connection, venue_id: str, window: Window) -> int:
    """Visits in a window that are no returns: the first of a person, and not marked by their sender."""
    first = and_(visit.c.visitor_id == visitor.c.id, visit.c.started_at == visitor.c.first_at)
    query = (
        select(func.count())
        .select_from(visitor.join(visit, first))
        .where(
            visitor.c.venue_id == venue_id,
            # What began in the window ended after its start: this narrows it by an index.
            visitor.c.last_at >= window.start,
            visitor.c.first_at >= window.start,
            visitor.c.first_at < window.end,
            ~visit.c.marked,
            visible(scope, visitor),
        )
    )
    return int(connection.execute(query).scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStretch:
    """Known people of some days, of those before, and of both."""

    known: int
    before: int
    again: int


def known_by_stretch(
    scope: Scope, connection: Connection, venue_id: str, *, last_day: int, length: int, stretches: int
) -> list[KnownStretch]:
    """Known people of consecutive stretches of days, each held against the one before it; newest first.

    Args:
        last_day: number of the day with which the newest stretch ends.
        length: days in a stretch.
        stretches: how many to tell of; one more is read, for the oldest one's "before".
    """
    number = ((last_day - visitor_day.c.day) // length).label("number")
    first_day = last_day - length * (stretches + 1) + 1
    seen = (
        select(visitor_day.c.visitor_id, number)
        .join(visitor, visitor.c.id == visitor_day.c.visitor_id)
        .where(*_days(scope, venue_id, first_day, last_day), visitor.c.lasting)
        .group_by(visitor_day.c.visitor_id, number)
        .cte("seen")
    )
    before = seen.alias("before")
    again = and_(before.c.visitor_id == seen.c.visitor_id, before.c.number == seen.c.number + 1)
    query = (
        select(seen.c.number, func.count().label("people"), func.count(before.c.visitor_id).label("again"))
        .select_from(seen.outerjoin(before, again))
        .group_by(seen.c.number)
    )
    found = {row.number: (row.people, row.again) for row in connection.execute(query)}
    none = (0, 0)
    return [
        KnownStretch(
            known=found.get(number, none)[0],
            before=found.get(number + 1, none)[0],
            again=found.get(number, none)[1],
        )
        for number in range(stretches)
    ]


def top_returning(
    scope: Scope, connection: Connection, venue_id: str, window: Window, *, limit: int
) -> list[tuple[StoredVisitor, int]]:
    """Known people with a return in a window and their visits in it, the most first."""
    visits = func.sum(visitor_day.c.visits)
    per_person = (
        select(visitor_day.c.visitor_id, visits.label("visits_there"))
        .where(*_days(scope, venue_id, window.first_number, window.last_number))
        .group_by(visitor_day.c.visitor_id)
        .having(func.sum(case((visitor_day.c.returned, 1), else_=0)) > 0)
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
    return [visitor.c.venue_id == venue_id, visitor.c.lasting.is_(True), visible(scope, visitor)]


def _days(scope: Scope, venue_id: str, first: int, last: int) -> list[ColumnElement[bool]]:
    return [
        visitor_day.c.venue_id == venue_id,
        visitor_day.c.day.between(first, last),
        visible(scope, visitor_day),
    ]
