"""People counted over a drawn line: who walks in and who walks out."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import dist, hypot, isfinite
from typing import Literal

from sightline.domain.event import Role
from sightline.domain.track import Point, TrackedBox, TrackedFrame

MARGIN = 0.06
"""Body heights that the feet must be past the line before somebody is on its other side: boxes jitter."""
STEADIED_OVER = timedelta(seconds=0.45)
"""Feet are where they were in the mean of so long: three sightings at 5 pictures a second. One box that has
lost its legs is a third of a step then, no longer one over the line and back."""
GONE_ON_WITHIN, GONE_ON_NEARBY = timedelta(seconds=2), 1.0
"""A number that begins so soon and so near, in body heights, after another has ended is the same person;
after another has come in, it is somebody who was hidden by that one and has come in, too. Not so after
another has gone out: outside is where people come into view anyway."""
AGAIN_AFTER = timedelta(seconds=10)
"""Who dawdles on a line is counted once each way; who comes the same way again later, once more."""
FORGOTTEN_AFTER = timedelta(minutes=10)
"""No tracker gives a number back to somebody who was away for that long."""


class Way(StrEnum):
    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class CountLine:
    """A named line between two relative points, over which people are counted.

    Attributes:
        side: where inside is: the left or right hand of somebody who stands at `a` on the picture, as it is
            seen, and looks to `b`.
    """

    name: str
    a: Point
    b: Point
    side: Literal["left", "right"]

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a line needs a name")
        if not all(0 <= part <= 1 for part in (*self.a, *self.b)):
            raise ValueError(f"line {self.name!r} has a point outside the picture; use 0..1 of its size")
        if self.a == self.b:
            raise ValueError(f"line {self.name!r} needs two different points, got {self.a} twice")
        if self.side not in ("left", "right"):
            raise ValueError(f"the inside of line {self.name!r} is 'left' or 'right', got {self.side!r}")


@dataclass(frozen=True, slots=True)
class Crossing:
    """One track over one line; `at` is when the feet were on it, between two sightings."""

    line: str
    track_id: int
    at: datetime
    way: Way


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCount:
    """How many came in and went out over one line, staff apart from everybody else."""

    line: str
    entered: int = 0
    left: int = 0
    staff_entered: int = 0
    staff_left: int = 0

    def document(self) -> dict[str, str | int]:
        """As programs are told."""
        return {
            "name": self.line,
            "in": self.entered,
            "out": self.left,
            "staff_in": self.staff_entered,
            "staff_out": self.staff_left,
        }


class LineTally:
    """Adds up crossings, staff apart. Of who has gone it keeps nothing but the numbers.

    Whoever crosses may be known as staff only later: the last role counts that a track had in sight.
    """

    def __init__(self, lines: Sequence[CountLine]) -> None:
        self._names = tuple(line.name for line in lines)
        self._settled: Counter[tuple[str, Way, bool]] = Counter()
        self._open: list[tuple[Crossing, bool]] = []

    def see(self, crossings: Iterable[Crossing], roles: Mapping[int, Role]) -> None:
        """Take what has happened since the last call, and the present role of every track in sight."""
        still_open = []
        for crossing, was_staff in (*self._open, *((one, False) for one in crossings)):
            role = roles.get(crossing.track_id)
            if role is None:
                self._settled[crossing.line, crossing.way, was_staff] += 1
            else:
                still_open.append((crossing, role is Role.STAFF))
        self._open = still_open

    def counts(self) -> tuple[LineCount, ...]:
        """Of each line so far, in the order they were drawn."""
        found = self._settled.copy()
        found.update((crossing.line, crossing.way, is_staff) for crossing, is_staff in self._open)
        return tuple(
            LineCount(
                line=name,
                entered=found[name, Way.IN, False],
                left=found[name, Way.OUT, False],
                staff_entered=found[name, Way.IN, True],
                staff_left=found[name, Way.OUT, True],
            )
            for name in self._names
        )


@dataclass(slots=True)
class _Sides:
    """One track at one line.

    Attributes:
        inside: the side on which it counts as being: that of its first sighting, then the one on which its
            feet were last past the margin.
        distance, foot, at: of the last sighting; pixels, positive inside.
        crossed_at, between: when the feet last passed the line, and whether between its ends.
        counted: when it was last counted, each way.
    """

    inside: bool
    distance: float
    foot: Point
    at: datetime
    crossed_at: datetime | None = None
    between: bool = False
    counted: dict[Way, datetime] = field(default_factory=dict)

    def just_came_in(self, now: datetime) -> bool:
        """Whether it was counted inwards a moment ago, and is inside."""
        came_at = self.counted.get(Way.IN)
        return self.inside and came_at is not None and now - came_at <= GONE_ON_WITHIN

    def handed_on(self, *, yet_to_come_in: bool) -> "_Sides":
        """Those of the number that begins here, which has counted nothing itself."""
        return replace(self, inside=self.inside and not yet_to_come_in, counted={})


@dataclass(slots=True)
class _Track:
    """What is kept of one track: when it was seen last, its latest feet, and its side of each line."""

    seen_at: datetime
    feet: deque[tuple[datetime, Point]] = field(default_factory=deque)
    sides: dict[str, _Sides] = field(default_factory=dict)

    def just_came_in(self, now: datetime) -> bool:
        """Over any line."""
        return any(side.just_came_in(now) for side in self.sides.values())

    def steadied(self, now: datetime, foot: Point) -> tuple[datetime, Point]:
        """The mean of its latest sightings, this one too: when it was there, and where."""
        self.feet.append((now, foot))
        while now - self.feet[0][0] > STEADIED_OVER:
            self.feet.popleft()
        many = len(self.feet)
        ago = sum((now - at for at, _ in self.feet), timedelta()) / many
        x, y = (sum(axis) / many for axis in zip(*(spot for _, spot in self.feet), strict=True))
        return now - ago, (x, y)


class LineCounter:
    """Follows the feet of the tracks of one camera over its lines.

    Feet are taken in the mean of `STEADIED_OVER`. A side changes only when they are past the line by
    `MARGIN` body heights, so that a box that jitters on the line counts nothing; then the moment and the
    place of their last passing of it count. Who walks around an end of the line has changed sides and is not
    counted. A track is counted once each way within `AGAIN_AFTER`. Not once for good: where two people meet,
    trackers exchange their numbers, and a number that has gone out may well belong to somebody who will still
    go out. A track that comes back under its number after a gap went straight, as far as is known; so did
    whoever is lost and found again beside it under another number, or hidden by somebody else until both are
    inside, see `GONE_ON_WITHIN`.

    Zones have no say: a line over an ignored one counts all the same, for whoever draws it wants it counted.
    """

    def __init__(self, lines: Sequence[CountLine]) -> None:
        self._lines = tuple(lines)
        # The one seen longest ago comes first.
        self._tracks: dict[int, _Track] = {}

    def see(self, frame: TrackedFrame) -> list[Crossing]:
        """Take one frame, not earlier than the last one; returns who has crossed which line by it."""
        if not self._lines:
            return []
        now = frame.captured_at
        in_view = {person.track_id for person in frame.people}
        found = []
        for person in frame.people:
            if person.height <= 0 or not all(map(isfinite, person.box)):
                continue
            track = self._tracks.pop(person.track_id, None) or self._begun(person, now, in_view)
            self._tracks[person.track_id] = track
            track.seen_at = now
            at, foot = track.steadied(now, person.foot)
            margin = MARGIN * person.height
            found += [
                Crossing(line.name, person.track_id, *crossed)
                for line in self._lines
                if (crossed := _step(line, track.sides, at, foot, margin, frame)) is not None
            ]
        self._forget(now)
        return found

    def _begun(self, person: TrackedBox, now: datetime, in_view: Set[int]) -> _Track:
        """A number seen for the first time: on the sides of whom it comes from."""
        near: list[tuple[float, int]] = []
        for track_id, track in reversed(self._tracks.items()):
            if now - track.seen_at > GONE_ON_WITHIN:
                break
            apart = dist(person.foot, track.feet[-1][1]) / person.height
            if apart <= GONE_ON_NEARBY and (track_id not in in_view or track.just_came_in(now)):
                near.append((apart, track_id))
        if not near:
            return _Track(now)
        _, track_id = min(near)
        was_hidden = track_id in in_view
        sides = (self._tracks[track_id] if was_hidden else self._tracks.pop(track_id)).sides
        return _Track(
            now,
            sides={
                name: side.handed_on(yet_to_come_in=was_hidden and side.just_came_in(now))
                for name, side in sides.items()
            },
        )

    def _forget(self, now: datetime) -> None:
        while self._tracks:
            track_id, track = next(iter(self._tracks.items()))
            if now - track.seen_at <= FORGOTTEN_AFTER:
                return
            del self._tracks[track_id]


def _step(
    line: CountLine,
    sides_of: dict[str, _Sides],
    at: datetime,
    foot: Point,
    margin: float,
    frame: TrackedFrame,
) -> tuple[datetime, Way] | None:
    """One sighting at one line; returns when and which way it made the track cross, if it did."""
    distance, _ = _measured(line, foot, frame)
    sides = sides_of.get(line.name)
    if sides is None:
        sides_of[line.name] = _Sides(distance > 0, distance, foot, at)
        return None
    if (distance > 0) is not (sides.distance > 0):
        share = sides.distance / (sides.distance - distance)
        spot = (
            sides.foot[0] + share * (foot[0] - sides.foot[0]),
            sides.foot[1] + share * (foot[1] - sides.foot[1]),
        )
        sides.crossed_at = sides.at + share * (at - sides.at)
        sides.between = 0 <= _measured(line, spot, frame)[1] <= 1
    sides.distance, sides.foot, sides.at = distance, foot, at
    inside = distance > 0
    if inside is sides.inside or abs(distance) < margin:
        return None
    sides.inside = inside
    way = Way.IN if inside else Way.OUT
    if not sides.between or sides.crossed_at is None:
        return None
    counted_at = sides.counted.get(way)
    if counted_at is not None and sides.crossed_at - counted_at < AGAIN_AFTER:
        return None
    sides.counted[way] = sides.crossed_at
    return sides.crossed_at, way


def _measured(line: CountLine, spot: Point, frame: TrackedFrame) -> tuple[float, float]:
    """How far a point (xy pixels) lies inside, in pixels, and where along the line: 0 at `a`, 1 at `b`."""
    ax, ay = line.a[0] * frame.width, line.a[1] * frame.height
    dx, dy = line.b[0] * frame.width - ax, line.b[1] * frame.height - ay
    x, y, length = spot[0] - ax, spot[1] - ay, hypot(dx, dy)
    left = (dy * x - dx * y) / length
    return (left if line.side == "left" else -left), (x * dx + y * dy) / length**2
