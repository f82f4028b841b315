"""Which minutes were observed, so that an unobserved hour is unknown and not zero.

What is told by the minute is added up by the local hour in the same transaction, see `store.covered_hours`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from sightline.domain.scope import Scope
from sightline.store.columns import EPOCH, MICROSECOND
from sightline.store.covered_hours import recount_covered_hours
from sightline.store.edge_marks import mark_hours
from sightline.store.statements import demand, upsert, visible
from sightline.store.tables import coverage

KEYS = ("venue_id", "camera_id", "minute_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageMinute:
    """How many pictures of one camera were looked at in the minute that begins at `minute_at`."""

    camera_id: str
    minute_at: datetime
    frames_seen: int


def add_coverage(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, minutes: Mapping[datetime, int]
) -> None:
    """Store pictures seen per minute; a minute known before is replaced, so running again doubles nothing.

    Raises:
        StoreError: outside the scope.
        ValueError: a key that is not the start of a minute.
    """
    _store(scope, connection, venue_id, camera_id, minutes, added=())


def count_coverage(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, minutes: Mapping[datetime, int]
) -> None:
    """Add pictures seen since the last call to what is stored: a live minute is told piece by piece.

    Raises:
        StoreError: outside the scope.
        ValueError: a key that is not the start of a minute.
    """
    _store(scope, connection, venue_id, camera_id, minutes, added=("frames_seen",))


def coverage_between(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[CoverageMinute]:
    """Observed minutes that begin in [start, end), by time and camera. A missing minute was not observed."""
    query = select(coverage.c.camera_id, coverage.c.minute_at, coverage.c.frames_seen).where(
        coverage.c.venue_id == venue_id, coverage.c.frames_seen > 0, visible(scope, coverage)
    )
    if camera_id is not None:
        query = query.where(coverage.c.camera_id == camera_id)
    if start is not None:
        query = query.where(coverage.c.minute_at >= start)
    if end is not None:
        query = query.where(coverage.c.minute_at < end)
    rows = connection.execute(query.order_by(coverage.c.minute_at, coverage.c.camera_id))
    return [CoverageMinute(**row._mapping) for row in rows]


def _store(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    camera_id: str,
    minutes: Mapping[datetime, int],
    *,
    added: tuple[str, ...],
) -> None:
    demand(scope, venue_id)
    upsert(connection, coverage, _rows(venue_id, camera_id, minutes), KEYS, added=added)
    recount_covered_hours(scope, connection, venue_id, camera_id, minutes)
    changed = {(camera_id, (minute - EPOCH) // MICROSECOND) for minute in minutes}
    mark_hours(scope, connection, venue_id, changed)


def _rows(venue_id: str, camera_id: str, minutes: Mapping[datetime, int]) -> list[dict[str, Any]]:
    for minute in minutes:
        if minute.second or minute.microsecond:
            raise ValueError(f"{minute.isoformat()} is not the start of a minute")
    where = {"venue_id": venue_id, "camera_id": camera_id}
    return [where | {"minute_at": minute, "frames_seen": frames} for minute, frames in minutes.items()]
