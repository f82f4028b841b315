"""Which days an answer is about: whole local days of the venue."""

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.venues import get_venue


def venue_window(
    scope: Scope, connection: Connection, *, venue_id: str, days: int, to: date | None, now: datetime
) -> Window:
    """The last `days` local days of a venue.

    Args:
        to: the last of them; None: the day that `now` (aware) is on there.
    """
    zone = venue_zone(scope, connection, venue_id)
    return Window.of_days(days, to or now.astimezone(zone).date(), zone)


def venue_zone(scope: Scope, connection: Connection, venue_id: str) -> tzinfo:
    """The time zone of a venue; UTC of one that is not there, about which the answers are all nothing."""
    venue = get_venue(scope, connection, venue_id)
    return UTC if venue is None else ZoneInfo(venue.timezone)


def period(window: Window) -> str:
    """The window in words, as answers have it."""
    return f"Last {window.days} days"
