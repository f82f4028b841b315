"""Which stretch of recorded video lies in which file."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, select

from sightline.domain.footage import RecordedSegment
from sightline.domain.scope import Scope
from sightline.store.statements import demand, upsert, visible
from sightline.store.tables import recording_segment


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
    upsert(connection, recording_segment, rows, ("venue_id", "camera_id", "path"))


def segments_between(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, start: datetime, end: datetime
) -> list[RecordedSegment]:
    """Segments of one camera that hold any picture of [start, end], earliest first."""
    table = recording_segment
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
    return [
        RecordedSegment(
            path=row.path,
            started_at=row.started_at,
            ended_at=row.ended_at,
            zero_at=row.zero_at,
            codec=row.codec,
            frames=row.frames,
            size_bytes=row.size_bytes,
        )
        for row in connection.execute(query)
    ]


def forget_segments(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, paths: Sequence[str]
) -> int:
    """Remove the rows of files that are gone; how many there were.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    table = recording_segment
    result = connection.execute(
        delete(table).where(
            table.c.venue_id == venue_id, table.c.camera_id == camera_id, table.c.path.in_(list(paths))
        )
    )
    return result.rowcount
