"""On which day of a venue there was something to see last: pages open there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.store.database import Database
from sightline.store.last_data import last_data_at
from sightline.store.venues import StoredVenue, camera_names, get_venue, list_venues


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueDays:
    """A venue and the days that can be looked at.

    Attributes:
        today: by the venue's clocks.
        last_day: with a stay, an event or a watching camera; None when there was nothing ever.
    """

    venue: StoredVenue
    zone: tzinfo
    today: date
    last_day: date | None


@dataclass(frozen=True, slots=True)
class DataDays:
    """Answers about the venues of a site."""

    database: Database
    clock: Callable[[], datetime]

    def of(self, scope: Scope, venue_id: str) -> VenueDays | None:
        """The days of a venue; None when there is no such venue in the scope."""
        with self.database.reading() as connection:
            venue = get_venue(scope, connection, venue_id)
            return None if venue is None else self._days(scope, connection, venue)

    def listed(self, scope: Scope) -> list[VenueDays]:
        """All venues of the scope, by id."""
        with self.database.reading() as connection:
            return [self._days(scope, connection, one) for one in list_venues(scope, connection)]

    def camera_names(self, scope: Scope) -> dict[tuple[str, str], str]:
        """As the store has them."""
        with self.database.reading() as connection:
            return camera_names(scope, connection)

    def _days(self, scope: Scope, connection: Connection, venue: StoredVenue) -> VenueDays:
        last = last_data_at(scope, connection, venue.id)
        zone = ZoneInfo(venue.timezone)
        return VenueDays(
            venue=venue,
            zone=zone,
            today=self.clock().astimezone(zone).date(),
            last_day=last.astimezone(zone).date() if last is not None else None,
        )
