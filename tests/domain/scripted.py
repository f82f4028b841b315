"""People who walk exactly as told, seen by a perfect tracker. Units: body heights and seconds.

The floor is seen from straight ahead: one body height is 100 pixels everywhere in a picture of 1000 x 500, so
(3.0, 2.0) is the foot point (300, 200). Staff work above the line y = 1.0; that is to the left of somebody
who stands at its left end and looks along it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sightline.domain.event import EventKind, ServiceEvent
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.domain.zone import StaffLine, Zone, ZoneKind

OPENING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WIDTH, HEIGHT, BODY = 1000, 500, 100

LINE = StaffLine((0.0, 0.2), (1.0, 0.2), "left")


def at(seconds: float) -> datetime:
    return OPENING + timedelta(seconds=seconds)


def zone(name: str, kind: ZoneKind, x0: float, y0: float, x1: float, y1: float) -> Zone:
    """A rectangle, in body heights."""
    corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    return Zone(name, kind, tuple((x * BODY / WIDTH, y * BODY / HEIGHT) for x, y in corners))


@dataclass
class Walk:
    """One track: where it is at which second; straight between, and unseen during its gaps."""

    track_id: int
    stops: Sequence[tuple[float, float, float]]
    gaps: Sequence[tuple[float, float]] = ()
    height: float = 1.0
    jitter: Sequence[float] = field(default=(0.0,))

    def place(self, t: float) -> tuple[float, float] | None:
        if not self.stops[0][0] <= t <= self.stops[-1][0] or any(a < t < b for a, b in self.gaps):
            return None
        for (t0, x0, y0), (t1, x1, y1) in zip(self.stops, self.stops[1:], strict=False):
            if t0 <= t <= t1:
                share = (t - t0) / (t1 - t0) if t1 > t0 else 0.0
                return x0 + share * (x1 - x0), y0 + share * (y1 - y0)
        return self.stops[0][1], self.stops[0][2]

    def box(self, t: float, index: int, scale: float) -> TrackedBox | None:
        place = self.place(t)
        if place is None:
            return None
        unit = BODY * scale
        x = (place[0] + self.jitter[index % len(self.jitter)]) * unit
        y = place[1] * unit
        tall = self.height * unit
        return TrackedBox(self.track_id, (x - 0.2 * tall, y - tall, x + 0.2 * tall, y), 0.9)


def stands(track_id: int, x: float, y: float, begin: float, end: float) -> Walk:
    return Walk(track_id, [(begin, x, y), (end, x, y)])


def cashier(track_id: int = 1, x: float = 3.0, begin: float = 0, end: float = 200) -> Walk:
    """Behind the line, near enough to serve somebody at (x, 1.3)."""
    return stands(track_id, x, 0.6, begin, end)


def frames(
    walks: Iterable[Walk],
    *,
    end: float = 200,
    begin: float = 0,
    step: float = 0.2,
    scale: float = 1.0,
    shift: float = 0.0,
    silent: Sequence[tuple[float, float]] = (),
) -> list[TrackedFrame]:
    walks = list(walks)
    shot = []
    for index in range(round((end - begin) / step) + 1):
        t = round(begin + index * step, 6)
        if any(a < t < b for a, b in silent):
            continue
        boxes = [box for walk in walks if (box := walk.box(t, index, scale)) is not None]
        shot.append(
            TrackedFrame(
                captured_at=at(t + shift),
                width=round(WIDTH * scale),
                height=round(HEIGHT * scale),
                people=tuple(boxes),
            )
        )
    return shot


def watch(rules: CameraRules, shot: Iterable[TrackedFrame]) -> list[ServiceEvent]:
    """All events of some footage."""
    running = ServiceWatch(rules)
    events = [event for frame in shot for event in running.see(frame)]
    return events + running.finish()


def told(
    events: Iterable[ServiceEvent], kind: EventKind | None = None
) -> list[tuple[str, tuple[int, ...], float, float]]:
    """Events as (kind, tracks, start, end), in seconds after opening, by their start."""
    return sorted(
        (
            (
                event.kind.value,
                tuple(person.track_id for person in event.participants),
                (event.started_at - OPENING).total_seconds(),
                (event.ended_at - OPENING).total_seconds(),
            )
            for event in events
            if kind is None or event.kind is kind
        ),
        key=lambda row: (row[2], row),
    )
