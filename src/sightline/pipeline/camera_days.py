"""What the cameras of a site saw and missed in the last days, for people who look after them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sightline.domain.gap import Gap
from sightline.domain.scope import Scope
from sightline.pipeline.known_cameras import KnownCamera
from sightline.store.camera_figures import CameraKey, events_since, recorded_until
from sightline.store.coverage import coverage_between
from sightline.store.database import Database
from sightline.store.gaps import gaps_between
from sightline.store.status import list_status

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CamerasToday:
    """Of each camera: events that began today, and when its last finished file ends."""

    events: Mapping[CameraKey, int]
    recorded_until: Mapping[CameraKey, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedDays:
    """One camera over a span of time.

    Attributes:
        watched: stretches in which pictures were looked at, by start; what is in none was not observed.
        gaps: interruptions with their reasons, by start, as they are stored.
    """

    watched: Sequence[tuple[datetime, datetime]]
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class CameraDays:
    """Answers about the cameras of a site."""

    database: Database
    clock: Callable[[], datetime]

    def today(self, midnights: Mapping[str, datetime]) -> CamerasToday:
        """Of all cameras of some venues.

        Args:
            midnights: when today began, by venue.
        """
        scope = Scope(frozenset(midnights))
        with self.database.reading() as connection:
            found, until = events_since(scope, connection, midnights), recorded_until(scope, connection)
        events: Counter[CameraKey] = Counter()
        for (camera, _), count in found.items():
            events[camera] += count
        return CamerasToday(events, until)

    def numbers(self, camera: KnownCamera) -> Mapping[str, Any]:
        """What a camera's process told last (`camera_status`); empty when it never ran."""
        with self.database.reading() as connection:
            told = list_status(Scope.of(camera.venue_id), connection)
        return next((one.status for one in told if one.camera_id == camera.camera_id), {})

    def between(self, camera: KnownCamera, start: datetime, end: datetime) -> WatchedDays:
        """What a camera saw and missed in [start, end)."""
        scope = Scope.of(camera.venue_id)
        of_camera: dict[str, Any] = {"venue_id": camera.venue_id, "camera_id": camera.camera_id}
        with self.database.reading() as connection:
            minutes = coverage_between(scope, connection, **of_camera, start=start, end=end)
            gaps = gaps_between(scope, connection, **of_camera, start=start, end=end)
        return WatchedDays(
            watched=_stretches([one.minute_at for one in minutes]), gaps=[one.gap for one in gaps]
        )


def _stretches(minutes: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
    """Minutes that follow each other as one stretch."""
    found: list[tuple[datetime, datetime]] = []
    for minute in minutes:
        if found and found[-1][1] == minute:
            found[-1] = (found[-1][0], minute + MINUTE)
        else:
            found.append((minute, minute + MINUTE))
    return found
