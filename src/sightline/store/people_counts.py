"""People, their visits and their days, changed as stays come. What is right is what `store/recount` says."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import Connection, Select, Table, delete, func, literal_column, select

from sightline.domain.day_links import NO_LINK, Link, follow
from sightline.domain.hour_places import HourPlaces
from sightline.domain.scope import Scope
from sightline.store.day_links import link_again
from sightline.store.many_rows import among, as_stored, listed, put_rows
from sightline.store.statements import demand
from sightline.store.told_stay import MILLISECOND_US, ToldStay
from sightline.store.visit_changes import GAP_US, VisitRow, merged
from sightline.store.visitor_tables import visit, visitor, visitor_day

PERSON = (
    *("venue_id", "pseudo_id", "lasting", "first_at", "last_at", "visits", "dwell_ms"),
    *("age_bracket", "age_at", "gender", "gender_at", "last_day", "last_return"),
)
VISIT = ("visitor_id", "started_at", "venue_id", "ended_at", "dwell_ms", "stays", "marked")
DAY = (
    *("venue_id", "day", "visitor_id", "stays", "visits", "dwell_ms", "returns", "marked", "returned"),
    *("previous_day", "previous_return"),
)


@dataclass(slots=True)
class Person:
    """One visitor while stays are added.

    Attributes:
        id: 0 for one who is not stored yet.
        first_us: None as long as there are no visits.
        near: the stored visits that new stays may change.
    """

    pseudo_id: str
    id: int = 0
    lasting: bool = False
    first_us: int | None = None
    last_us: int = 0
    visits: int = 0
    dwell_ms: int = 0
    age: str | None = None
    age_us: int | None = None
    gender: str | None = None
    gender_us: int | None = None
    last_day: int | None = None
    last_return: int | None = None
    near: Sequence[VisitRow] = ()


def count_people(
    scope: Scope, connection: Connection, venue_id: str, places: HourPlaces, stays: Sequence[ToldStay]
) -> dict[str, int]:
    """Count new stays in the visitors, visits and days of one venue.

    Args:
        stays: those that are not counted yet, in any order.

    Returns:
        The visitor's id for each pseudonym of `stays`.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    told: dict[str, list[ToldStay]] = defaultdict(list)
    for one in stays:
        told[one.pseudo_id].append(one)
    people = _find(connection, venue_id, told.keys())
    _find_near_visits(connection, people, told)
    return _count(scope, connection, venue_id, places, people, told)


