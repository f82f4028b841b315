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
SIZE_TOLERANCE = 0.14
"""A blob whose height is this near, as a share, to what is expected at its feet is one whole person."""
LOWEST_SHARE, TALLEST_SHARE = 0.08, 0.9
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
    rest = mask.copy()
    for body in found:
        _clear(rest, body)
    while len(found) < MOST_PEOPLE:
        candidate = _best_body(rest, stature)
        if candidate is None:
            break
        found.append(candidate)
        _clear(rest, candidate)
    return sorted(found, key=lambda body: -body.cover)


def whole_bodies(mask: Mask) -> list[Body]:
    """People who stand alone, seen from head to feet, told by shape only: to learn the size of people from."""
    return [body for body in map(partial(_blob_as_body, shape=mask.shape), _blobs(mask)) if body and body.whole]


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


def _best_body(rest: Mask, stature: Stature) -> Body | None:
    """The candidate below some head in `rest` that is filled best; None when nobody is left."""
    sums = cv2.integral(rest // 255)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=8)
    best: Body | None = None
    for label, row in enumerate(stats):
        blob = _Blob.of(label, row.tolist())
        if label == 0 or blob.area < 0.04 * stature.at_head(blob.top) ** 2:
            continue
        for x, top in _heads(labels, blob, stature):
            body = _body_below(x, top, blob, sums, rest, stature)
            if body and (best is None or body.cover > best.cover):
                best = body
    return best


def _heads(labels: npt.NDArray[Any], blob: _Blob, stature: Stature) -> list[tuple[int, int]]:
    """Peaks (x, y) of a blob's upper outline, at least half a body width apart."""
    part = labels[blob.top : blob.top + blob.height, blob.left : blob.left + blob.width] == blob.label
    outline = np.where(part.any(axis=0), part.argmax(axis=0), blob.height)
    peaks: list[tuple[int, int]] = []
    for column in np.argsort(outline, kind="stable"):
        depth = int(outline[column])
        if depth >= blob.height:
            break
        apart = BODY_WIDTH / 2 * stature.at_head(blob.top + depth)
        reach = int(apart)
        lowest = outline[max(0, column - reach) : column + reach + 1].min()
        if depth > lowest or any(abs(column - x) < apart for x, _ in peaks):
            continue
        # The middle of a flat crown, not its left end.
        level = np.flatnonzero(np.abs(outline - depth) <= max(1.0, 0.03 * apart))
        level = level[np.abs(level - column) <= apart]
        peaks.append((int(level.mean()), depth))
    return [(blob.left + x, blob.top + y) for x, y in peaks]


def _body_below(
    x: int, top: int, blob: _Blob, sums: npt.NDArray[Any], rest: Mask, stature: Stature
) -> Body | None:
    height, width = rest.shape
    tall = stature.at_head(top)
    if top <= 1:  # the head is above the picture: trust the feet
        tall = stature.at_feet(blob.top + blob.height)
        top = int(blob.top + blob.height - tall)
    half = BODY_WIDTH / 2 * tall
    x = _centred(x, top, tall, half, rest)
    upper = _share(sums, x - half, top, x + half, top + tall / 2)
    lower = _share(sums, x - half, top + tall / 2, x + half, top + tall)
    if upper < LEAST_COVER * TYPICAL_FILL:
        return None
    cover = min(1.0, (0.65 * upper + 0.35 * max(lower, 0.3 * upper)) / TYPICAL_FILL)
    left, right, bottom, seen = _outline(x, top, tall, half, rest)
    inside = left > 0 and right < width and top > 1 and bottom < height - 1
    return Body(left, max(0, top), right, bottom, cover, seen and inside)


def _centred(x: int, top: int, tall: float, half: float, rest: Mask) -> int:
    """Move sideways from the head towards the middle of the trunk below it."""
    rows = slice(max(0, int(top + 0.1 * tall)), max(1, int(top + 0.55 * tall)))
    first = max(0, int(x - half))
    columns = rest[rows, first : int(x + half) + 1].sum(axis=0, dtype=np.float64)
    if not columns.sum():
        return x
    middle = first + float((columns * np.arange(len(columns))).sum() / columns.sum())
    return round((x + middle) / 2)


def _outline(x: int, top: int, tall: float, half: float, rest: Mask) -> tuple[float, float, float, bool]:
    """Left, right, bottom of the pixels that belong to a body, and whether its feet are seen."""
    reach = 1.25 * half
    first, last = max(0, int(x - reach)), min(rest.shape[1], int(x + reach) + 1)
    low = max(0, top)
    window = rest[low : int(top + tall * (1 + FEET_TOLERANCE)) + 1, first:last]
    columns = np.flatnonzero((window > 0).sum(axis=0) > 0.06 * tall)
    left, right = (first + columns[0], first + columns[-1] + 1) if len(columns) else (x - half, x + half)
    left, right = max(left, x - reach), min(right, x + reach)
    if right - left < half:
        left, right = x - half, x + half
    rows = np.flatnonzero((window > 0).sum(axis=1) > 0.04 * tall)
    seen_bottom = low + rows[-1] + 1 if len(rows) else top
    expected = top + tall
    cut = seen_bottom >= expected + FEET_TOLERANCE * tall - 1  # runs on into somebody else or a shadow
    seen = abs(seen_bottom - expected) <= FEET_TOLERANCE * tall and not cut
    bottom = seen_bottom if seen else expected
    return float(max(0, left)), float(min(rest.shape[1], right)), float(min(rest.shape[0], bottom)), seen


def _share(sums: npt.NDArray[Any], left: float, top: float, right: float, bottom: float) -> float:
    """Share of a box, its part inside the picture, that is set."""
    height, width = sums.shape[0] - 1, sums.shape[1] - 1
    x1, x2 = (int(np.clip(round(x), 0, width)) for x in (left, right))
    y1, y2 = (int(np.clip(round(y), 0, height)) for y in (top, bottom))
    area = (x2 - x1) * (y2 - y1)
    if area <= 0:
        return 0.0
    return float(sums[y2, x2] - sums[y1, x2] - sums[y2, x1] + sums[y1, x1]) / area


def _clear(rest: Mask, body: Body) -> None:
    """Take a found body out of the mask, a little wider than its box so that no rim is left."""
    rim = 0.06 * (body.bottom - body.top)
    rows = slice(max(0, int(body.top - rim)), int(body.bottom + rim) + 1)
    rest[rows, max(0, int(body.left - rim)) : int(body.right + rim) + 1] = 0
