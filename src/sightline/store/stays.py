"""Stays: who was where, and for how long. What is made of them changes in the same transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from sightline.domain.hour_places import HOUR_US, HourPlaces, hour_places
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import StoreError
from sightline.store.columns import EPOCH, MICROSECOND
from sightline.store.edge_marks import mark_hours
from sightline.store.hour_counts import count_hours, forget_hours
from sightline.store.many_rows import among, as_stored, known_among, put_rows
from sightline.store.people_counts import count_people, recount_people
from sightline.store.statements import demand
from sightline.store.told_stay import AS_IN_TABLE, ToldStay, told_stay
from sightline.store.venues import get_venue
from sightline.store.visit_changes import GAP_US, merged
from sightline.store.visitor_tables import stay, visit, visitor

STAY = ("key", "venue_id", "visitor_id", *AS_IN_TABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedStays:
    """How many were new, and how many had been told before (also earlier in the same call)."""

    inserted: int
    duplicates: int


def add_stays(scope: Scope, connection: Connection, venue_id: str, stays: Sequence[Stay]) -> AddedStays:
    """Store what is new of some stays, and bring everything that is made of stays up to date.

    Args:
        stays: of this venue, in any order, told for the first time or again. Times before 2000 or after 2200
            and text with NUL are the caller's to refuse.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    places = _places(scope, connection, venue_id)
    told: dict[bytes, ToldStay] = {}
    for one in stays:
        row = told_stay(venue_id, places, one)
        told.setdefault(row.key, row)
    for key in known_among(connection, stay.c.key, sorted(told)):
        del told[key]
    new = sorted(told.values(), key=attrgetter("at_us", "key"))
    ids = count_people(scope, connection, venue_id, places, new)
    put_rows(connection, stay, STAY, [(row.key, venue_id, ids[row.pseudo_id], *row.stored) for row in new])
    count_hours(scope, connection, venue_id, new)
    mark_hours(scope, connection, venue_id, {(one.camera_id, one.at_us) for one in new})
    return AddedStays(inserted=len(new), duplicates=len(stays) - len(new))


