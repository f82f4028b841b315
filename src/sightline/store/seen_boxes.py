"""Where the people of a camera stood: a row for each stretch of at most a minute.

Rows live as long as the recordings, and as long as a clip of the same time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, select, update

from sightline.domain.scope import Scope
from sightline.domain.seen_boxes import LONGEST, BoxStretch
from sightline.store.packed_boxes import pack, unpack
from sightline.store.review_tables import seen_boxes as table
from sightline.store.statements import demand, visible
from sightline.store.tables import evidence, track

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBoxes:
    """A stretch and the analysis that saw it, in which its track numbers count."""

    run_id: str
    stretch: BoxStretch


def add_boxes(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    run_id: str,
    stretches: Sequence[BoxStretch],
) -> None:
    """Store what a camera saw; of two stretches that begin at the same instant the later told one counts.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    if not stretches:
        return
    of_camera = (table.c.venue_id == venue_id, table.c.camera_id == camera_id)
    told = {one.begins_at: one for one in stretches}  # the same twice, when a report is told again
    begins = list(told)
    for first in range(0, len(begins), _BATCH):
        connection.execute(
            delete(table).where(*of_camera, table.c.begins_at.in_(begins[first : first + _BATCH]))
        )
    rows = [
        {
            "venue_id": venue_id,
            "camera_id": camera_id,
            "begins_at": one.begins_at,
            "ends_at": one.ends_at,
            "run_id": run_id,
            "width": one.width,
            "height": one.height,
            "packed": pack(one.begins_at, one.boxes),
        }
        for one in told.values()
    ]
    connection.execute(insert(table), rows)


def replace_boxes(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    run_id: str,
    span: tuple[datetime, datetime],
    stretches: Sequence[BoxStretch],
) -> None:
    """Store what an analysis saw in place of what earlier ones saw in the same footage.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    connection.execute(
        delete(table).where(
            table.c.venue_id == venue_id,
            table.c.camera_id == camera_id,
            table.c.begins_at >= span[0],
            table.c.begins_at < span[1],
        )
    )
    add_boxes(scope, connection, venue_id=venue_id, camera_id=camera_id, run_id=run_id, stretches=stretches)


def boxes_between(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, start: datetime, end: datetime
) -> list[StoredBoxes]:
    """Stretches of a camera that hold any picture of [start, end], earliest first."""
    query = (
        select(table)
        .where(
            visible(scope, table),
            table.c.venue_id == venue_id,
            table.c.camera_id == camera_id,
            table.c.begins_at >= start - LONGEST,
            table.c.begins_at <= end,
            table.c.ends_at >= start,
        )
        .order_by(table.c.begins_at)
    )
    return [
        StoredBoxes(
            run_id=row.run_id,
            stretch=BoxStretch(
                begins_at=row.begins_at,
                ends_at=row.ends_at,
                width=row.width,
                height=row.height,
                boxes=unpack(row.begins_at, row.packed),
            ),
        )
        for row in connection.execute(query)
    ]


def roles_of_tracks(
    scope: Scope, connection: Connection, run_ids: Collection[str]
) -> dict[tuple[str, int], str]:
    """The role of every track of these analyses, by analysis and number."""
    query = select(track.c.run_id, track.c.track_id, track.c.role).where(
        track.c.run_id.in_(sorted(run_ids)), visible(scope, track)
    )
    return {(row.run_id, row.track_id): row.role for row in connection.execute(query)}


def forget_tracks(
    scope: Scope, connection: Connection, venue_id: str, tracks: Collection[tuple[str, int]]
) -> int:
    """Take the boxes of one person out of every stretch; how many stretches were changed.

    Args:
        tracks: analysis and number of each.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    changed = 0
    spans = select(
        track.c.run_id, track.c.track_id, track.c.camera_id, track.c.first_at, track.c.last_at
    ).where(track.c.run_id.in_(sorted({run_id for run_id, _ in tracks})), visible(scope, track))
    for row in connection.execute(spans).all():
        if (row.run_id, row.track_id) not in tracks:
            continue
        found = boxes_between(scope, connection, venue_id, row.camera_id, row.first_at, row.last_at)
        for one in found:
            kept = tuple(box for box in one.stretch.boxes if (one.run_id, box.track_id) not in tracks)
            if len(kept) == len(one.stretch.boxes):
                continue
            changed += 1
            this = (
                table.c.venue_id == venue_id,
                table.c.camera_id == row.camera_id,
                table.c.begins_at == one.stretch.begins_at,
            )
            packed = pack(one.stretch.begins_at, kept)
            connection.execute(
                update(table).where(*this).values(packed=packed) if kept else delete(table).where(*this)
            )
    return changed


def old_boxes(
    scope: Scope, connection: Connection, before: datetime, *, limit: int
) -> list[tuple[str, str, datetime]]:
    """Venue, camera and begin of stretches that began before an instant and that no clip shows."""
    kept = exists().where(
        evidence.c.venue_id == table.c.venue_id,
        evidence.c.camera_id == table.c.camera_id,
        evidence.c.state.in_(["wanted", "sealed"]),
        evidence.c.wanted_from <= table.c.ends_at,
        evidence.c.wanted_until >= table.c.begins_at,
    )
    old = (
        select(table.c.venue_id, table.c.camera_id, table.c.begins_at)
        .where(visible(scope, table), table.c.begins_at < before, ~kept)
        .order_by(table.c.begins_at)
        .limit(limit)
    )
    return [tuple(row) for row in connection.execute(old)]


def forget_boxes(
    scope: Scope, connection: Connection, stretches: Sequence[tuple[str, str, datetime]]
) -> None:
    """Remove stretches by venue, camera and begin.

    Raises:
        StoreError: outside the scope.
    """
    for venue_id, camera_id, begins_at in stretches:
        demand(scope, venue_id)
        connection.execute(
            delete(table).where(
                table.c.venue_id == venue_id,
                table.c.camera_id == camera_id,
                table.c.begins_at == begins_at,
            )
        )
