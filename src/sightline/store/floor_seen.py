"""Where on the picture of a camera people stood, added up over the stretches of boxes that are kept."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from sightline.domain.scope import Scope
from sightline.store.packed_boxes import packed_edges
from sightline.store.review_tables import seen_boxes as table
from sightline.store.statements import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorSeen:
    """How often somebody's feet were in each cell of the picture.

    Attributes:
        counts: int (rows, columns), the top row first.
        since, until: first and last picture that was counted.
    """

    counts: npt.NDArray[np.int64]
    since: datetime
    until: datetime


def floor_seen(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    start: datetime,
    end: datetime,
    columns: int,
    rows: int,
    limit: int,
) -> FloorSeen | None:
    """Feet by cell in [start, end); None where no boxes are kept.

    Args:
        limit: so many stretches of a minute are read, the newest ones.
    """
    query = (
        select(table.c.begins_at, table.c.ends_at, table.c.packed)
        .where(
            visible(scope, table),
            table.c.venue_id == venue_id,
            table.c.camera_id == camera_id,
            table.c.begins_at >= start,
            table.c.begins_at < end,
        )
        .order_by(table.c.begins_at.desc())
        .limit(limit)
    )
    found = connection.execute(query).all()
    if not found:
        return None
    counts = np.zeros(rows * columns, np.int64)
    for row in found:
        x1, _, x2, y2 = packed_edges(row.packed).T
        column = np.minimum((x1 + x2) / 2 * columns, columns - 1).astype(np.int64)
        line = np.minimum(y2 * rows, rows - 1).astype(np.int64)
        counts += np.bincount(line * columns + column, minlength=rows * columns)
    return FloorSeen(
        counts=counts.reshape(rows, columns),
        since=found[-1].begins_at,
        until=max(row.ends_at for row in found),
    )
