"""One person from first to last sighting: where they stand, how tall they look, how fast they move."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import hypot
from statistics import median

from sightline.domain.track import Box, Point, TrackedBox
from sightline.domain.zone import Whereabouts

HEIGHT_SPAN = timedelta(seconds=3)
SPEED_SPAN = timedelta(seconds=1)
SMOOTHING = timedelta(seconds=0.5)
SHORTEST_SPEED_SPAN = timedelta(seconds=0.5)
STEP_CAP = timedelta(seconds=1)
EDGE_MARGIN = 0.05
"""Body heights a foot point must pass an edge before it counts as on the other side: boxes jitter."""

STILL_SPEED = 0.15
"""Body heights per second below which a person stands; at walking speed, 0.8, stillness is 0."""
WALKING_SPEED = 0.8


@dataclass(slots=True)
class Presence:
    """One track between its first and its last sighting.

    Body height is the median of the last 3 s, so that a box cut short by a shelf for a moment does not
    stretch the world. Speed is the way between the median foot points of two half seconds that lie one
    second apart, in body heights: jitter of single boxes drops out, and resolution and perspective with it.

    Attributes:
        track_id: the tracker's number, valid within one camera and recording.
        first_seen_at, last_seen_at: capture times; gaps up to the scene's `lost_after` lie between them.
        box: the last one seen, xyxy pixels.
        height: pixels, robust.
        speed: body heights per second; None while the track is younger than half a second.
        still_since: the moment the present standing began; None while moving or unknown.
        moving_since: the moment the present movement began; None while standing or unknown.
        inside: since when the foot point has been in each zone it is in.
        gaps: body heights between the foot point and each zone; 0 inside.
        on_staff_side: None when neither staff line nor staff zone is drawn.
    """

    track_id: int
    first_seen_at: datetime
    last_seen_at: datetime
    box: Box
    height: float
    speed: float | None = None
    still_since: datetime | None = None
    moving_since: datetime | None = None
    inside: dict[str, datetime] = field(default_factory=dict)
    gaps: dict[str, float] = field(default_factory=dict)
    on_staff_side: bool | None = None
    _heights: deque[tuple[datetime, float]] = field(default_factory=deque)
    _feet: deque[tuple[datetime, Point]] = field(default_factory=deque)

    @classmethod
    def begin(cls, person: TrackedBox, at: datetime) -> "Presence":
        return cls(person.track_id, at, at, person.box, person.height)

    @property
    def foot(self) -> Point:
        return ((self.box[0] + self.box[2]) / 2, self.box[3])

    @property
    def stillness(self) -> float:
        """1 when standing, 0 at walking speed or faster; 1 while too young to tell."""
        if self.speed is None:
            return 1.0
        return min(1.0, max(0.0, (WALKING_SPEED - self.speed) / (WALKING_SPEED - STILL_SPEED)))

    def see(self, person: TrackedBox, at: datetime, where: Whereabouts) -> timedelta:
        """Record one sighting; returns the time since the last one, capped at 1 s."""
        step = min(at - self.last_seen_at, STEP_CAP)
        self.last_seen_at, self.box = at, person.box
        self._heights.append((at, person.height))
        while self._heights[0][0] <= at - HEIGHT_SPAN:
            self._heights.popleft()
        self.height = median(height for _, height in self._heights)
        self._feet.append((at, person.foot))
        # Two are always kept: slow footage shows speed from one frame to the next.
        while len(self._feet) > 2 and self._feet[0][0] <= at - SPEED_SPAN - SMOOTHING:
            self._feet.popleft()
        self._measure_speed(at)
        self._place(at, where)
        return step

    def _measure_speed(self, at: datetime) -> None:
        recent = [(t, p) for t, p in self._feet if t > at - SMOOTHING]
        earlier = [(t, p) for t, p in self._feet if t <= at - SPEED_SPAN]
        if not earlier:
            oldest = self._feet[0][0]
            earlier = [
                (t, p) for t, p in self._feet if t < oldest + SMOOTHING and t <= at - SHORTEST_SPEED_SPAN
            ]
        if not earlier:
            return
        (then, (x0, y0)), (now, (x1, y1)) = _middle(earlier), _middle(recent)
        # A speed tells of the time between its two foot points; the first one of a track of all of it.
        changed_at = self._feet[0][0] if self.speed is None else then + (now - then) / 2
        self.speed = hypot(x1 - x0, y1 - y0) / self.height / (now - then).total_seconds()
        if self.speed < STILL_SPEED:
            self.still_since, self.moving_since = self.still_since or changed_at, None
        else:
            self.still_since, self.moving_since = None, self.moving_since or changed_at

    def _place(self, at: datetime, where: Whereabouts) -> None:
        margin = EDGE_MARGIN * self.height
        for name, depth in where.depths.items():
            if depth > (-margin if name in self.inside else margin if self._was_placed else 0.0):
                self.inside.setdefault(name, at)
            else:
                self.inside.pop(name, None)
        self.gaps = {name: max(0.0, -depth) / self.height for name, depth in where.depths.items()}
        if where.staff_depth is not None:
            threshold = 0.0 if self.on_staff_side is None else -margin if self.on_staff_side else margin
            self.on_staff_side = where.staff_depth > threshold

    @property
    def _was_placed(self) -> bool:
        return len(self._feet) > 1


def _middle(samples: Iterable[tuple[datetime, Point]]) -> tuple[datetime, Point]:
    """The mean moment and the median foot point of some samples; at least one is given."""
    listed = list(samples)
    first = listed[0][0]
    moment = first + sum((t - first for t, _ in listed), timedelta()) / len(listed)
    return moment, (median(p[0] for _, p in listed), median(p[1] for _, p in listed))
