"""Places drawn on the picture, in relative coordinates, so that they survive another resolution."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np

from sightline.domain.geometry import PointArray, left_of_line, polygon_area, signed_distances
from sightline.domain.track import Point


class ZoneKind(StrEnum):
    AREA = "area"
    SERVICE = "service"
    QUEUE = "queue"
    STAFF = "staff"
    ENTRANCE = "entrance"
    RESTRICTED = "restricted"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Zone:
    """A named polygon. A person is in it when the foot point is.

    Attributes:
        name: as the shop calls it; unique within a camera.
        kind: what the rules make of it.
        points: at least three relative xy points, 0..1 of the picture's width and height.
    """

    name: str
    kind: ZoneKind
    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a zone needs a name")
        if len(self.points) < 3:
            raise ValueError(f"zone {self.name!r} needs at least 3 points, got {len(self.points)}")
        _check_relative(self.points, f"zone {self.name!r}")
        if polygon_area(np.asarray(self.points, np.float64)) == 0:
            raise ValueError(f"zone {self.name!r} has no area: its points lie on one line")


def crosses_itself(points: Sequence[Point]) -> bool:
    """Whether two edges of the closed polygon cross: a slip of the pen, of which nobody can say what lies
    inside. Edges that only touch do not count."""
    edges = list(zip(points, [*points[1:], *points[:1]], strict=True))
    return any(_cross(*one, *other) for place, one in enumerate(edges) for other in edges[place + 1 :])


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the lines from a to b and from c to d cross between their ends."""

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


@dataclass(frozen=True, slots=True)
class StaffLine:
    """An endless line through two relative points; staff work on one side of it.

    `side` is the left or right hand of somebody who stands at `a` on the picture, as it is seen, and looks
    to `b`.
    """

    a: Point
    b: Point
    side: Literal["left", "right"]

    def __post_init__(self) -> None:
        _check_relative((self.a, self.b), "the staff line")
        if self.a == self.b:
            raise ValueError(f"the staff line needs two different points, got {self.a} twice")
        if self.side not in ("left", "right"):
            raise ValueError(f"the side of the staff line is 'left' or 'right', got {self.side!r}")


def _check_relative(points: Sequence[Point], what: str) -> None:
    for x, y in points:
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise ValueError(f"{what} has a point outside the picture: ({x:g}, {y:g}); use 0..1 of its size")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one foot point lies, in pixels of its frame. Positive is inside, or on the staff's side.

    Attributes:
        depths: for each zone, by name, the signed distance to its edge.
        staff_depth: the larger one of the depth in a staff zone and the distance past the staff line;
            None when neither is drawn.
    """

    depths: dict[str, float]
    staff_depth: float | None


@dataclass(slots=True)
class FloorPlan:
    """The zones and the line of one camera, measured in the pixels of a frame."""

    zones: tuple[Zone, ...]
    staff_line: StaffLine | None
    _pixels: dict[tuple[int, int], dict[str, PointArray]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        names = [zone.name for zone in self.zones]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two zones are called {name!r}; give each its own name")

    def names(self, kind: ZoneKind) -> tuple[str, ...]:
        """The zones of one kind, in the order they were drawn."""
        return tuple(zone.name for zone in self.zones if zone.kind is kind)

    def locate(self, feet: Sequence[Point], width: int, height: int) -> list[Whereabouts]:
        """Measure foot points (xy pixels) of a frame of `width` x `height` pixels against all zones."""
        if not feet:
            return []
        points = np.asarray(feet, np.float64)
        polygons = self._in_pixels(width, height)
        depths = {name: signed_distances(points, polygon).tolist() for name, polygon in polygons.items()}
        staff = [depths[name] for name in self.names(ZoneKind.STAFF)]
        if self.staff_line is not None:
            line = self.staff_line
            a, b = (line.a[0] * width, line.a[1] * height), (line.b[0] * width, line.b[1] * height)
            left = left_of_line(points, a, b)
            staff.append((left if line.side == "left" else -left).tolist())
        return [
            Whereabouts(
                depths={name: values[row] for name, values in depths.items()},
                staff_depth=max((values[row] for values in staff), default=None),
            )
            for row in range(len(feet))
        ]

    def _in_pixels(self, width: int, height: int) -> dict[str, PointArray]:
        size = (width, height)
        if size not in self._pixels:
            self._pixels[size] = {
                zone.name: np.asarray(zone.points, np.float64) * size for zone in self.zones
            }
        return self._pixels[size]
