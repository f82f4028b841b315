"""What of a window was looked at: the difference between nobody came and nobody knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Connection

from sightline.domain.local_time import HOUR, Window
from sightline.domain.scope import Scope
from sightline.store.covered_hours import CoveredHour, cameras_that_looked, covered_hours, is_watched
from sightline.store.figures import first_hour_of_stays

MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """How a venue was observed in a window.

    Attributes:
        watched: whether any camera of the venue ever looked. Otherwise its figures are what was told.
        cameras: that looked in the window.
        minutes: looked at by the best camera, by the local hour (UTC); hours without any are missing.
        told_since: begin of the first local hour with a stay, in the window or not; None without any.
    """

    watched: bool
    cameras: int
    minutes: Mapping[datetime, int]
    told_since: datetime | None

    def knows_between(self, start: datetime, end: datetime) -> bool:
        """Whether no stay in [start, end) means that nobody came.

        Of a venue that is not watched: unless it lies before all that was ever told.
        """
        if self.watched:
            return any(start <= hour < end for hour in self.minutes)
        return self.told_since is not None and end > self.told_since

    @property
    def nothing_ever(self) -> bool:
        """Whether nothing was ever seen or told of the venue; perhaps there is none."""
        return not self.watched and self.told_since is None

    def hours_on_wall(self, zone: tzinfo) -> set[int] | None:
        """Hours of the day (0..23) that were looked at on any day; None when the venue is not watched."""
        return {at.astimezone(zone).hour for at in self.minutes} if self.watched else None

    def answer(self, window: Window, now: datetime) -> dict[str, Any]:
        """The member `coverage` of answers. The part of a window that is still to come does not count."""
        window_hours = max(0.0, (min(window.end, now) - window.start) / HOUR)
        observed = sum(self.minutes.values()) / MINUTES if self.watched else None
        share = None if observed is None or not window_hours else min(1.0, observed / window_hours)
        return {
            "known": self.watched,
            "cameras": self.cameras,
            "observed_hours": None if observed is None else round(observed, 2),
            "window_hours": round(window_hours, 2),
            "observed_share": None if share is None else round(share, 4),
        }


def observe(scope: Scope, connection: Connection, venue_id: str, window: Window) -> Observation:
    """How a venue was observed in a window."""
    return observe_each(scope, connection, venue_id, [window])[0]


def observe_each(
    scope: Scope, connection: Connection, venue_id: str, windows: Sequence[Window]
) -> list[Observation]:
    """The same for each of some windows that lie side by side; what they share is read once."""
    spans = [(one.start, one.end) for one in windows]
    watched = is_watched(scope, connection, venue_id)
    told_since = first_hour_of_stays(scope, connection, venue_id)
    hours: list[CoveredHour] = []
    cameras = [0] * len(spans)
    if watched:
        start, end = min(start for start, _ in spans), max(end for _, end in spans)
        hours = covered_hours(scope, connection, venue_id=venue_id, start=start, end=end)
        cameras = cameras_that_looked(scope, connection, venue_id, spans)
    return [
        Observation(
            watched=watched,
            cameras=number,
            minutes={one.hour_at: one.minutes for one in hours if start <= one.hour_at < end},
            told_since=told_since,
        )
        for number, (start, end) in zip(cameras, spans, strict=True)
    ]