def remove_stays(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    run_ids: Collection[str] = (),
    camera_id: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> int:
    """Take away what our own analyses found, since another one takes its place; what others told stays.

    Args:
        run_ids: all stays of these runs.
        camera_id, start, end: stays of any run of this camera that begin in [start, end); instead of, or on
            top of, `run_ids`.

    Returns:
        How many stays went. People and visits that are left without one go, too.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    places = _places(scope, connection, venue_id)
    found: list[tuple[int, ToldStay]] = []
    for chosen in _of_footage(venue_id, run_ids, camera_id, start, end):
        found += _stored(connection, places, chosen)
    gone = list({one.key: (visitor_id, one) for visitor_id, one in found}.values())
    visitor_ids = sorted({visitor_id for visitor_id, _ in gone})
    before = [one for _, one in _of_people(connection, venue_id, places, visitor_ids)]
    return _take_away(scope, connection, venue_id, places, gone, before)


def people_of_footage(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    run_ids: Collection[str],
    start: datetime,
    end: datetime,
) -> set[str]:
    """The lasting pseudonyms of those whose stays `remove_stays` would take away.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    query = select(visitor.c.pseudo_id).distinct().join(stay, stay.c.visitor_id == visitor.c.id)
    found: set[str] = set()
    for chosen in _of_footage(venue_id, run_ids, camera_id, start, end):
        found |= set(connection.execute(query.where(chosen, visitor.c.lasting)).scalars())
    return found


def replace_stays(
    scope: Scope, connection: Connection, venue_id: str, run_id: str, stays: Sequence[Stay]
) -> AddedStays:
    """Make these the stays that `run_id` tells of: what is told again as it is stored stays untouched.

    A stay that another run of the same kind (the part of the id up to the first colon) told before is this
    one's from now on. What other programs told, with the same event id, is theirs and stays.

    Args:
        stays: of this venue, each with this `run_id`.

    Returns:
        How many were new or changed, and how many were not.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    places = _places(scope, connection, venue_id)
    told = {one.key: one for one in (told_stay(venue_id, places, each) for each in stays)}
    of_venue, kind = stay.c.venue_id == venue_id, run_id.partition(":")[0]
    known = _stored(connection, places, _of_runs(venue_id, [run_id]))
    kept = {one.key for _, one in known if one.key in told and _is_same(one, told[one.key])}
    gone = [(visitor_id, one) for visitor_id, one in known if one.key not in kept]
    taken = stay.c.run_id.startswith(f"{kind}:", autoescape=True) & (stay.c.run_id != run_id)
    elsewhere = known_among(connection, stay.c.key, sorted(told.keys() - {one.key for _, one in known}))
    gone += _stored(connection, places, of_venue & taken & among(connection, stay.c.key, elsewhere))
    if gone:
        visitor_ids = sorted({visitor_id for visitor_id, _ in gone})
        before = [one for _, one in _of_people(connection, venue_id, places, visitor_ids)]
        _take_away(scope, connection, venue_id, places, gone, before)
    fresh = [one for one in stays if told_stay(venue_id, places, one).key not in kept]
    added = add_stays(scope, connection, venue_id, fresh) if fresh else AddedStays(inserted=0, duplicates=0)
    return AddedStays(inserted=added.inserted, duplicates=len(stays) - added.inserted)


def stays_of_visitor(
    scope: Scope, connection: Connection, venue_id: str, pseudo_id: str
) -> list[ToldStay] | None:
    """All stays of one person in order of time; None when this venue knows nobody of this pseudonym.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    visitor_id = _visitor_id(connection, venue_id, pseudo_id)
    if visitor_id is None:
        return None
    places = _places(scope, connection, venue_id)
    return [one for _, one in _of_people(connection, venue_id, places, [visitor_id])]


def erase_visitor(scope: Scope, connection: Connection, venue_id: str, pseudo_id: str) -> bool:
    """Remove every row of one person; the figures that they were counted in go down.

    Returns:
        False when this venue knows nobody of this pseudonym.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    visitor_id = _visitor_id(connection, venue_id, pseudo_id)
    if visitor_id is None:
        return False
    places = _places(scope, connection, venue_id)
    theirs = _of_people(connection, venue_id, places, [visitor_id])
    return _take_away(scope, connection, venue_id, places, theirs, before=[one for _, one in theirs]) > 0


def cut_people(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    visitor_ids: Collection[int],
    *,
    split_before: datetime,
    before: datetime,
) -> int:
    """Take away visits of some people that ended before a time; see `old_visits`. Reads all their stays.

    Args:
        split_before: of a visit that began before it and goes on, what lies before `before` goes.

    Returns:
        How many stays went.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    places = _places(scope, connection, venue_id)
    split_us, before_us = ((at - EPOCH) // MICROSECOND for at in (split_before, before))
    found: dict[int, list[ToldStay]] = defaultdict(list)
    for visitor_id, one in _of_people(connection, venue_id, places, visitor_ids):
        found[visitor_id].append(one)
    gone: list[tuple[int, ToldStay]] = []
    for visitor_id, stays in found.items():
        visits = merged((s.at_us, s.until_us, s.dwell_ms, 1, s.is_repeat) for s in stays)
        over = [one for one in visits if one.ended_us < before_us]
        old, left = sum(one.stays for one in over), visits[len(over) :]
        if left and left[0].started_us < split_us:
            old = sum(one.at_us < before_us for one in stays)
        elif over and left and not left[0].marked:
            connection.execute(update(stay).where(stay.c.key == stays[old].key).values(is_repeat=True))
            stays[old] = stays[old]._replace(is_repeat=True)
        gone += [(visitor_id, one) for one in stays[:old]]
    before_all = [one for stays in found.values() for one in stays]
    return _take_away(scope, connection, venue_id, places, gone, before_all, tell_centre=False)


def _take_away(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    places: HourPlaces,
    gone: Sequence[tuple[int, ToldStay]],
    before: Sequence[ToldStay],
    *,
    tell_centre: bool = True,
) -> int:
    """Remove stays; count anew the people they were of, and the hours in which they began.

    Args:
        gone: the stays that go, with the ids of their visitors.
        before: all stays of these people. They are found by their visits, which are made anew here.
        tell_centre: whether the centre of the venue, if it has one, hears that these hours have changed.
    """
    if not gone:
        return 0
    connection.execute(delete(stay).where(among(connection, stay.c.key, [one.key for _, one in gone])))
    taken = {one.key for _, one in gone}
    recount_people(
        scope,
        connection,
        venue_id,
        places,
        pseudonyms={one.pseudo_id for _, one in gone},
        days={one.day for one in before},
        left=[one for one in before if one.key not in taken],
    )
    recount_hours(scope, connection, venue_id, {one.hour_us for _, one in gone})
    if tell_centre:
        mark_hours(scope, connection, venue_id, {(one.camera_id, one.at_us) for _, one in gone})
    return len(gone)


def recount_hours(scope: Scope, connection: Connection, venue_id: str, hours: Collection[int]) -> None:
    """Count what happened in some local hours anew (their begins in microseconds), from the stays there are.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    places = _places(scope, connection, venue_id)
    forget_hours(scope, connection, venue_id, hours)
    count_hours(scope, connection, venue_id, _of_hours(connection, venue_id, places, sorted(hours)))


def _visitor_id(connection: Connection, venue_id: str, pseudo_id: str) -> int | None:
    query = select(visitor.c.id).where(visitor.c.venue_id == venue_id, visitor.c.pseudo_id == pseudo_id)
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def _of_runs(venue_id: str, run_ids: Collection[str]) -> ColumnElement[bool]:
    """Stays of some analyses of a venue, found by the index of runs: SQLite would read all of the venue."""
    of_venue = stay.c.venue_id.concat("") == venue_id
    return of_venue & stay.c.run_id.in_(sorted(run_ids)) & stay.c.run_id.is_not(None)


def _of_footage(
    venue_id: str,
    run_ids: Collection[str],
    camera_id: str | None,
    start: datetime | None,
    end: datetime | None,
) -> Iterator[ColumnElement[bool]]:
    """What our own analyses found: in some runs, and in a stretch of a camera; one condition for each."""
    if run_ids:
        yield _of_runs(venue_id, run_ids)
    if camera_id is not None and start is not None and end is not None:
        within = (stay.c.camera_id == camera_id) & (stay.c.at >= start) & (stay.c.at < end)
        yield within & (stay.c.venue_id == venue_id) & stay.c.run_id.is_not(None)


def _of_people(
    connection: Connection, venue_id: str, places: HourPlaces, visitor_ids: Collection[int]
) -> list[tuple[int, ToldStay]]:
    """All stays of some people with the ids of these, found within their visits.

    Stretch by stretch: as a join, SQLite might look for the visit of each stay of the venue. Who is to be
    forgotten is forgotten whole: were visits astray, all stays of the venue would be looked through.
    """
    if not visitor_ids:
        return []
    query = (
        select(visit.c.visitor_id, as_stored(visit.c.started_at), as_stored(visit.c.ended_at), visit.c.stays)
        .where(among(connection, visit.c.visitor_id, visitor_ids))
        .order_by(visit.c.started_at)
    )
    visits = connection.execute(query).all()
    counted = select(func.sum(visitor.c.visits)).where(among(connection, visitor.c.id, visitor_ids))
    of_venue = stay.c.venue_id == venue_id
    at = as_stored(stay.c.at)
    found: list[tuple[int, ToldStay]] = []
    for low, high, there in _stretches((who, start, end) for who, start, end, _ in visits):
        here = of_venue & (at >= low) & (at <= high)
        found += _stored(connection, places, here & among(connection, stay.c.visitor_id, there))
    if len(visits) != connection.execute(counted).scalar_one() or len(found) != sum(one[3] for one in visits):
        found = _stored(connection, places, of_venue & among(connection, stay.c.visitor_id, visitor_ids))
    return found


def _stretches(visits: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, list[int]]]:
    """Visits (whose, begin, end) by their begin; those that lie near each other as one: begin, end, whose."""
    found: list[tuple[int, int, list[int]]] = []
    for who, started_us, ended_us in visits:
        if found and started_us <= found[-1][1] + GAP_US:
            low, high, there = found[-1]
            there.append(who)
            found[-1] = (low, max(high, ended_us), there)
        else:
            found.append((started_us, ended_us, [who]))
    return found


def _is_same(one: ToldStay, other: ToldStay) -> bool:
    """Whether two tellings say the same. Whether a name lasts is not a stay's, but its visitor's."""
    return one.pseudo_id == other.pseudo_id and one.stored == other.stored


def _of_hours(
    connection: Connection, venue_id: str, places: HourPlaces, hours: Sequence[int]
) -> list[ToldStay]:
    """The stays that begin in these local hours, in order. None is longer than two hours by the clock of UTC.

    Stretch by stretch: joined with a list of hours, SQLite would read all stays of the venue for each.
    """
    stretches: list[list[int]] = []
    for hour in sorted(hours):
        if stretches and hour <= stretches[-1][1]:
            stretches[-1][1] = hour + 2 * HOUR_US
        else:
            stretches.append([hour, hour + 2 * HOUR_US])
    asked = set(hours)
    at = as_stored(stay.c.at)
    found = []
    for low, high in stretches:
        chosen = (stay.c.venue_id == venue_id) & (at >= low) & (at < high)
        found += [one for _, one in _stored(connection, places, chosen) if one.hour_us in asked]
    return found


def _stored(
    connection: Connection, places: HourPlaces, chosen: ColumnElement[bool]
) -> list[tuple[int, ToldStay]]:
    """Stored stays as they were told, with the ids of their visitors, in order of time."""
    names = ("visitor_id", "key", "at", *AS_IN_TABLE)
    query = (
        select(visitor.c.pseudo_id, visitor.c.lasting, *(as_stored(stay.c[name]) for name in names))
        .join(visitor, visitor.c.id == stay.c.visitor_id)
        .where(chosen)
        .order_by(stay.c.at, stay.c.key)
    )
    found = []
    for pseudo_id, lasting, visitor_id, key, at_us, *told in connection.execute(query):
        found.append((visitor_id, ToldStay(key, pseudo_id, lasting, *places.place(at_us), *told)))
    return found


def _places(scope: Scope, connection: Connection, venue_id: str) -> HourPlaces:
    venue = get_venue(scope, connection, venue_id)
    if venue is None:
        raise StoreError(f"there is no venue {venue_id!r}")
    return hour_places(venue.timezone)
