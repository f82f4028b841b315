"""From a mask of changed pixels to standing people."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightline.vision.background import Mask
from sightline.vision.stature import Stature

BODY_WIDTH = 0.4
"""Width of a person as a share of the height, in which the body is looked for."""
TYPICAL_FILL = 0.55
"""Share of such a box that a standing person covers."""
MOST_PEOPLE = 25
LEAST_COVER = 0.4
"""A body whose upper half covers less of its box than this share of the typical fill is none."""
FEET_TOLERANCE = 0.18
"""Feet seen within this share of the height from where they are expected are believed."""
SIZE_TOLERANCE = 0.25
"""A blob whose height is this near, as a share, to what is expected at its feet is one whole person."""
LEAST_FULL_COVER = 0.65
"""Feet only count as somebody's when the body above them is filled this well."""
LEAST_HEAD = 0.12
"""Share of the top fifth of a body's box that a head covers at least, wherever in it."""
LEAST_FREE = 0.35
"""Of a body behind others at least this share is taken to be in view when its fill is judged."""
LEAST_AREA = 0.03
"""Pixels of the smallest piece worth looking at, as a share of the squared body height."""
LOWEST_SHARE, TALLEST_SHARE = 0.12, 0.97
"""Limits of a person's height as a share of the picture's while nothing is known about their size."""


@dataclass(frozen=True, slots=True)
class Body:
    """One person in a mask.

    Attributes:
        left, top, right, bottom: mask pixels; may reach below what is seen where legs are hidden.
        cover: how well the mask fills a body of that size, in 0..1.
        whole: seen from head to feet.
    """

    left: float
    top: float
    right: float
    bottom: float
    cover: float
    whole: bool


def find_bodies(mask: Mask, stature: Stature) -> list[Body]:
    """The people in a mask, best first.

    A blob of human shape, and of the expected size once that is known, is one person. In what remains heads
    are looked for along the upper edges and bodies of the expected size are laid below them, the best filled
    first: that parts people who overlap, joins the pieces of one, and finds the feet behind a counter.
    """
    singles = [body for body in map(partial(_blob_as_body, shape=mask.shape), _blobs(mask)) if body]
    if not stature.known:
        return sorted(singles, key=lambda body: -body.cover)
    found = [body for body in singles if body.whole and _of_expected_size(body, stature)]
    scene = _Scene(mask)
    for body in found:
        scene.claim(body)
    for look in (_best_by_feet, _best_by_head):
        while len(found) < MOST_PEOPLE and (nearest := look(scene, stature)):
            found.append(nearest)
            scene.claim(nearest)
    return sorted(found, key=lambda body: -body.cover)


def whole_bodies(mask: Mask) -> list[Body]:
    """People who stand alone, seen from head to feet, by shape only: to learn sizes from."""
    return [
        body for body in map(partial(_blob_as_body, shape=mask.shape), _blobs(mask)) if body and body.whole
    ]


def _of_expected_size(body: Body, stature: Stature) -> bool:
    expected = stature.at_feet(body.bottom)
    return abs(body.bottom - body.top - expected) <= SIZE_TOLERANCE * expected


@dataclass(frozen=True, slots=True)
class _Blob:
    """A connected part of a mask: its box and pixel count."""

    left: int
    top: int
    width: int
    height: int
    area: int
    label: int

    @classmethod
    def of(cls, label: int, stats: list[int]) -> "_Blob":
        """From a row of OpenCV's component statistics."""
        left, top, width, height, area = stats
        return cls(left, top, width, height, area, label)


def _blobs(mask: Mask) -> list[_Blob]:
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return [_Blob.of(label, row.tolist()) for label, row in enumerate(stats) if label]


