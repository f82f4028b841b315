"""What the stays of a venue say to whoever knows people again: what was told before, when they were here."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Integer, cast, func, select

from sightline.domain.scope import Scope
from sightline.domain.visit import StaySpan
from sightline.store.columns import EPOCH, MICROSECOND
from sightline.store.many_rows import among, as_stored
from sightline.store.statements import visible
from sightline.store.told_stay import MILLISECOND, MILLISECOND_US, key_of_event
from sightline.store.visitor_tables import stay, visit, visitor


def told_names(
    scope: Scope, connection: Connection, venue_id: str, event_ids: Collection[str]
) -> dict[str, tuple[str, bool]]:
    """The pseudonyms under which stays are stored, and whether they last, by the ids of the stays."""
    keys = [key_of_event(venue_id, one) for one in event_ids]
    query = (
        select(stay.c.event_id, visitor.c.pseudo_id, visitor.c.lasting)
        .join(visitor, visitor.c.id == stay.c.visitor_id)
        .where(among(connection, stay.c.key, keys), visible(scope, stay))
    )
    return {row.event_id: (row.pseudo_id, row.lasting) for row in connection.execute(query)}


def visits_until(
    scope: Scope, connection: Connection, venue_id: str, pseudo_id: str, until: datetime
) -> list[StaySpan]:
    """The visits of one person that began by `until`, in order; none of somebody who is not known."""
    query = (
        select(visit.c.started_at, visit.c.ended_at)
        .join(visitor, visitor.c.id == visit.c.visitor_id)
        .where(visitor.c.venue_id == venue_id, visitor.c.pseudo_id == pseudo_id, visible(scope, visitor))
        .where(visit.c.started_at <= until)
        .order_by(visit.c.started_at)
    )
    rows = connection.execute(query)
    return [StaySpan(at=row.started_at, dwell=row.ended_at - row.started_at) for row in rows]


def is_seen_meanwhile(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    pseudo_id: str,
    *,
    run_id: str,
    visits: Iterable[StaySpan],
    first: datetime,
    last: datetime,
) -> bool:
    """Whether a run has a stay of one person that has a moment in common with [first, last].

    Args:
        visits: theirs, as `visits_until(last)` gives them: within them their stays are found.
    """
    whose = select(visitor.c.id).where(visitor.c.venue_id == venue_id, visitor.c.pseudo_id == pseudo_id)
    # Dwells are stored in whole milliseconds: the end may lie one later than the row says.
    until = as_stored(stay.c.at) + (stay.c.dwell_ms + 1) * MILLISECOND_US
    for one in visits:
        if one.at + one.dwell + MILLISECOND <= first:
            continue
        query = (
            select(stay.c.id)
            .where(stay.c.venue_id == venue_id, visible(scope, stay), stay.c.at.between(one.at, last))
            .where(stay.c.visitor_id == whose.scalar_subquery(), until > (first - EPOCH) // MICROSECOND)
            .where(stay.c.run_id == run_id)
            .limit(1)
        )
        if connection.execute(query).one_or_none() is not None:
            return True
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOfRun:
    """The different people of one recording, each counted once.

    Attributes:
        known: were here before the recording, on an earlier visit.
        new: whom it shows for the first time.
        same_visit: were here before the recording, less than half an hour earlier.
        faceless: of whom no face was good enough.
    """

    known: int = 0
    new: int = 0
    same_visit: int = 0
    faceless: int = 0


def known_of_run(scope: Scope, connection: Connection, run_id: str, recorded_at: datetime) -> KnownOfRun:
    """Who of the people of a run was known, as its stays tell.

    Args:
        recorded_at: begin of the recording.
    """
    query = (
        select(
            visitor.c.lasting, visitor.c.first_at, func.max(cast(stay.c.is_repeat, Integer)).label("again")
        )
        .join(visitor, visitor.c.id == stay.c.visitor_id)
        .where(stay.c.run_id == run_id, visible(scope, stay))
        .group_by(visitor.c.id, visitor.c.lasting, visitor.c.first_at)
    )
    counts = {"known": 0, "new": 0, "same_visit": 0, "faceless": 0}
    for row in connection.execute(query):
        if not row.lasting:
            counts["faceless"] += 1
        elif row.first_at >= recorded_at:
            counts["new"] += 1
        else:
            counts["known" if row.again else "same_visit"] += 1
    return KnownOfRun(**counts)
