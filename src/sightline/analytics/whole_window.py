"""Everything about one window of a venue, from one unchanging state: for pages that show it side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from sightline.analytics.behavior import behavior_of_window, mean_score
from sightline.analytics.service import service_figures
from sightline.analytics.traffic import demographics_of, zones_of_window
from sightline.analytics.traffic_window import (
    HoursOfWindow,
    Slot,
    TrafficWindow,
    read_hours,
    read_with_before,
)
from sightline.analytics.venue_window import venue_window
from sightline.analytics.visitor_range import VisitorRange, audited_near, range_of
from sightline.domain.interval import CountedStretch
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.behavior_figures import BehaviorSums, behavior_by_zone
from sightline.store.database import Database
from sightline.store.figures import Presence, people_by_hour, presence_by_day


@dataclass(frozen=True, kw_only=True)
class WindowAtAGlance:
    """The few figures of a window.

    Attributes:
        now: when it was read; hours after it are not there yet.
        current, previous: without the labels of people.
        zones, service: as `/analytics/{venue_id}/...` answers them.
        audited: what says how sure the number of people is.
    """

    now: datetime
    current: TrafficWindow
    previous: TrafficWindow
    zones: Sequence[Mapping[str, Any]]
    service: Mapping[str, Any]
    audited: Sequence[CountedStretch]

    @property
    def window(self) -> Window:
        return self.current.window

    @cached_property
    def coverage(self) -> Mapping[str, Any]:
        return self.current.observation.answer(self.window, self.now)

    def interval(self, people: int) -> VisitorRange:
        """Between how many people it were where `people` were counted: in the window or a part of it."""
        return range_of(people, self.current.quality, self.audited)


@dataclass(frozen=True, kw_only=True)
class WholeWindow(WindowAtAGlance):
    """What is known of a window.

    Attributes:
        by_hour: different people by hour on the wall, over all days.
        by_day: presence on each day, the first one first.
        by_zone: what the stays of each zone add up to.
        people, behavior: documents as `/analytics/{venue_id}/...` answers them: `people` is that of
            demographics.
    """

    by_hour: Mapping[int, int]
    by_day: Sequence[Presence]
    by_zone: Mapping[str, BehaviorSums]
    people: Mapping[str, Any]
    behavior: Mapping[str, Any]

    @property
    def days(self) -> Sequence[date]:
        """The days of the window, the first one first."""
        return self.current.days

    def stays_of_hour(self, hour: int) -> int:
        """Over all days."""
        return sum(stays for (_, at), stays in self.current.by_slot.items() if at == hour)

    def stays_of_day(self, day: int) -> int:
        """Of a day, counted from 0."""
        return sum(stays for (of, _), stays in self.current.by_slot.items() if of == day)

    @property
    def engagement_by_zone(self) -> dict[str, tuple[float | None, int]]:
        """Mean score (0..100) and over how many stays, by zone; those who engage most first."""
        found = {
            zone: (
                float(mean_score(one.score_millionths, one.scored_n)) if one.scored_n else None,
                one.scored_n,
            )
            for zone, one in self.by_zone.items()
        }
        return dict(sorted(found.items(), key=lambda one: (-(one[1][0] or 0.0), one[0])))

    def knows(self, day: int, hour: int) -> bool:
        """Whether no stay in an hour of a day would mean that nobody came; hours to come are not known."""
        return (day, hour) in self.known_slots

    @cached_property
    def known_slots(self) -> frozenset[Slot]:
        """Days, counted from 0, and hours of which something is known."""
        return self.current.known_slots(self.now)


@dataclass(frozen=True, slots=True)
class WholeWindows:
    """Reads them."""

    database: Database
    clock: Callable[[], datetime]

    def of(self, scope: Scope, venue_id: str, *, days: int, to: date) -> WholeWindow:
        """The `days` days up to `to`, with the same number of days before them to compare."""
        now = self.clock()
        with self.database.reading() as connection:
            window = venue_window(scope, connection, venue_id=venue_id, days=days, to=to, now=now)
            current, previous = read_with_before(scope, connection, venue_id, window)
            return WholeWindow(
                now=now,
                current=current,
                previous=previous,
                **_shared(scope, connection, venue_id, current),
                by_hour=people_by_hour(scope, connection, venue_id, window),
                by_day=presence_by_day(scope, connection, venue_id, window),
                by_zone=behavior_by_zone(scope, connection, venue_id, window),
                people=demographics_of(venue_id, current, previous),
                behavior=behavior_of_window(scope, connection, venue_id, window),
            )

    def at_a_glance(self, scope: Scope, venue_id: str, *, days: int, to: date) -> WindowAtAGlance:
        """The same with a part of the figures, in a fraction of the time."""
        now = self.clock()
        with self.database.reading() as connection:
            window = venue_window(scope, connection, venue_id=venue_id, days=days, to=to, now=now)
            current, previous = read_with_before(scope, connection, venue_id, window, labels_of="nobody")
            shared = _shared(scope, connection, venue_id, current)
        return WindowAtAGlance(now=now, current=current, previous=previous, **shared)

    def hours(self, scope: Scope, venue_id: str, *, days: int, to: date) -> HoursOfWindow:
        """Only when people came."""
        now = self.clock()
        with self.database.reading() as connection:
            window = venue_window(scope, connection, venue_id=venue_id, days=days, to=to, now=now)
            return read_hours(scope, connection, venue_id, window)


def _shared(scope: Scope, connection: Connection, venue_id: str, current: TrafficWindow) -> dict[str, Any]:
    window = current.window
    return {
        "zones": zones_of_window(scope, connection, venue_id, window, current.presence.people),
        "service": service_figures(scope, connection, venue_id, window, current.observation),
        "audited": audited_near(scope, connection, venue_id, window),
    }
