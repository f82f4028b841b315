"""What a person should know of the outbox: that something was given up, or has failed for a long while."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sightline.domain.outbox import ItemState
from sightline.domain.scope import Scope
from sightline.store import outbox_items
from sightline.store.alerts import clear_alert, raise_alert
from sightline.store.database import Database

OUTBOX_STUCK = "outbox_stuck"
STUCK_AFTER = timedelta(hours=1)


class OutboxAlerts:
    """One alert per venue while anything is given up, or still waits after an hour."""

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock
        self._held: dict[str, bool] = {}

    def judge(self) -> None:
        """Look at all venues.

        Raises:
            StoreError: judged again next time.
        """
        now = self._clock()
        with self._database.reading() as connection:
            counts = outbox_items.count_items(Scope.site(), connection)
        trouble: dict[str, list[str]] = {}
        for one in counts:
            if one.state is ItemState.DEAD:
                trouble.setdefault(one.venue_id, []).append(f"{one.count} given up ({one.channel})")
            elif one.state is ItemState.WAITING and now - one.oldest_at > STUCK_AFTER:
                since = f"{one.oldest_at:%Y-%m-%d %H:%M} UTC"
                trouble.setdefault(one.venue_id, []).append(f"{one.count} waiting ({one.channel}, {since})")
        for venue_id in {one.venue_id for one in counts} | set(self._held):
            self._tell(venue_id, trouble.get(venue_id, []), now)

    def _tell(self, venue_id: str, trouble: list[str], now: datetime) -> None:
        holds = bool(trouble)
        if self._held.get(venue_id) is holds:
            return
        scope = Scope.of(venue_id)
        with self._database.transaction() as connection:
            if holds:
                raise_alert(
                    scope,
                    connection,
                    venue_id=venue_id,
                    alert_type=OUTBOX_STUCK,
                    severity="critical",
                    title="Something does not leave this site",
                    message=f"{', '.join(trouble)}; `sightline outbox list` says why",
                    at=now,
                )
            else:
                clear_alert(scope, connection, venue_id=venue_id, alert_type=OUTBOX_STUCK, subject="", at=now)
        self._held[venue_id] = holds
