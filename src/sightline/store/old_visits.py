"""Visits that are older than a site keeps them, taken away day by day, so that later days count as before.

A visit goes as a whole once it is over, or a later day would have a visit more. The first one that is left of
somebody known is marked as a return, or that day would have a return less. Only who was there without a break
for a whole day and longer is cut at midnight. No centre is told: how long it keeps what it heard is for its
own settings.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, exists, func, select, update

from sightline.domain.hour_places import HourPlaces, hour_places
from sightline.domain.local_time import day_start
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.columns import EPOCH, MICROSECOND, UtcMicroseconds
from sightline.store.many_rows import among, as_stored
from sightline.store.statements import demand
from sightline.store.stays import cut_people, recount_hours
from sightline.store.venues import get_venue
from sightline.store.visitor_tables import stay, visit, visitor, visitor_day

ONE_DAY = timedelta(days=1)


def remove_old_visits(
    scope: Scope, connection: Connection, venue_id: str, before: datetime, *, limit: int
) -> int:
    """Take away visits that ended before a local midnight, with their stays: some of the oldest days.

    Args:
        limit: of how many stays the people are looked for whose oldest visits go.

    Returns:
        How many stays went; 0: no such visit is left.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    venue = get_venue(scope, connection, venue_id)
    if venue is None:
        raise StoreError(f"there is no venue {venue_id!r}")
    zone = ZoneInfo(venue.timezone)

    def midnight(at: datetime, days: int) -> datetime:
        return day_start(_date(at, zone) + days * ONE_DAY, zone)

    due = (stay.c.venue_id == venue_id) & (stay.c.at < before) & _is_over(before, midnight(before, -1))
    first = select(stay.c.at).where(due).order_by(stay.c.at).limit(1)
    oldest = connection.execute(first).scalar_one_or_none()
    if oldest is None:
        return 0
    until = min(before, midnight(oldest, 2))
    split_before = midnight(until, -1)
    due = (stay.c.venue_id == venue_id) & (stay.c.at < until) & _is_over(until, split_before)
    query = select(stay.c.visitor_id).where(due).order_by(stay.c.at).limit(limit)
    ids = set(connection.execute(query).scalars())
    lasting = select(visit.c.visitor_id).where(
        among(connection, visit.c.visitor_id, ids), visit.c.started_at < until, visit.c.ended_at >= until
    )
    there_still = set(connection.execute(lasting).scalars())
    cut = cut_people(scope, connection, venue_id, there_still, split_before=split_before, before=until)
    places = hour_places(venue.timezone)
    return cut + _remove_people(scope, connection, venue_id, places, ids - there_still, until)


def _is_over(before: datetime, split_before: datetime) -> ColumnElement[bool]:
    """Whether the visit of a stay has ended, or is one that is cut."""
    at = as_stored(stay.c.at)
    return exists().where(
        visit.c.visitor_id == stay.c.visitor_id,
        as_stored(visit.c.started_at) <= at,
        as_stored(visit.c.ended_at) >= at,
        (visit.c.ended_at < before) | (visit.c.started_at < split_before),
    )


def _remove_people(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    places: HourPlaces,
    ids: Collection[int],
    until: datetime,
) -> int:
    """Take away all visits of some people that began before a midnight; none of them lasts beyond it."""
    until_us = (until - EPOCH) // MICROSECOND
    theirs, old = among(connection, visit.c.visitor_id, ids), visit.c.started_at < until
    sums = (func.count(), func.sum(visit.c.dwell_ms), func.min(as_stored(visit.c.started_at)))
    gone = connection.execute(
        select(visit.c.visitor_id, *sums).where(theirs, old).group_by(visit.c.visitor_id)
    ).all()
    if not gone:
        return 0
    since_us = min(row[3] for row in gone)
    at = as_stored(stay.c.at)
    there = (stay.c.venue_id == venue_id) & (at >= since_us) & (at < until_us)
    query = select(stay.c.key, at).where(there, among(connection, stay.c.visitor_id, ids))
    stays = connection.execute(query).all()
    connection.execute(delete(stay).where(among(connection, stay.c.key, [row[0] for row in stays])))
    connection.execute(delete(visit).where(theirs, old))
    days = {places.place(at_us)[1] for _, at_us in stays}
    connection.execute(delete(visitor_day).where(_days_of(connection, venue_id, days, ids)))
    _settle_people(connection, venue_id, places, gone)
    recount_hours(scope, connection, venue_id, {places.place(at_us)[0] for _, at_us in stays})
    return len(stays)


