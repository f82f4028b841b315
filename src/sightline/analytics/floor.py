"""Where on the floor people stood, as a camera sees it."""

from dataclasses import dataclass
from datetime import datetime

from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.database import Database
from sightline.store.floor_seen import floor_seen

COLUMNS, ROWS = 32, 18
MOST_MINUTES = 1440
"""Of one camera, the newest with somebody in them: more would take longer than a page may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Shares of the time that people were seen, by cell of the picture.

    Attributes:
        shares: by row, the top one first, of the cell with most: 0..1.
        thirds: shares of the whole by thirds of the picture, three rows of three, together 1.
        since, until: when those people were there.
    """

    shares: tuple[tuple[float, ...], ...]
    thirds: tuple[tuple[float, ...], ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Floors:
    """Reads them."""

    database: Database

    def of(self, scope: Scope, venue_id: str, camera_id: str, window: Window) -> Floor | None:
        """Feet of everybody, staff included; None where nobody was seen or boxes are no longer kept."""
        with self.database.reading() as connection:
            found = floor_seen(
                scope,
                connection,
                venue_id=venue_id,
                camera_id=camera_id,
                start=window.start,
                end=window.end,
                columns=COLUMNS,
                rows=ROWS,
                limit=MOST_MINUTES,
            )
        if found is None or not found.counts.any():
            return None
        counts = found.counts
        bands = [slice(COLUMNS * third // 3, COLUMNS * (third + 1) // 3) for third in range(3)]
        lines = [slice(ROWS * third // 3, ROWS * (third + 1) // 3) for third in range(3)]
        return Floor(
            shares=tuple(tuple(float(one) for one in row / counts.max()) for row in counts),
            thirds=tuple(
                tuple(float(counts[line, band].sum() / counts.sum()) for band in bands) for line in lines
            ),
            since=found.since,
            until=found.until,
        )
