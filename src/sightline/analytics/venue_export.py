"""Everything about a venue's window in one document, or its stays in one file."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sightline.analytics.behavior import behavior_of_window
from sightline.analytics.service import service_figures
from sightline.analytics.stay_files import StayFiles, chunks_of
from sightline.analytics.traffic import together
from sightline.analytics.traffic_window import read_with_before
from sightline.analytics.venue_window import period, venue_window
from sightline.domain.scope import Scope
from sightline.store.database import Database


@dataclass(frozen=True, slots=True)
class VenueExport:
    """What leaves a venue in one piece.

    Attributes:
        folder: where a Parquet file is written before it is sent.
    """

    database: Database
    folder: Path
    clock: Callable[[], datetime]

    def document(self, scope: Scope, venue_id: str, *, days: int, to: date | None) -> dict[str, Any]:
        """The figures of the last `days` days, each part as its own route answers it."""
        now = self.clock()
        with self.database.reading() as connection:
            window = venue_window(scope, connection, venue_id=venue_id, days=days, to=to, now=now)
            read = read_with_before(scope, connection, venue_id, window)
            traffic = together(scope, connection, venue_id, now, read)
            behavior = behavior_of_window(scope, connection, venue_id, window)
            service = service_figures(scope, connection, venue_id, window, read[0].observation)
        return {
            "venue_id": venue_id,
            "period": period(window),
            "from": window.first,
            "to": window.last,
            "generated_at": now.astimezone(window.zone),
            **traffic,
            "behavior_analytics": behavior,
            "service": service,
        }

    def csv(self, scope: Scope, venue_id: str, *, days: int, to: date | None) -> Generator[str]:
        """The stays as CSV in pieces."""
        return self._stays(scope, venue_id, days, to).csv()

    def parquet(self, scope: Scope, venue_id: str, *, days: int, to: date | None) -> Generator[bytes]:
        """The stays as a Parquet file in pieces; it is complete before this returns.

        Raises:
            ConfigError: pyarrow is not installed.
            DiskFull: no room for it.
        """
        return chunks_of(self._stays(scope, venue_id, days, to).parquet(self.folder))

    def _stays(self, scope: Scope, venue_id: str, days: int, to: date | None) -> StayFiles:
        with self.database.reading() as connection:
            window = venue_window(scope, connection, venue_id=venue_id, days=days, to=to, now=self.clock())
        return StayFiles(database=self.database, scope=scope, venue_id=venue_id, window=window)