def _settle_people(connection: Connection, venue_id: str, places: HourPlaces, gone: Sequence[Any]) -> None:
    """Who has no visit left is forgotten; of the others, what the first one that is left begins with.

    Args:
        gone: id of each person, how many visits went, and their dwell in milliseconds.
    """
    ids = [row[0] for row in gone]
    started = as_stored(visit.c.started_at)
    firsts = dict(
        connection.execute(
            select(visit.c.visitor_id, func.min(started))
            .where(among(connection, visit.c.visitor_id, ids))
            .group_by(visit.c.visitor_id)
        ).all()
    )
    connection.execute(
        delete(visitor).where(among(connection, visitor.c.id, [one for one in ids if one not in firsts]))
    )
    rows = [
        {"who": who, "first": EPOCH + firsts[who] * MICROSECOND, "went": visits, "dwelt": dwell_ms}
        for who, visits, dwell_ms, _ in gone
        if who in firsts
    ]
    if not rows:
        return
    first = bindparam("first", type_=UtcMicroseconds())
    labels = {
        name: case((visitor.c[at] >= first, visitor.c[name]))
        for label, at in (("age_bracket", "age_at"), ("gender", "gender_at"))
        for name in (label, at)
    }
    connection.execute(
        update(visitor)
        .where(visitor.c.id == bindparam("who"))
        .values(
            first_at=first,
            visits=visitor.c.visits - bindparam("went"),
            dwell_ms=visitor.c.dwell_ms - bindparam("dwelt"),
            **labels,
        ),
        rows,
    )
    _mark_returns(connection, venue_id, places, firsts)


def _mark_returns(connection: Connection, venue_id: str, places: HourPlaces, firsts: dict[int, int]) -> None:
    """The first visit that is left of each person was a return, and stays one.

    Args:
        firsts: when it begins, in microseconds, by visitor.
    """
    begins: dict[int, list[int]] = defaultdict(list)
    for who, first_us in firsts.items():
        begins[places.place(first_us)[1]].append(who)
    nothing = {"previous_day": None, "previous_return": None}
    for day, ids in begins.items():
        here = _days_of(connection, venue_id, [day], ids)
        connection.execute(update(visitor_day).where(here).values(nothing))
    at = as_stored(stay.c.at)
    begun = (visit.c.visitor_id == stay.c.visitor_id) & (as_stored(visit.c.started_at) == at)
    unmarked = (
        select(stay.c.visitor_id, at, stay.c.key)
        .join(visit, begun)
        .where(
            stay.c.venue_id == venue_id,
            among(connection, at, sorted(set(firsts.values()))),
            among(connection, stay.c.visitor_id, list(firsts)),
            ~visit.c.marked,
        )
    )
    keys = {who: key for who, at_us, key in connection.execute(unmarked) if at_us == firsts[who]}
    if not keys:
        return
    connection.execute(
        update(stay).where(among(connection, stay.c.key, list(keys.values()))).values(is_repeat=True)
    )
    first = bindparam("first", type_=UtcMicroseconds())
    rows = [{"who": who, "first": EPOCH + firsts[who] * MICROSECOND} for who in keys]
    connection.execute(
        update(visit)
        .where(visit.c.visitor_id == bindparam("who"), visit.c.started_at == first)
        .values(marked=True),
        rows,
    )
    for day, ids in begins.items():
        here = _days_of(connection, venue_id, [day], [who for who in ids if who in keys])
        connection.execute(update(visitor_day).where(here).values(marked=visitor_day.c.marked + 1))


def _days_of(
    connection: Connection, venue_id: str, days: Collection[int], ids: Collection[int]
) -> ColumnElement[bool]:
    return (
        (visitor_day.c.venue_id == venue_id)
        & among(connection, visitor_day.c.day, days)
        & among(connection, visitor_day.c.visitor_id, ids)
    )


def _date(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
