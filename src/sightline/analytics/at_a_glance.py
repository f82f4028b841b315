"""How venues do at this moment: today so far against the usual, and what cameras see now."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sightline.domain.event import EventKind
from sightline.domain.local_time import day_start
from sightline.domain.scope import Scope
from sightline.store.camera_figures import events_since
from sightline.store.covered_hours import covered_hours
from sightline.store.database import Database
from sightline.store.presences import people_of_each
from sightline.store.venues import StoredVenue, list_venues

WEEKS = 4
"""The usual is the mean of the same weekday in this many weeks, as far as somebody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueNow:
    """A venue at this moment.

    Attributes:
        zone: its clocks; `today` is by them.
        visitors: people who came today so far; None when nobody looked today.
        usual: mean of the same weekday up to the same time of day; None without such a day.
        unattended, served: events that began today; None when no camera looked today.
        people, waiting: in sight of all cameras now, staff left out; None when no camera looks.
    """

    venue_id: str
    name: str
    zone: tzinfo
    today: date
    visitors: int | None
    usual: float | None
    unattended: int | None
    served: int | None
    people: int | None
    waiting: int | None

    @property
    def is_quiet(self) -> bool:
        """Nothing is known of today: nobody looked, nothing was told."""
        return self.visitors is self.people is self.waiting is self.unattended is self.served is None


@dataclass(frozen=True, slots=True)
class Glances:
    """Answers about the venues of a site.

    What is usual at this time of day is counted once a minute: pages that stay open ask every few seconds.
    """

    database: Database
    clock: Callable[[], datetime]
    _usual: dict[str, tuple[datetime, float | None]] = field(default_factory=dict, init=False, repr=False)

    def now(self, scope: Scope, cameras: Iterable[Mapping[str, Any]]) -> list[VenueNow]:
        """All venues of the scope, by id.

        Args:
            cameras: as `CameraAdmin.page` tells of each; a running one says whom it sees.
        """
        now = self.clock()
        seen = _seen_now(cameras)
        with self.database.reading() as connection:
            found = list_venues(scope, connection)
            midnights = {one.id: _midnight(now, ZoneInfo(one.timezone)) for one in found}
            counts: Counter[tuple[str, EventKind]] = Counter()
            for ((venue_id, _), kind), count in events_since(scope, connection, midnights).items():
                counts[venue_id, kind] += count
            return [self._of(scope, connection, one, now, counts, seen.get(one.id)) for one in found]

    def _of(
        self,
        scope: Scope,
        connection: Connection,
        venue: StoredVenue,
        now: datetime,
        counts: Mapping[tuple[str, EventKind], int],
        seen: tuple[int, int] | None,
    ) -> VenueNow:
        zone = ZoneInfo(venue.timezone)
        today = now.astimezone(zone).date()
        start, end = _so_far(today, now, zone)
        looked = bool(covered_hours(scope, connection, venue_id=venue.id, start=start, end=end))
        (visitors,) = people_of_each(scope, connection, venue.id, [(start, end)])
        return VenueNow(
            venue_id=venue.id,
            name=venue.name,
            zone=zone,
            today=today,
            visitors=visitors,
            usual=self._usual_of(scope, connection, venue.id, now, zone),
            unattended=counts.get((venue.id, EventKind.UNATTENDED), 0) if looked else None,
            served=counts.get((venue.id, EventKind.INTERACTION), 0) if looked else None,
            people=seen[0] if seen is not None else None,
            waiting=seen[1] if seen is not None else None,
        )

    def _usual_of(
        self, scope: Scope, connection: Connection, venue_id: str, now: datetime, zone: tzinfo
    ) -> float | None:
        minute = now.replace(second=0, microsecond=0)
        kept = self._usual.get(venue_id)
        if kept is not None and kept[0] == minute:
            return kept[1]
        today = now.astimezone(zone).date()
        before = [_so_far(today - timedelta(weeks=week), now, zone) for week in range(1, WEEKS + 1)]
        known = [one for one in people_of_each(scope, connection, venue_id, before) if one is not None]
        usual = sum(known) / len(known) if known else None
        self._usual[venue_id] = minute, usual
        return usual


def _so_far(day: date, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """From midnight on up to this time of day, by the venue's clocks."""
    start = day_start(day, zone)
    return start, max(start, datetime.combine(day, now.astimezone(zone).time(), zone).astimezone(UTC))


def _midnight(now: datetime, zone: tzinfo) -> datetime:
    return day_start(now.astimezone(zone).date(), zone)


def _seen_now(cameras: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """People and waiting ones by venue, over the cameras that run and say so."""
    seen: dict[str, tuple[int, int]] = {}
    for one in cameras:
        people: Mapping[str, int] | None = one.get("people")
        if one["state"] == "running" and people is not None:
            before = seen.get(one["venue_id"], (0, 0))
            seen[one["venue_id"]] = (before[0] + people["customers"], before[1] + people["waiting"])
    return seen