def recount_people(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    places: HourPlaces,
    pseudonyms: Collection[str],
    days: Collection[int],
    left: Sequence[ToldStay],
) -> None:
    """Count some people of one venue anew, of whom some stays are gone; who has none left is forgotten.

    Args:
        days: all on which stays of theirs began, those that are gone included.
        left: all stays that they still have.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    told: dict[str, list[ToldStay]] = defaultdict(list)
    for one in left:
        told[one.pseudo_id].append(one)
    people = {
        name: Person(name, one.id, one.lasting)
        for name, one in _find(connection, venue_id, pseudonyms).items()
    }
    ids = [one.id for one in people.values()]
    connection.execute(
        delete(visitor_day).where(
            visitor_day.c.venue_id == venue_id,
            among(connection, visitor_day.c.day, days),
            among(connection, visitor_day.c.visitor_id, ids),
        )
    )
    connection.execute(delete(visit).where(among(connection, visit.c.visitor_id, ids)))
    gone = [one.id for name, one in people.items() if name not in told]
    connection.execute(delete(visitor).where(among(connection, visitor.c.id, gone)))
    _count(scope, connection, venue_id, places, people, told)


def _find(connection: Connection, venue_id: str, pseudonyms: Collection[str]) -> dict[str, Person]:
    """Who of them is known, as they are stored."""
    names = ("id", "lasting", "first_at", "last_at", "visits", "dwell_ms", *PERSON[7:])
    query = select(visitor.c.pseudo_id, *(as_stored(visitor.c[name]) for name in names)).where(
        visitor.c.venue_id == venue_id, among(connection, visitor.c.pseudo_id, pseudonyms)
    )
    return {row[0]: Person(*row) for row in connection.execute(query)}


def _find_near_visits(
    connection: Connection, people: Mapping[str, Person], told: Mapping[str, Sequence[ToldStay]]
) -> None:
    """Give each person the stored visits that their new stays may touch, or make other than the first."""
    asked: list[tuple[int, int, int]] = []
    for name, person in people.items():
        assert person.first_us is not None
        begins = min(one.at_us for one in told[name])
        ends = max(one.until_us for one in told[name])
        if begins < person.first_us:
            ends = max(ends, person.first_us)
        if begins - GAP_US <= person.last_us:
            asked.append((person.id, begins - GAP_US, ends + GAP_US))
    if not asked:
        return
    near: dict[int, list[VisitRow]] = defaultdict(list)
    for row in connection.execute(_visits_within(connection, asked)):
        near[row[0]].append(VisitRow(*row[1:]))
    for person in people.values():
        person.near = near.get(person.id, ())


def _visits_within(connection: Connection, asked: Sequence[tuple[int, int, int]]) -> Select[Any]:
    """Visits by (visitor id, low, high): the last one that begins by `low`, and all after it up to `high`."""
    columns = zip(*asked, strict=True)
    span = listed(connection, dict(zip(("visitor_id", "low", "high"), columns, strict=True)))
    earlier = visit.alias("earlier")
    started = as_stored(visit.c.started_at)
    before = (
        select(func.max(as_stored(earlier.c.started_at)))
        .where(earlier.c.visitor_id == span.c.visitor_id, as_stored(earlier.c.started_at) <= span.c.low)
        .correlate(span)
        .scalar_subquery()
    )
    return (
        select(*(as_stored(visit.c[name]) for name in ("visitor_id", "started_at", "ended_at", *VISIT[4:])))
        .select_from(span)
        .join(visit, visit.c.visitor_id == span.c.visitor_id)
        .where(started <= span.c.high, started >= func.coalesce(before, span.c.low))
    )


def _count(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    places: HourPlaces,
    people: Mapping[str, Person],
    told: Mapping[str, Sequence[ToldStay]],
) -> dict[str, int]:
    """Write what the stays in `told` change; `people` are those of them who are stored."""
    changes: list[tuple[Person, _Change]] = []
    for name in sorted(told):
        person = people.get(name) or Person(name)
        changes.append((person, _changed(person, told[name], places)))
    persons = [person for person, _ in changes]
    put_rows(
        connection,
        visitor,
        PERSON,
        [_person_row(venue_id, person) for person in persons],
        conflict=("venue_id", "pseudo_id"),
        changes=_replaced_person,
    )
    new = [person.pseudo_id for person in persons if not person.id]
    if new:
        query = select(visitor.c.pseudo_id, visitor.c.id).where(
            visitor.c.venue_id == venue_id, among(connection, visitor.c.pseudo_id, new)
        )
        found = {row[0]: row[1] for row in connection.execute(query)}
        for person in persons:
            person.id = person.id or found[person.pseudo_id]
    _write(scope, connection, venue_id, places, changes)
    return {person.pseudo_id: person.id for person in persons}


@dataclass(slots=True)
class _Change:
    """What becomes of one person's visits.

    Attributes:
        gone: begins of visits that are no more.
        days: by day, what is to be added: stays, visits, their dwell, returns, marked stays. Not nothing.
        links: of its days to those before them; None when they are not in order.
    """

    gone: list[int]
    visits: list[VisitRow]
    days: dict[int, list[int]]
    links: dict[int, Link] | None


def _changed(person: Person, stays: Sequence[ToldStay], places: HourPlaces) -> _Change:
    """Bring `person` up to date, and say what else changes."""
    before, first_before = person.near, person.first_us
    told = [(s.at_us, s.at_us + s.dwell_ms * MILLISECOND_US, s.dwell_ms, 1, s.is_repeat) for s in stays]
    after = merged([*before, *told])
    first = after[0].started_us
    if first_before is not None and first_before < first:
        first = first_before
    days: dict[int, list[int]] = {}
    _count_visits(days, places, 1, after, first)
    gone: list[int] = []
    written = after
    if before:
        _count_visits(days, places, -1, before, first_before)
        kept, known = {one.started_us for one in after}, set(before)
        gone = [one.started_us for one in before if one.started_us not in kept]
        written = [one for one in after if one not in known]
    _count_stays(person, days, stays)
    last = after[-1].ended_us
    if first_before is None or last > person.last_us:
        person.last_us = last
    person.visits += len(after) - len(before)
    person.first_us = first
    days = {day: delta for day, delta in days.items() if any(delta)}
    return _Change(gone, written, days, follow(person, {day: d[3] + d[4] for day, d in days.items()}))


def _count_visits(
    days: dict[int, list[int]],
    places: HourPlaces,
    sign: Literal[-1, 1],
    visits: Sequence[VisitRow],
    first_us: int | None,
) -> None:
    """Add visits to their days, or take them away. All but the first, and marked ones, are returns."""
    for started_us, _, dwell_ms, _, marked in visits:
        number = places.place(started_us)[1]
        day = days.get(number) or days.setdefault(number, [0, 0, 0, 0, 0])
        day[1] += sign
        day[2] += sign * dwell_ms
        if marked or started_us != first_us:
            day[3] += sign


def _count_stays(person: Person, days: dict[int, list[int]], stays: Sequence[ToldStay]) -> None:
    for stay in stays:
        day = days.get(stay.day) or days.setdefault(stay.day, [0, 0, 0, 0, 0])
        day[0] += 1
        person.dwell_ms += stay.dwell_ms
        if stay.is_repeat:
            day[4] += 1
        if stay.lasting:
            person.lasting = True
        age, gender = stay.age_bracket, stay.gender
        if age is not None and _newer(stay.at_us, age, person.age_us, person.age):
            person.age_us, person.age = stay.at_us, age
        if gender is not None and _newer(stay.at_us, gender, person.gender_us, person.gender):
            person.gender_us, person.gender = stay.at_us, gender


def _newer(at_us: int, label: str, known_us: int | None, known: str | None) -> bool:
    """Whether a label takes the place of the known one; of two told at one moment the greater counts."""
    if known_us is None or known is None or at_us > known_us:
        return True
    return at_us == known_us and label > known


def _write(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    places: HourPlaces,
    changes: Sequence[tuple[Person, _Change]],
) -> None:
    for person, change in changes:
        if change.gone:
            gone = among(connection, as_stored(visit.c.started_at), change.gone)
            connection.execute(delete(visit).where(visit.c.visitor_id == person.id, gone))
    visits = [
        (person.id, one.started_us, venue_id, one.ended_us, one.dwell_ms, one.stays, one.marked)
        for person, change in changes
        for one in change.visits
    ]
    put_rows(
        connection,
        visit,
        VISIT,
        sorted(visits),
        conflict=("visitor_id", "started_at"),
        changes=_replaced_visit,
    )
    days = [
        (venue_id, day, person.id, *delta, delta[3] + delta[4] > 0, *(change.links or {}).get(day, NO_LINK))
        for person, change in changes
        for day, delta in change.days.items()
    ]
    put_rows(
        connection,
        visitor_day,
        DAY,
        sorted(days, key=itemgetter(0, 1, 2)),
        conflict=("venue_id", "day", "visitor_id"),
        changes=_added_day,
    )
    late = {person.id: change.days for person, change in changes if change.links is None}
    link_again(scope, connection, venue_id, places, late)


def _person_row(venue_id: str, one: Person) -> tuple[Any, ...]:
    return (
        *(venue_id, one.pseudo_id, one.lasting, one.first_us, one.last_us, one.visits, one.dwell_ms),
        *(one.age, one.age_us, one.gender, one.gender_us, one.last_day, one.last_return),
    )


def _replaced_person(_table: Table, new: Any) -> dict[str, Any]:
    return {name: new[name] for name in PERSON[2:]}


def _replaced_visit(_table: Table, new: Any) -> dict[str, Any]:
    return {name: new[name] for name in ("ended_at", "dwell_ms", "stays", "marked")}


def _added_day(table: Table, new: Any) -> dict[str, Any]:
    sums = {name: table.c[name] + new[name] for name in ("stays", "visits", "dwell_ms", "returns", "marked")}
    return sums | {"returned": sums["returns"] + sums["marked"] > literal_column("0")}
