"""An hour that has changed is marked in the transaction that changes it, so that no change goes untold.

Of a venue without a centre nothing is marked; that is asked first, and costs a look at one row.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from sightline.domain.hour_places import HOUR_US
from sightline.domain.scope import Scope
from sightline.store.columns import EPOCH, MICROSECOND
from sightline.store.edge_tables import edge_hour, edge_venue
from sightline.store.many_rows import among, as_stored, put_rows
from sightline.store.statements import demand, visible
from sightline.store.tables import event, evidence

KEYS = ("venue_id", "camera_id", "hour_at")
MARKED = (*KEYS, "version", "changed_at")
ASKED_AT_ONCE = 500


def mark_hours(
    scope: Scope, connection: Connection, venue_id: str, changed: Collection[tuple[str, int]]
) -> None:
    """Note that hours have changed, if the venue has a centre.

    Args:
        changed: camera (empty: none) and a moment in the hour, in microseconds since 1970 UTC.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    if not changed:
        return
    known = select(edge_venue.c.venue_id).where(edge_venue.c.venue_id == venue_id)
    if connection.execute(known).one_or_none() is not None:
        _mark(connection, {(venue_id, camera_id, at_us // HOUR_US) for camera_id, at_us in changed})


def mark_events(scope: Scope, connection: Connection, event_ids: Collection[str]) -> None:
    """Note that the hours of these events have changed, as far as their venues have a centre.

    Called before an event is replaced, too: the new one may begin in another hour.
    """
    ids = sorted(event_ids)
    for first in range(0, len(ids), ASKED_AT_ONCE):
        query = (
            select(event.c.venue_id, event.c.camera_id, as_stored(event.c.started_at))
            .join(edge_venue, edge_venue.c.venue_id == event.c.venue_id)
            .where(among(connection, event.c.id, ids[first : first + ASKED_AT_ONCE]), visible(scope, event))
        )
        found = connection.execute(query).all()
        _mark(connection, {(venue_id, camera_id, at_us // HOUR_US) for venue_id, camera_id, at_us in found})


def mark_events_between(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, start: datetime, end: datetime
) -> None:
    """Note that something of the events of a camera that begin in [start, end] has changed: their tracks.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    query = (
        select(as_stored(event.c.started_at))
        .join(edge_venue, edge_venue.c.venue_id == event.c.venue_id)
        .where(
            event.c.venue_id == venue_id,
            event.c.camera_id == camera_id,
            event.c.started_at >= start,
            event.c.started_at <= end,
        )
    )
    found = connection.execute(query).scalars().all()
    _mark(connection, {(venue_id, camera_id, at_us // HOUR_US) for at_us in found})


def mark_evidence(scope: Scope, connection: Connection, evidence_id: str) -> None:
    """Note that what is told of the video of one event has changed."""
    query = select(evidence.c.event_id).where(evidence.c.id == evidence_id, visible(scope, evidence))
    event_id = connection.execute(query).scalar_one_or_none()
    if event_id is not None:
        mark_events(scope, connection, [event_id])


def _mark(connection: Connection, hours: set[tuple[str, str, int]]) -> None:
    now_us = (datetime.now(UTC) - EPOCH) // MICROSECOND
    rows = [(venue_id, camera_id, hour * HOUR_US, 1, now_us) for venue_id, camera_id, hour in sorted(hours)]
    put_rows(connection, edge_hour, MARKED, rows, conflict=KEYS, changes=_changed_again)


def _changed_again(table: Table, new: Any) -> dict[str, Any]:
    return {"version": table.c.version + new["version"], "changed_at": new["changed_at"]}
