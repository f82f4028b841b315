"""Where one person was, zone after zone: what figures about visitors are made of.

Each moment of a track belongs to exactly one zone, so that the stays of one presence add up to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from sightline.domain.geometry import polygon_area
from sightline.domain.track import Point, TrackedBox, TrackedFrame
from sightline.domain.zone import Zone, ZoneKind

SETTLED = timedelta(seconds=1)
"""Another zone counts once somebody has been in it for that long: boxes jitter at edges."""
ELSEWHERE = "elsewhere"
"""In the picture, in none of the drawn zones."""
NOT_FOR_VISITORS = (ZoneKind.STAFF, ZoneKind.IGNORE)


@dataclass(frozen=True, slots=True)
class ZoneStay:
    """From the first moment in a zone to the first in the next one, or to the last sighting."""

    zone: str
    entered_at: datetime
    left_at: datetime

    @property
    def duration(self) -> timedelta:
        return self.left_at - self.entered_at


@dataclass(frozen=True, slots=True)
class TrackZones:
    """All stays of one track, in order, and how well it was seen.

    Attributes:
        confidence: mean score of its detections, 0..1.
    """

    stays: tuple[ZoneStay, ...] = ()
    confidence: float | None = None


class ZoneLog:
    """Follows the tracks of one camera through its zones.

    Where zones are drawn, a foot point belongs to the smallest one that holds it (what is drawn inside
    another one is meant more exactly), else to `elsewhere`. Zones of staff and ignored ones are none for
    visitors. Where none is drawn, the picture has five: left and right are its outer quarters, between them
    back, middle and front are the upper, middle and lower third.

    Args:
        zones: as drawn.
        lost_after: a track that is not seen for longer was away in between.
    """

    def __init__(self, zones: Sequence[Zone], lost_after: timedelta) -> None:
        counted = [zone for zone in zones if zone.kind not in NOT_FOR_VISITORS]
        self._names = tuple(zone.name for zone in sorted(counted, key=_area))
        self._lost_after = lost_after
        self._paths: dict[int, _Path] = {}

    def see(self, person: TrackedBox, frame: TrackedFrame, depths: Mapping[str, float]) -> None:
        """Take one sighting.

        Args:
            depths: signed distance to the edge of each drawn zone; positive is inside.
        """
        path = self._paths.setdefault(person.track_id, _Path())
        path.see(frame.captured_at, self._place(person.foot, frame, depths), self._lost_after)
        path.scores += person.score
        path.sightings += 1

    def of(self, track_id: int) -> TrackZones:
        """What is known of a track so far."""
        path = self._paths.get(track_id)
        return path.so_far() if path is not None else TrackZones()

    def take(self, track_id: int) -> TrackZones:
        """The same of one that is gone; it is forgotten."""
        found = self.of(track_id)
        self._paths.pop(track_id, None)
        return found

    def _place(self, foot: Point, frame: TrackedFrame, depths: Mapping[str, float]) -> str:
        if not self._names:
            return default_zone(foot[0] / frame.width, foot[1] / frame.height)
        return next((name for name in self._names if depths[name] > 0), ELSEWHERE)


def default_zone(x: float, y: float) -> str:
    """The zone of a point where none is drawn; x and y in 0..1 of the picture, y downwards."""
    if x < 0.25 or x > 0.75:
        return "left" if x < 0.25 else "right"
    return "back" if y < 1 / 3 else "middle" if y < 2 / 3 else "front"


@dataclass(slots=True)
class _Path:
    """One track through the zones. `coming` is where it has been since `came_at`, not yet for long enough."""

    over: list[ZoneStay] = field(default_factory=list)
    zone: str = ""
    entered_at: datetime | None = None
    coming: str = ""
    came_at: datetime | None = None
    last_at: datetime | None = None
    scores: float = 0.0
    sightings: int = 0

    def see(self, at: datetime, zone: str, lost_after: timedelta) -> None:
        if self.last_at is not None and at - self.last_at > lost_after:
            self.over = list(self.so_far().stays)
            self.entered_at = self.came_at = None
        if self.entered_at is None:
            self.zone, self.entered_at, self.came_at = zone, at, None
        elif zone == self.zone:
            self.came_at = None
        elif self.came_at is None or zone != self.coming:
            self.coming, self.came_at = zone, at
        elif at - self.came_at >= SETTLED:
            self.over.append(ZoneStay(self.zone, self.entered_at, self.came_at))
            self.zone, self.entered_at, self.came_at = zone, self.came_at, None
        self.last_at = at

    def so_far(self) -> TrackZones:
        stays = list(self.over)
        if self.entered_at is not None and self.last_at is not None:
            stays.append(ZoneStay(self.zone, self.entered_at, self.last_at))
        return TrackZones(tuple(stays), self.scores / self.sightings if self.sightings else None)


def _area(zone: Zone) -> float:
    return abs(float(polygon_area(np.asarray(zone.points, np.float64))))
