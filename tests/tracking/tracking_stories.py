"""People who walk by script, seen by a detector that may miss them: stories for the tracking tests."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import numpy as np

from sightline.domain.detection import Detections
from sightline.domain.track import TrackedBox
from sightline.tracking import Tracker

OPENING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Walk = Callable[[float], tuple[float, float] | None]
"""Seconds -> foot point in pixels, or None while out of sight."""

WIDTH, HEIGHT = 40.0, 100.0


def at(seconds: float) -> datetime:
    return OPENING + timedelta(seconds=seconds)


def walking(start: tuple[float, float], speed: tuple[float, float]) -> Walk:
    return lambda s: (start[0] + speed[0] * s, start[1] + speed[1] * s)


def hidden(walk: Walk, start: float, end: float) -> Walk:
    return lambda s: None if start < s < end else walk(s)


def box_at(foot: tuple[float, float]) -> tuple[float, float, float, float]:
    return (foot[0] - WIDTH / 2, foot[1] - HEIGHT, foot[0] + WIDTH / 2, foot[1])


def seen(boxes: list[tuple[float, float, float, float]], scores: list[float] | None = None) -> Detections:
    found = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(found, np.array([0.9] * len(boxes) if scores is None else scores, np.float32))


def ids_over_time(
    tracker: Tracker,
    walks: list[Walk],
    times: Iterable[float],
    score: Callable[[float], float] = lambda _: 0.9,
) -> list[list[int]]:
    """For each walk, the ids it was given, frame after frame; untracked frames are left out."""
    given: list[list[int]] = [[] for _ in walks]
    for second in times:
        feet = [walk(second) for walk in walks]
        visible = [index for index, foot in enumerate(feet) if foot is not None]
        boxes = [box_at(foot) for foot in feet if foot is not None]
        tracked = tracker.update(at(second), seen(boxes, [score(second)] * len(boxes)))
        owner = {seen([box]).boxes[0].tobytes(): index for box, index in zip(boxes, visible, strict=True)}
        for person in tracked:
            given[owner[np.array(person.box, np.float32).tobytes()]].append(person.track_id)
    return given


def frames(fps: float, seconds: float) -> list[float]:
    return [number / fps for number in range(int(seconds * fps) + 1)]


def boxes_of(people: list[TrackedBox]) -> dict[int, tuple[float, float, float, float]]:
    return {person.track_id: person.box for person in people}
