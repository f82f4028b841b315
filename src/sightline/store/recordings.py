"""Which stretch of recorded video lies in which file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    exists,
    func,
    select,
    type_coerce,
)

from sightline.domain.footage import RecordedSegment
from sightline.domain.scope import Scope
from sightline.store.columns import MICROSECOND
from sightline.store.statements import demand, upsert, visible
from sightline.store.tables import evidence
from sightline.store.tables import recording_segment as table

NEIGHBOUR = timedelta(seconds=10)
"""The first pictures of a clip may need the end of the segment before it to be decoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSegment:
    """A recorded file and the camera it is of."""

    venue_id: str
    camera_id: str
    segment: RecordedSegment


def put_segments(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, segments: Sequence[RecordedSegment]
) -> None:
    """Store segments; one with the same path replaces what was known of that file.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    where = {"venue_id": venue_id, "camera_id": camera_id}
    rows = [where | asdict(segment) for segment in segments]
    upsert(connection, table, rows, ("venue_id", "camera_id", "path"))


def put_segment(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, segment: RecordedSegment
) -> None:
    """Store one segment; one with the same path is replaced.

    Raises:
        StoreError: outside the scope.
    """
    put_segments(scope, connection, venue_id, camera_id, [segment])


def segments_between(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, start: datetime, end: datetime
) -> list[RecordedSegment]:
    """Segments of one camera that hold any picture of [start, end], earliest first."""
    query = (
        select(table)
        .where(
            visible(scope, table),
            table.c.venue_id == venue_id,
            table.c.camera_id == camera_id,
            table.c.started_at <= end,
            table.c.ended_at > start,
        )
        .order_by(table.c.started_at, table.c.id)
    )
    return [_segment(row) for row in connection.execute(query)]


def last_segment(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str
) -> RecordedSegment | None:
    """The segment of one camera that reaches furthest, None when nothing is recorded."""
    query = (
        select(table)
        .where(visible(scope, table), table.c.venue_id == venue_id, table.c.camera_id == camera_id)
        .order_by(table.c.ended_at.desc(), table.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _segment(row)


def nearest_footage(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, at: datetime
) -> tuple[datetime | None, datetime | None]:
    """When the last recorded file of one camera before `at` ends, and when the first one after it begins."""
    of_camera = (visible(scope, table), table.c.venue_id == venue_id, table.c.camera_id == camera_id)
    before = select(func.max(table.c.ended_at)).where(*of_camera, table.c.ended_at <= at)
    after = select(func.min(table.c.started_at)).where(*of_camera, table.c.started_at > at)
    return connection.execute(before).scalar(), connection.execute(after).scalar()


def oldest_segments(
    scope: Scope,
    connection: Connection,
    limit: int,
    *,
    ended_before: datetime | None = None,
    only_free: bool = False,
) -> list[StoredSegment]:
    """The first `limit` segments of all cameras of the scope, earliest first.

    Args:
        ended_before: only those that ended before.
        only_free: leave out those that `segments_needed_by_evidence` would name.
    """
    query = select(table).where(visible(scope, table)).order_by(table.c.started_at, table.c.id).limit(limit)
    if ended_before is not None:
        query = query.where(table.c.ended_at < ended_before)
    if only_free:
        query = query.where(~exists().where(_wants()))
    return [_stored_segment(row) for row in connection.execute(query)]


def segments_needed_by_evidence(scope: Scope, connection: Connection) -> list[StoredSegment]:
    """Segments that wanted evidence is still to be cut from, its neighbours within 10 s included."""
    wanted = select(table).join(evidence, _wants()).where(visible(scope, table)).distinct()
    query = wanted.order_by(table.c.started_at, table.c.id)
    return [_stored_segment(row) for row in connection.execute(query)]


def recorded_bytes(
    scope: Scope, connection: Connection, *, venue_id: str | None = None, camera_id: str | None = None
) -> int:
    """Size of all recorded segments, of one venue, or of one camera of it."""
    query = select(func.sum(table.c.size_bytes)).where(visible(scope, table))
    if venue_id is not None:
        query = query.where(table.c.venue_id == venue_id)
    if camera_id is not None:
        query = query.where(table.c.camera_id == camera_id)
    return int(connection.execute(query).scalar() or 0)


def forget_segments(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, paths: Sequence[str]
) -> int:
    """Remove the rows of files that are gone; how many there were.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    result = connection.execute(
        delete(table).where(
            table.c.venue_id == venue_id, table.c.camera_id == camera_id, table.c.path.in_(list(paths))
        )
    )
    return result.rowcount


def _wants() -> ColumnElement[bool]:
    """Whether a piece of evidence is still to be cut from a segment."""
    margin = NEIGHBOUR // MICROSECOND
    since, until = (type_coerce(end, BigInteger) for end in (evidence.c.wanted_from, evidence.c.wanted_until))
    return and_(
        evidence.c.state == "wanted",
        evidence.c.venue_id == table.c.venue_id,
        evidence.c.camera_id == table.c.camera_id,
        type_coerce(table.c.started_at, BigInteger) <= until + margin,
        type_coerce(table.c.ended_at, BigInteger) >= since - margin,
    )


def _stored_segment(row: Row[Any]) -> StoredSegment:
    return StoredSegment(venue_id=row.venue_id, camera_id=row.camera_id, segment=_segment(row))


def _segment(row: Row[Any]) -> RecordedSegment:
    return RecordedSegment(
        path=row.path,
        started_at=row.started_at,
        ended_at=row.ended_at,
        zero_at=row.zero_at,
        codec=row.codec,
        frames=row.frames,
        size_bytes=row.size_bytes,
    )
