"""Stays: who was where, and for how long. What is made of them changes in the same transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from sqlalchemy import ColumnElement, Connection, delete, select

from sightline.domain.hour_places import HOUR_US, HourPlaces, hour_places
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import StoreError
from sightline.store.hour_counts import count_hours, forget_hours
from sightline.store.many_rows import among, as_stored, known_among, put_rows
from sightline.store.people_counts import count_people, recount_people
from sightline.store.statements import demand
from sightline.store.told_stay import AS_IN_TABLE, ToldStay, told_stay
from sightline.store.venues import get_venue
from sightline.store.visitor_tables import stay, visitor

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
    chosen: ColumnElement[bool] = stay.c.run_id.in_(sorted(run_ids))
    if camera_id is not None and start is not None and end is not None:
        chosen |= (stay.c.camera_id == camera_id) & (stay.c.at >= start) & (stay.c.at < end)
    chosen &= stay.c.run_id.is_not(None)
    return _take_away(scope, connection, venue_id, chosen)


def erase_visitor(scope: Scope, connection: Connection, venue_id: str, pseudo_id: str) -> bool:
    """Remove every row of one person; the figures that they were counted in go down.

    Returns:
        False when this venue knows nobody of this pseudonym.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    query = select(visitor.c.id).where(visitor.c.venue_id == venue_id, visitor.c.pseudo_id == pseudo_id)
    visitor_id = connection.execute(query).scalar_one_or_none()
    return (
        visitor_id is not None
        and _take_away(scope, connection, venue_id, stay.c.visitor_id == visitor_id) > 0
    )


def _take_away(scope: Scope, connection: Connection, venue_id: str, chosen: ColumnElement[bool]) -> int:
    """Remove stays; count anew the people they were of, and the hours in which they began."""
    places = _places(scope, connection, venue_id)
    of_venue = stay.c.venue_id == venue_id
    gone = _stored(connection, places, of_venue & chosen)
    if not gone:
        return 0
    visitor_ids = sorted({visitor_id for visitor_id, _ in gone})
    of_people = of_venue & among(connection, stay.c.visitor_id, visitor_ids)
    before = [one for _, one in _stored(connection, places, of_people)]
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
    hours = sorted({one.hour_us for _, one in gone})
    forget_hours(scope, connection, venue_id, hours)
    count_hours(scope, connection, venue_id, _of_hours(connection, venue_id, places, hours))
    return len(gone)


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
