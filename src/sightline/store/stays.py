"""Stays: who was where, and for how long. What is made of them changes in the same transaction."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import StoreError
from sightline.store.columns import EPOCH, MICROSECOND
from sightline.store.recount import rebuild
from sightline.store.statements import demand, lock_venue
from sightline.store.venues import get_venue
from sightline.store.visitor_tables import stay, visit, visitor, visitor_day

MILLISECOND = timedelta(milliseconds=1)
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


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
    lock_venue(connection, venue_id)
    if get_venue(scope, connection, venue_id) is None:
        raise StoreError(f"there is no venue {venue_id!r}")
    new = {_key(venue_id, one): one for one in reversed(stays)}
    known = {row.key for row in connection.execute(select(stay.c.key).where(stay.c.venue_id == venue_id))}
    rows = []
    for key, one in sorted(new.items()):
        if key not in known:
            rows.append(_row(venue_id, key, one, _visitor_id(connection, venue_id, one)))
    if rows:
        connection.execute(insert(stay), rows)
        rebuild(scope, connection, venue_id)
    return AddedStays(inserted=len(rows), duplicates=len(stays) - len(rows))


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
    lock_venue(connection, venue_id)
    chosen = stay.c.run_id.in_(sorted(run_ids))
    if camera_id is not None and start is not None and end is not None:
        chosen |= (stay.c.camera_id == camera_id) & (stay.c.at >= start) & (stay.c.at < end)
    gone = connection.execute(
        delete(stay).where(stay.c.venue_id == venue_id, stay.c.run_id.is_not(None), chosen)
    )
    if gone.rowcount:
        rebuild(scope, connection, venue_id)
    return gone.rowcount


def erase_visitor(scope: Scope, connection: Connection, venue_id: str, pseudo_id: str) -> bool:
    """Remove every row of one person; the figures that they were counted in go down.

    Returns:
        False when this venue knows nobody of this pseudonym.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    lock_venue(connection, venue_id)
    query = select(visitor.c.id).where(visitor.c.venue_id == venue_id, visitor.c.pseudo_id == pseudo_id)
    visitor_id = connection.execute(query).scalar_one_or_none()
    if visitor_id is None:
        return False
    for table in (stay, visit, visitor_day):
        connection.execute(delete(table).where(table.c.visitor_id == visitor_id))
    connection.execute(delete(visitor).where(visitor.c.id == visitor_id))
    rebuild(scope, connection, venue_id)
    return True


def _key(venue_id: str, one: Stay) -> bytes:
    """What makes a stay the same when it is told again: its id, or else its content."""
    told: list[object]
    if one.event_id is not None:
        told = [venue_id, one.event_id]
    else:
        told = [
            venue_id,
            one.pseudo_id,
            (one.at - EPOCH) // MICROSECOND,
            one.zone,
            one.dwell // MILLISECOND,
            one.camera_id,
            one.age_bracket,
            one.gender,
            one.is_repeat,
            one.track_frames,
            _float(one.detection_conf),
            _float(one.engagement_score),
            one.behavior_type,
            _float(one.body_orientation),
            one.posture,
        ]
    return hashlib.sha256(_encoded(told).encode()).digest()[:16]


def _float(value: float | None) -> float | None:
    """1 and 1.0, 0.0 and -0.0 are the same content."""
    return None if value is None else float(value) + 0.0


def _visitor_id(connection: Connection, venue_id: str, one: Stay) -> int:
    query = select(visitor.c.id).where(visitor.c.venue_id == venue_id, visitor.c.pseudo_id == one.pseudo_id)
    known: int | None = connection.execute(query).scalar_one_or_none()
    if known is not None:
        return known
    made = connection.execute(
        insert(visitor).values(
            venue_id=venue_id,
            pseudo_id=one.pseudo_id,
            lasting=one.lasting,
            first_at=one.at,
            last_at=one.at,
            visits=0,
            dwell_ms=0,
        )
    )
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def _row(venue_id: str, key: bytes, one: Stay, visitor_id: int) -> dict[str, Any]:
    return {
        "key": key,
        "venue_id": venue_id,
        "visitor_id": visitor_id,
        "camera_id": one.camera_id,
        "run_id": one.run_id,
        "track_id": one.track_id,
        "event_id": one.event_id,
        "at": one.at,
        "zone": one.zone,
        "dwell_ms": one.dwell // MILLISECOND,
        "age_bracket": one.age_bracket,
        "gender": one.gender,
        "is_repeat": one.is_repeat,
        "track_frames": one.track_frames,
        "detection_conf": _float(one.detection_conf),
        "engagement_score": _float(one.engagement_score),
        "behavior_type": one.behavior_type,
        "body_orientation": _float(one.body_orientation),
        "posture": one.posture,
    }