def _blob_as_body(blob: _Blob, shape: tuple[int, ...]) -> Body | None:
    height, width = shape[:2]
    if not LOWEST_SHARE * height <= blob.height <= TALLEST_SHARE * height:
        return None
    aspect = blob.height / blob.width
    fill = blob.area / (blob.width * blob.height)
    if not 1.2 <= aspect <= 5 or fill < 0.3:
        return None
    inside = blob.left > 0 and blob.top > 0
    inside = inside and blob.left + blob.width < width and blob.top + blob.height < height
    whole = inside and 1.9 <= aspect <= 4.2 and fill > 0.4
    cover = min(1.0, fill / TYPICAL_FILL)
    return Body(blob.left, blob.top, blob.left + blob.width, blob.top + blob.height, cover, whole)


class _Scene:
    """A mask of which found bodies are claimed one after another."""

    def __init__(self, mask: Mask) -> None:
        self.rest = mask.copy()
        self.claimed = np.zeros_like(mask)
        self._count()

    def _count(self) -> None:
        self._rest_sums = cv2.integral(self.rest // 255)
        self._claimed_sums = cv2.integral(self.claimed // 255)
        _, self.labels, stats, _ = cv2.connectedComponentsWithStats(self.rest, connectivity=8)
        self.blobs = [_Blob.of(label, row.tolist()) for label, row in enumerate(stats) if label]

    def claim(self, body: Body) -> None:
        """Take a body out of the mask, a little wider than its box so that no rim is left."""
        rim = 0.06 * (body.bottom - body.top)
        rows = slice(max(0, int(body.top - rim)), int(body.bottom + rim) + 1)
        columns = slice(max(0, int(body.left - rim)), int(body.right + rim) + 1)
        self.rest[rows, columns] = 0
        self.claimed[rows, columns] = 255
        self._count()

    def share(self, left: float, top: float, right: float, bottom: float) -> float:
        """How much of a box is set, of the part that nobody nearer has claimed, in 0..1."""
        area = max(1.0, (right - left) * (bottom - top))
        free = area - _sum_in(self._claimed_sums, left, top, right, bottom)
        return _sum_in(self._rest_sums, left, top, right, bottom) / max(free, LEAST_FREE * area)


def _best_by_feet(scene: _Scene, stature: Stature) -> Body | None:
    """The nearest person of whom feet and trunk are seen: the lowest feet that carry a full body."""
    best: Body | None = None
    for blob in scene.blobs:
        if blob.area < LEAST_AREA * stature.at_feet(blob.top + blob.height) ** 2:
            continue
        for x, bottom in _tips(scene.labels, blob, stature, feet=True):
            tall = stature.at_feet(bottom)
            if best and bottom <= best.bottom:
                continue
            body = _body_at(x, bottom - tall, tall, scene)
            if body and body.cover > LEAST_FULL_COVER and body.whole:
                best = body
    return best


def _best_by_head(scene: _Scene, stature: Stature) -> Body | None:
    """The best filled body below some head; None when nobody is left."""
    best: Body | None = None
    for blob in scene.blobs:
        if blob.area < LEAST_AREA * stature.at_head(blob.top) ** 2:
            continue
        for x, top in _tips(scene.labels, blob, stature, feet=False):
            tall = stature.at_head(top)
            if top <= 1:  # the head is above the picture: trust the feet
                tall = stature.at_feet(blob.top + blob.height)
            body = _body_at(x, top if top > 1 else blob.top + blob.height - tall, tall, scene)
            if body and (best is None or body.cover > best.cover):
                best = body
    return best


def _tips(labels: npt.NDArray[Any], blob: _Blob, stature: Stature, *, feet: bool) -> list[tuple[int, int]]:
    """Peaks (x, y) of a blob's upper outline, or of its lower one, at least half a body width apart."""
    part = labels[blob.top : blob.top + blob.height, blob.left : blob.left + blob.width] == blob.label
    depths = (part[::-1] if feet else part).argmax(axis=0)
    peaks: list[tuple[int, int]] = []
    for column in np.argsort(depths, kind="stable"):
        depth = int(depths[column])
        row = blob.top + blob.height - depth if feet else blob.top + depth
        apart = BODY_WIDTH / 2 * (stature.at_feet(row) if feet else stature.at_head(row))
        if any(abs(column - x) < apart for x, _ in peaks):
            continue
        if depth > depths[max(0, column - int(apart)) : column + int(apart) + 1].min():
            continue
        # The middle of a flat crown, not its left end.
        level = np.flatnonzero(np.abs(depths - depth) <= max(1.0, 0.03 * apart))
        peaks.append((int(level[np.abs(level - column) <= apart].mean()), row))
    return [(blob.left + x, y) for x, y in peaks]


def _body_at(x: int, top: float, tall: float, scene: _Scene) -> Body | None:
    """A body of a given size in the mask, its box drawn around what is there; None when too little is."""
    half = BODY_WIDTH / 2 * tall
    x = _centred(x, top, tall, half, scene.rest)
    upper = scene.share(x - half, top, x + half, top + tall / 2)
    lower = scene.share(x - half, top + tall / 2, x + half, top + tall)
    if upper < LEAST_COVER * TYPICAL_FILL:
        return None
    head = scene.share(x - half, top, x + half, top + tall / 5)
    whole = head > LEAST_HEAD and lower > LEAST_COVER * TYPICAL_FILL
    cover = min(1.0, (0.65 * upper + 0.35 * max(lower, 0.3 * upper)) / TYPICAL_FILL)
    left, right, bottom = _outline(x, top, tall, half, scene.rest)
    return Body(left, max(0.0, top), right, bottom, cover, whole)


def _centred(x: int, top: float, tall: float, half: float, rest: Mask) -> int:
    """Move sideways from the tip towards the middle of the trunk."""
    rows = slice(max(0, int(top + 0.1 * tall)), max(1, int(top + 0.55 * tall)))
    first = max(0, int(x - half))
    columns = rest[rows, first : int(x + half) + 1].sum(axis=0, dtype=np.float64)
    if not columns.sum():
        return x
    middle = first + float((columns * np.arange(len(columns))).sum() / columns.sum())
    return round((x + middle) / 2)


def _outline(x: int, top: float, tall: float, half: float, rest: Mask) -> tuple[float, float, float]:
    """Left, right and bottom of the pixels that belong to a body."""
    reach = 1.25 * half
    first, last = max(0, int(x - reach)), min(rest.shape[1], int(x + reach) + 1)
    low = max(0, int(top))
    window = rest[low : int(top + tall * (1 + FEET_TOLERANCE)) + 2, first:last] > 0
    rows = np.flatnonzero(window.sum(axis=1) > 0.04 * tall)
    seen_bottom = low + int(rows[-1]) + 1 if len(rows) else top
    # What runs on below even a long body is somebody else, or a shadow; what ends early is hidden.
    seen = abs(seen_bottom - top - tall) <= FEET_TOLERANCE * tall
    bottom = seen_bottom if seen else top + tall
    left, right = _run_around(window[: round(bottom) - low].sum(axis=0) > 0.06 * tall, x - first)
    left, right = left + first, right + first
    if right - left < half:
        left, right = round(x - half), round(x + half)
    return float(max(0, left)), float(min(rest.shape[1], right)), float(min(rest.shape[0], bottom))


def _run_around(columns: npt.NDArray[np.bool_], x: int) -> tuple[int, int]:
    """First and one past the last of the set columns joined to `x`; what stands apart is another's."""
    gaps = np.flatnonzero(~columns)
    before, after = gaps[gaps < x], gaps[gaps > x]
    return int(before[-1]) + 1 if len(before) else 0, int(after[0]) if len(after) else len(columns)


def _sum_in(sums: npt.NDArray[Any], left: float, top: float, right: float, bottom: float) -> float:
    """How many pixels of a box are set."""
    height, width = sums.shape[0] - 1, sums.shape[1] - 1
    x1, x2 = (min(width, max(0, round(x))) for x in (left, right))
    y1, y2 = (min(height, max(0, round(y))) for y in (top, bottom))
    return float(sums[y2, x2] - sums[y1, x2] - sums[y2, x1] + sums[y1, x1])
