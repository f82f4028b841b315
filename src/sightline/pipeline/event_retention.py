"""Events and visits go when they are older than a site keeps them: whole local days of each venue.

Some rows at a time, so that cameras and senders wait for none of it longer than they would for each other.
Killed in between, nothing is half done: each step leaves figures that equal a recount, and the next round
goes on. Figures of the days that remain do not change.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from sightline.domain.local_time import day_start
from sightline.domain.scope import Scope
from sightline.errors import SightlineError
from sightline.store import old_rows
from sightline.store.database import Database
from sightline.store.old_visits import remove_old_visits
from sightline.store.venues import get_venue, list_venues

log = structlog.get_logger()

ROWS = 500
"""For one transaction: some tenths of a second at most, on two slow cores."""
ROUND_S = 1.0
"""For one round: whoever does it has other things to do as well."""
LOOK_S = 3600.0
"""From one look that found nothing to the next: days end once a day."""


class _Step(Protocol):
    def __call__(
        self, scope: Scope, connection: Connection, venue_id: str, before: datetime, *, limit: int
    ) -> int: ...


STEPS: tuple[tuple[str, _Step], ...] = (
    ("hours told", old_rows.remove_old_hours_told),
    ("stays", remove_old_visits),
    ("events", old_rows.remove_old_events),
    ("clips", old_rows.remove_old_clips),
    ("tracks", old_rows.remove_old_tracks),
    ("coverage", old_rows.remove_old_coverage),
    ("deliveries", old_rows.remove_old_deliveries),
    ("jobs", old_rows.remove_old_jobs),
)
"""In an order in which nothing goes that what is still there needs."""


class EventRetention:
    """Keeps what was found out within `retention_days.events`.

    Args:
        keep_days: whole days before today that stay.
    """

    def __init__(
        self,
        database: Database,
        *,
        keep_days: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._keep_days = keep_days
        self._clock = clock
        self._monotonic = monotonic
        self._look_at = float("-inf")
        self._venues: list[str] = []

    def run(self) -> int:
        """One round, of a second or so; how many rows went. Once all venues were seen to, an hour is quiet.

        What goes wrong at one venue does not keep the others waiting.

        Raises:
            StoreError, DiskFull: of the first venue at which something went wrong; the rest was done.
        """
        began = self._monotonic()
        if not self._venues:
            if began < self._look_at:
                return 0
            with self._database.reading() as connection:
                self._venues = [one.id for one in list_venues(Scope.site(), connection)]
        gone, failed = 0, None
        while self._venues and self._monotonic() < began + ROUND_S:
            try:
                rows = self._step(self._venues[0])
            except SightlineError as error:
                failed, rows = failed or error, 0
            gone += rows
            if not rows:
                del self._venues[0]
        if not self._venues:
            self._look_at = began + LOOK_S
        if failed is not None:
            raise failed
        return gone

    def _step(self, venue_id: str) -> int:
        """The first step that has anything to remove at a venue; how many rows went, 0: nothing is due."""
        scope = Scope.of(venue_id)
        with self._database.reading() as connection:
            venue = get_venue(scope, connection, venue_id)
        if venue is None:  # removed meanwhile, and all of it with it
            return 0
        before = oldest_kept(self._clock(), venue.timezone, self._keep_days)
        for what, remove in STEPS:
            with self._database.transaction() as connection:
                rows = remove(scope, connection, venue_id, before, limit=ROWS)
            if rows:
                log.debug("what is older than is kept was deleted", venue=venue_id, what=what, rows=rows)
                return rows
        return 0


def oldest_kept(now: datetime, timezone: str, keep_days: int) -> datetime:
    """The begin of the oldest day that a venue keeps: what ended before it goes."""
    zone = ZoneInfo(timezone)
    return day_start(now.astimezone(zone).date() - timedelta(days=keep_days), zone)
