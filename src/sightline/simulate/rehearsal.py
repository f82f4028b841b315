"""Checks a planned visit against everybody already planned: nobody collides, nobody is served by accident."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightline.simulate.cast import Person
from sightline.simulate.layout import ROOM_X
from sightline.simulate.lens import CAMERA, FloatArray
from sightline.simulate.script import (
    INTERACTION_MIN_S,
    QUEUE_MIN_S,
    SHORT_ATTENTION_S,
    UNATTENDED_OVER_S,
    Serving,
    Visit,
    waits,
)
from sightline.simulate.walk import Walk

STEP_S = 0.2
ELBOW_ROOM_M = 0.5
NEAR_HEIGHTS = 1.3  # the definition says 1.2 body heights; the script keeps a margin
SERVED_HEIGHTS = 1.05
PASSING_S = 3.2  # longest time near a staff member without being served
_AROUND_S = 8.0
_JOIN_S = 2.4  # two passages closer than this count as one
_AROUND_SERVING_S = 3.0  # coming up to be served and leaving belong to the serving


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A walk on the common time grid: steps `first` .. `first + len(xy)`."""

    first: int
    xy: FloatArray
    foot_px: FloatArray
    height_px: FloatArray

    @property
    def last(self) -> int:
        return self.first + len(self.xy)


def rehearse(person: Person, walk: Walk, *, around: Walk | None = None) -> Rehearsed:
    """Positions on the floor and in the picture every `STEP_S` seconds, only some seconds `around` a walk."""
    start = walk.start if around is None else max(walk.start, around.start - _AROUND_S)
    end = walk.end if around is None else min(walk.end, around.end + _AROUND_S)
    first = int(np.ceil(start / STEP_S))
    steps = np.arange(first, max(first + 1, int(np.floor(end / STEP_S)) + 1), dtype=np.float64)
    xy = walk.rough_xy(steps * STEP_S)
    feet, _ = CAMERA.project(np.concatenate([xy, np.zeros((len(xy), 1))], axis=1))
    head, _ = CAMERA.project(np.concatenate([xy, np.full((len(xy), 1), person.height_m)], axis=1))
    return Rehearsed(first=first, xy=xy, foot_px=feet, height_px=feet[:, 1] - head[:, 1])


def _shared(a: Rehearsed, b: Rehearsed) -> tuple[slice, slice, int] | None:
    first, last = max(a.first, b.first), min(a.last, b.last)
    if last <= first:
        return None
    return slice(first - a.first, last - a.first), slice(first - b.first, last - b.first), first


def collide(a: Rehearsed, b: Rehearsed) -> bool:
    """Whether two people come closer than `ELBOW_ROOM_M` inside the shop."""
    shared = _shared(a, b)
    if shared is None:
        return False
    of_a, of_b, _ = shared
    apart = np.hypot(*(a.xy[of_a] - b.xy[of_b]).T)
    inside = (a.xy[of_a, 0] < ROOM_X) & (b.xy[of_b, 0] < ROOM_X)
    return bool(np.any((apart < ELBOW_ROOM_M) & inside))


def body_heights_apart(a: Rehearsed, b: Rehearsed) -> tuple[FloatArray, FloatArray] | None:
    """Times (T,) both are there, and their distance in the picture in mean body heights (T,)."""
    shared = _shared(a, b)
    if shared is None:
        return None
    of_a, of_b, first = shared
    apart = np.hypot(*(a.foot_px[of_a] - b.foot_px[of_b]).T)
    heights = (a.height_px[of_a] + b.height_px[of_b]) / 2
    return (first + np.arange(len(apart), dtype=np.float64)) * STEP_S, apart / np.maximum(heights, 1.0)


def attention_is_as_scripted(
    customer: Rehearsed, staff: Rehearsed, staff_id: int, servings: tuple[Serving, ...]
) -> bool:
    """Near exactly while served by this staff member; passing by only for a moment."""
    measured = body_heights_apart(customer, staff)
    mine = [s for s in servings if s.staff_id == staff_id]
    if measured is None:
        return not mine
    times, apart = measured
    excused = np.zeros(len(times), dtype=bool)
    for serving in mine:
        during = (times >= serving.start) & (times <= serving.end)
        if np.any(apart[during] > SERVED_HEIGHTS):
            return False
        excused |= (times > serving.start - _AROUND_SERVING_S) & (times < serving.end + _AROUND_SERVING_S)
    return _longest(times, (apart < NEAR_HEIGHTS) & ~excused) <= PASSING_S


def _longest(times: FloatArray, near: npt.NDArray[np.bool_]) -> float:
    moments = times[near]
    if len(moments) == 0:
        return 0.0
    breaks = np.nonzero(np.diff(moments) > _JOIN_S)[0]
    starts = np.concatenate([[0], breaks + 1])
    ends = np.concatenate([breaks, [len(moments) - 1]])
    return float(np.max(moments[ends] - moments[starts]) + STEP_S)


def seen_between(visit: Visit) -> tuple[float, float]:
    """About when a customer comes into and goes out of view through the entrance."""
    times = np.arange(visit.walk.start, visit.walk.end, STEP_S)
    inside = times[visit.walk.rough_xy(times)[:, 0] < ROOM_X + 0.3]
    return float(inside[0]), float(inside[-1])


def durations_are_clear(visit: Visit) -> bool:
    """Whether every length keeps its margin to the definition of the event: no event hangs on a second."""
    for serving in visit.servings:
        length = serving.end - serving.start
        if abs(length - INTERACTION_MIN_S) < 3.0 or abs(length - SHORT_ATTENTION_S) < 3.0:
            return False
    if any(abs(stay.end - stay.start - QUEUE_MIN_S) < 3.0 for stay in visit.queue_stays):
        return False
    stretches = [end - start for start, end in waits(visit, *seen_between(visit))]
    if any(abs(length - UNATTENDED_OVER_S) < 5.0 for length in stretches):
        return False
    # A short serving or a short stay in line inside a long wait could be told in two ways: not scripted.
    brief = [
        s.end - s.start < SHORT_ATTENTION_S and s.end - s.start > INTERACTION_MIN_S for s in visit.servings
    ]
    brief += [q.end - q.start < QUEUE_MIN_S for q in visit.queue_stays]
    return not any(brief) or max(stretches) < UNATTENDED_OVER_S - 5.0
