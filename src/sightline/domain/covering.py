"""Which parts of each picture of a video are covered, from what was found in each of them.

A detector misses a face now and then: turned away for a moment, blurred by its own movement, behind a hand.
So what was found in one picture counts for its neighbours, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sightline.domain.detection import FloatArray

HOLD_S = 0.5
"""Before it was first found and after it was last found, a part stays covered this long."""
LEAST_PICTURES = 2
"""And at least in this many pictures, where few come in a second."""
GAP_S = 1.0
"""What is found again within this time was on the straight line between."""
GROWTH_PER_S = 2.0
"""By how much a side of it reaches further, in its own widths or heights, for each second since it was found.
A head is a quarter of a metre wide: somebody who walks fast stays inside."""
NEAR = 0.6
"""Middles of the same thing in two pictures lie at most this far apart, in its widths and heights, or from
where it would be; further by `SPEED` for each second between them."""
SPEED = 4.0
FARTHEST = 2.0
SHRUNK = 0.4
"""The smaller of two sides is at least this share of the larger, or it is something else."""


@dataclass(slots=True)
class _Thread:
    """One thing from picture to picture: where it was found last, and where to it went from there."""

    place: int
    box: FloatArray
    velocity: FloatArray | None = None

    def at(self, seconds: float) -> FloatArray:
        """Where it is so much later, if it goes on as it did."""
        if self.velocity is None:
            return self.box
        moved: FloatArray = self.box + np.tile(self.velocity * np.float32(seconds), 2)
        return moved


def covered(times_s: Sequence[float], found: Sequence[FloatArray]) -> list[FloatArray]:
    """The boxes to cover in each picture.

    1. What is found in a picture is covered in it.
    2. What is not found again in the next picture, or was not found in the one before, is covered for
       `HOLD_S` in that direction, and at least in `LEAST_PICTURES` pictures: in its place, and where it would
       be if it moved on as it did.
    3. What is found again within `GAP_S` is covered on the straight line between, too.
    Boxes of 2 and 3 grow with the time to the nearest picture in which it was found (`GROWTH_PER_S`).

    Args:
        times_s: of each picture, rising.
        found: for each picture float32 (N, 4), xyxy, all in one unit; shares of the picture where pictures
            differ in size.

    Returns:
        For each picture float32 (M, 4), those found first. Boxes may overlap and reach over the edge.

    Raises:
        ValueError: not as many times as pictures.
    """
    if len(times_s) != len(found):
        raise ValueError(f"{len(times_s)} times for {len(found)} pictures")
    regions: list[list[FloatArray]] = [list(boxes) for boxes in found]
    _carry(times_s, found, regions)
    # What holds after something was last found holds before it was first found: the same, backwards.
    _carry([-at for at in reversed(times_s)], found[::-1], regions[::-1])
    return [np.array(boxes, np.float32).reshape(-1, 4) for boxes in regions]


def grown(box: FloatArray, share: float) -> FloatArray:
    """A box (4,) or boxes (N, 4), xyxy, each side moved outwards by a share of the width or height."""
    sides = box[..., 2:] - box[..., :2]
    larger: FloatArray = np.concatenate([box[..., :2] - share * sides, box[..., 2:] + share * sides], axis=-1)
    return larger


def _carry(
    times_s: Sequence[float], found: Sequence[FloatArray], regions: Sequence[list[FloatArray]]
) -> None:
    """Add to `regions` what is held after it was last found, and what is bridged."""
    threads: list[_Thread] = []
    for place, boxes in enumerate(found):
        near = [one for one in threads if _within(times_s, one.place, place, GAP_S)]
        owners = _owners(near, boxes, times_s, place)
        taken = {id(thread) for thread in owners if thread is not None}
        for lost in threads:
            if id(lost) not in taken and lost.place == place - 1:
                _hold(regions, times_s, lost)
        fresh = []
        for box, thread in zip(boxes, owners, strict=True):
            velocity = None
            if thread is not None:
                _bridge(regions, times_s, thread, place, box)
                velocity = (_middle(box) - _middle(thread.box)) / (times_s[place] - times_s[thread.place])
            fresh.append(_Thread(place, box, velocity))
        threads = [one for one in near if id(one) not in taken] + fresh


def _within(times_s: Sequence[float], first: int, last: int, span_s: float) -> bool:
    return last - first <= LEAST_PICTURES or times_s[last] - times_s[first] <= span_s + 1e-6  # of rounding


def _owners(
    threads: Sequence[_Thread], boxes: FloatArray, times_s: Sequence[float], place: int
) -> list[_Thread | None]:
    """Whose box each is: the nearest pairs first, each thread and each box once."""
    pairs = []
    for number, thread in enumerate(threads):
        since = times_s[place] - times_s[thread.place]
        for row, box in enumerate(boxes):
            away = min(_apart(thread.box, box), _apart(thread.at(since), box))
            if away <= min(FARTHEST, NEAR + SPEED * since):
                pairs.append((place - thread.place, away, number, row))
    owners: list[_Thread | None] = [None] * len(boxes)
    used: set[int] = set()
    for _, _, number, row in sorted(pairs):
        if owners[row] is None and number not in used:
            owners[row] = threads[number]
            used.add(number)
    return owners


def _middle(box: FloatArray) -> FloatArray:
    return np.asarray((box[:2] + box[2:]) / 2, np.float32)


def _apart(one: FloatArray, other: FloatArray) -> float:
    """Distance of two middles in widths and heights, the larger; infinite where the sizes do not fit."""
    sides = np.stack([one[2:] - one[:2], other[2:] - other[:2]])
    if (sides.min(axis=0) < SHRUNK * sides.max(axis=0)).any():
        return float("inf")
    return float((np.abs(_middle(one) - _middle(other)) / np.maximum(sides.mean(axis=0), 1e-9)).max())


def _hold(regions: Sequence[list[FloatArray]], times_s: Sequence[float], thread: _Thread) -> None:
    """Cover it in the pictures after the one it was found in last."""
    for after in range(thread.place + 1, len(regions)):
        if not _within(times_s, thread.place, after, HOLD_S):
            break
        since = times_s[after] - times_s[thread.place]
        regions[after].append(grown(thread.box, GROWTH_PER_S * since))
        if thread.velocity is not None:
            regions[after].append(grown(thread.at(since), GROWTH_PER_S * since))


def _bridge(
    regions: Sequence[list[FloatArray]],
    times_s: Sequence[float],
    thread: _Thread,
    place: int,
    box: FloatArray,
) -> None:
    """Cover the pictures between two in which the same was found."""
    begun, ended = times_s[thread.place], times_s[place]
    for between in range(thread.place + 1, place):
        at = times_s[between]
        share = (at - begun) / (ended - begun)
        line = thread.box * (1 - share) + box * share
        regions[between].append(grown(line, GROWTH_PER_S * min(at - begun, ended - at)))
