"""What people are told about a disk too small for the footage promised to them: once, until it clears."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from sightline.domain.scope import Scope
from sightline.pipeline.retention import RetentionResult
from sightline.store.alerts import clear_alert, list_alerts, raise_alert
from sightline.store.database import Database
from sightline.store.recordings import recorded_bytes
from sightline.store.venues import list_venues

log = structlog.get_logger()

DISK_LOW, DISK_FULL = "disk_low", "disk_full"
ROOM_AGAIN = 0.95
"""Of the allowed share: at its edge every clip sealed would end and begin the alert anew."""
SHORTEST_SPAN = timedelta(minutes=10)
"""Of footage, to tell from it how much is recorded in a day."""
SPARE = 1.05
"""How much more than the promise must fit before the alert ends; it would come and go otherwise."""


class DiskAlerts:
    """Raises and clears the alerts about the disk.

    `disk_low` (warning, venues that lost footage early): footage goes before the promised time. It clears
    when the promised time would fit at the rate at which is recorded now, not when there happens to be room.
    `disk_full` (critical, all venues): nothing more may be deleted, and the disk is above its share still.

    Args:
        keep: how long footage is promised to stay.
        disk_share: how full the disk may be.
    """

    def __init__(
        self,
        database: Database,
        *,
        keep: timedelta,
        disk_share: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        scope: Scope | None = None,
    ) -> None:
        self._database = database
        self._keep = keep
        self._disk_share = disk_share
        self._clock = clock
        self._scope = scope or Scope.site()

    def judge(self, result: RetentionResult) -> None:
        """Look at what a round of retention did, and tell people what follows from it.

        Raises:
            StoreError, DiskFull: nothing was told; the next round tells it.
        """
        with self._database.reading() as connection:
            venues = [venue.id for venue in list_venues(self._scope, connection)]
            holding = list_alerts(self._scope, connection, holding=True, limit=None)
        low = {one.venue_id for one in holding if one.alert_type == DISK_LOW}
        full = {one.venue_id for one in holding if one.alert_type == DISK_FULL}
        for venue_id in result.early - low:
            self._raise_low(venue_id, result)
        if low - result.early and self._promise_fits(result):
            self._clear(DISK_LOW, low - result.early)
        if result.over_bytes:
            for venue_id in set(venues) - full:
                self._raise_full(venue_id, result)
        elif full and result.use.over(self._disk_share * ROOM_AGAIN) <= 0:
            self._clear(DISK_FULL, full)

    def _raise_low(self, venue_id: str, result: RetentionResult) -> None:
        promised = self._keep / timedelta(days=1)
        days = (self._clock() - result.oldest_at) / timedelta(days=1) if result.oldest_at else 0.0
        self._raise(
            venue_id,
            DISK_LOW,
            "warning",
            "Footage is deleted early",
            f"The disk is {result.use.share:.0%} full (allowed: {self._disk_share:.0%}), so recordings are"
            f" deleted before their {promised:g} days are over; {days:.1f} days are left. Sealed evidence"
            " stays. Make room, take a larger disk, or lower retention_days.recording.",
            days_left=round(days, 2),
            promised_days=promised,
            used_bytes=result.use.used,
            total_bytes=result.use.total,
        )

    def _raise_full(self, venue_id: str, result: RetentionResult) -> None:
        self._raise(
            venue_id,
            DISK_FULL,
            "critical",
            "The disk is full and nothing more may be deleted",
            f"The disk is {result.use.share:.0%} full (allowed: {self._disk_share:.0%}); all recordings that"
            " may go are gone. Recording stops when it is full. Make room: something else fills this disk, or"
            " it is too small for the evidence kept.",
            over_bytes=result.over_bytes,
            used_bytes=result.use.used,
            total_bytes=result.use.total,
        )

    def _raise(
        self, venue_id: str, alert_type: str, severity: str, title: str, message: str, **data: float
    ) -> None:
        with self._database.transaction() as connection:
            new = raise_alert(
                self._scope,
                connection,
                venue_id=venue_id,
                alert_type=alert_type,
                severity=severity,
                title=title,
                message=message,
                data=data,
                at=self._clock(),
            )
        if new is not None:
            log.warning(title, alert=alert_type, venue=venue_id, **data)

    def _clear(self, alert_type: str, venues: set[str]) -> None:
        with self._database.transaction() as connection:
            for venue_id in sorted(venues):
                clear_alert(
                    self._scope, connection, venue_id=venue_id, alert_type=alert_type, at=self._clock()
                )
        log.info("alert cleared", alert=alert_type, venues=sorted(venues))

    def _promise_fits(self, result: RetentionResult) -> bool:
        """Whether footage of the promised time has room, at the rate of the footage that is there."""
        if result.over_bytes or result.early or result.oldest_at is None:
            return False
        span = self._clock() - result.oldest_at
        if span >= self._keep:
            return True
        if span < SHORTEST_SPAN:
            return False
        with self._database.reading() as connection:
            recorded = recorded_bytes(self._scope, connection)
        room = -result.use.over(self._disk_share)
        return span * (1 + room / max(1, recorded)) >= self._keep * SPARE
