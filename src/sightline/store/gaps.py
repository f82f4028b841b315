"""Stretches of time in which a camera gave us nothing, with length and reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, literal, or_, select, update

from sightline.domain.gap import Gap, GapReason
from sightline.domain.scope import Scope
from sightline.store.columns import UtcMicroseconds
from sightline.store.statements import demand, upsert, visible
from sightline.store.tables import camera_gap


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGap:
    """A gap with its id and the camera it is of."""

    id: int
    venue_id: str
    camera_id: str
    gap: Gap


def open_gap(scope: Scope, connection: Connection, venue_id: str, camera_id: str, gap: Gap) -> int:
    """Store a gap and return its id. Told again (same camera, start and reason), it stays one.

    Args:
        gap: that has begun, or that is over already.

    Raises:
        StoreError: outside the scope, or no such camera.
    """
    demand(scope, venue_id)
    keys = ("venue_id", "camera_id", "started_at", "reason")
    row = {
        "venue_id": venue_id,
        "camera_id": camera_id,
        "started_at": gap.started_at,
        # A clock that was set back ends a gap before it began: then it has no length.
        "ended_at": None if gap.ended_at is None else max(gap.started_at, gap.ended_at),
        "reason": gap.reason.value,
        "detail": gap.detail,
    }
    upsert(connection, camera_gap, [row], keys)
    same = [camera_gap.c[name] == row[name] for name in keys]
    return int(connection.execute(select(camera_gap.c.id).where(*same)).scalar_one())


def close_gap(scope: Scope, connection: Connection, gap_id: int, ended_at: datetime) -> bool:
    """Note when a gap ended; not before it started. False when it is unknown or has ended already.

    Raises:
        StoreError: outside the scope.
    """
    row = connection.execute(select(camera_gap.c.venue_id).where(camera_gap.c.id == gap_id)).one_or_none()
    if row is None:
        return False
    demand(scope, row.venue_id)
    return _close(connection, ended_at, camera_gap.c.id == gap_id) > 0


def close_open_gaps(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    camera_id: str,
    ended_at: datetime,
    *,
    reason: GapReason | None = None,
) -> int:
    """End all gaps of one camera that are open (those of one reason, if given); how many there were.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    here = [camera_gap.c.venue_id == venue_id, camera_gap.c.camera_id == camera_id]
    if reason is not None:
        here.append(camera_gap.c.reason == reason.value)
    return _close(connection, ended_at, *here)


def gaps_between(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[StoredGap]:
    """Gaps that have any time in common with [start, end), by start; one that is open has no end."""
    table = camera_gap
    query = select(table).where(visible(scope, table), table.c.venue_id == venue_id)
    if camera_id is not None:
        query = query.where(table.c.camera_id == camera_id)
    if start is not None:
        query = query.where(or_(table.c.ended_at.is_(None), table.c.ended_at > start))
    if end is not None:
        query = query.where(table.c.started_at < end)
    return [_stored(row) for row in connection.execute(query.order_by(table.c.started_at, table.c.id))]


def open_gaps(
    scope: Scope, connection: Connection, *, venue_id: str | None = None, camera_id: str | None = None
) -> list[StoredGap]:
    """Gaps that last, by start."""
    table = camera_gap
    query = select(table).where(visible(scope, table), table.c.ended_at.is_(None))
    if venue_id is not None:
        query = query.where(table.c.venue_id == venue_id)
    if camera_id is not None:
        query = query.where(table.c.camera_id == camera_id)
    return [_stored(row) for row in connection.execute(query.order_by(table.c.started_at, table.c.id))]


def _close(connection: Connection, ended_at: datetime, *conditions: ColumnElement[bool]) -> int:
    end = literal(ended_at, UtcMicroseconds)
    later = case((camera_gap.c.started_at > end, camera_gap.c.started_at), else_=end)
    changed = connection.execute(
        update(camera_gap).where(camera_gap.c.ended_at.is_(None), *conditions).values(ended_at=later)
    )
    return changed.rowcount


def _stored(row: Row[Any]) -> StoredGap:
    return StoredGap(
        id=row.id,
        venue_id=row.venue_id,
        camera_id=row.camera_id,
        gap=Gap(
            started_at=row.started_at,
            ended_at=row.ended_at,
            reason=GapReason(row.reason),
            detail=row.detail,
        ),
    )
