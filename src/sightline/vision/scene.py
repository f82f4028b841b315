"""A mask of which bodies are claimed one after another, and how well a body of known size fits into it."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

import cv2
import numpy as np
import numpy.typing as npt

from sightline.vision.blobs import Blob, Labelled
from sightline.vision.grey import FEET_TOLERANCE, LEAST_AREA, LEAST_ROW, Feet, wide_rows
from sightline.vision.stature import Stature
from sightline.vision.tips import BODY_WIDTH, Tip, feet_of, heads_of

TYPICAL_FILL = 0.55
"""Share of such a box that a standing person covers."""
LEAST_COVER = 0.4
"""A body whose upper half covers less of its box than this share of the typical fill is none."""
LEAST_HEAD = 0.12
"""Share of the top fifth of a body's box that a head covers at least, wherever in it."""
LEAST_FREE = 0.35
"""Of a body behind others at least this share is taken to be in view when its fill is judged."""
OUTLINE_REACH = 1.25
"""The outline is looked for this many half widths to either side of the body's middle."""


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


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the mask fills a body laid at a tip: `cover` and `whole` as of `Body`, `x` of its middle."""

    x: int
    cover: float
    whole: bool


class Candidate:
    """A tip, and what a body there was found to be; kept until something near it is claimed."""

    __slots__ = ("_body", "_fit", "_fitted", "_region", "tip")

    def __init__(self, tip: Tip) -> None:
        """Nothing is known about the body yet."""
        self.tip = tip
        # Centring moves half a half width and one pixel at most; two more are for rounding.
        across = (0.5 + OUTLINE_REACH) * BODY_WIDTH / 2 * tip.tall + 3
        below = tip.top + tip.tall * (1 + FEET_TOLERANCE) + 3
        self._region = (tip.x - across, tip.top - 2, tip.x + across, below)
        self.forget()

    def forget(self) -> None:
        """The mask has changed here."""
        self._fitted = False
        self._fit: Fit | None = None
        self._body: Body | None = None

    def depends_on(self, x1: int, y1: int, x2: int, y2: int) -> bool:
        """Whether a body here may reach into a box."""
        left, top, right, bottom = self._region
        return x1 <= right and left <= x2 and y1 <= bottom and top <= y2

    def fit(self, scene: "Scene") -> Fit | None:
        """The body here; None when too little of it is there."""
        if not self._fitted:
            self._fit, self._fitted = scene.fit(self.tip), True
        return self._fit

    def body(self, scene: "Scene", fit: Fit) -> Body:
        """The body of such a fit, its box drawn around what is there."""
        if self._body is None:
            self._body = scene.body(self.tip, fit)
        return self._body


class Part:
    """A blob of what is left, and the candidates along its outlines.

    Attributes:
        blob: the blob.
        order: parts are looked at in rising order of this, see `Blob.order`.
    """

    def __init__(self, blob: Blob, stature: Stature) -> None:
        """The candidates are looked for one by one, as far as they are asked for."""
        self.blob = blob
        self.order = blob.order()
        self._stature = stature
        self._feet: list[Candidate] = []
        self._heads: list[Candidate] = []
        self._more_feet = feet_of(blob, stature)
        self._more_heads = heads_of(blob, stature)

    def feet(self) -> Iterator[Candidate]:
        """Bodies standing on the peaks of the lower outline, lowest first."""
        if self.blob.area >= LEAST_AREA * self._stature.at_feet(self.blob.bottom) ** 2:
            yield from self._feet
            for tip in self._more_feet:
                self._feet.append(Candidate(tip))
                yield self._feet[-1]

    def heads(self) -> Iterator[Candidate]:
        """Bodies hanging from the peaks of the upper outline, highest first."""
        if self.blob.area >= LEAST_AREA * self._stature.at_head(self.blob.top) ** 2:
            yield from self._heads
            for tip in self._more_heads:
                self._heads.append(Candidate(tip))
                yield self._heads[-1]

    def after(self, x1: int, y1: int, x2: int, y2: int) -> list["Part"]:
        """What is left of it after a box was cut out of the mask."""
        left = self.blob.without(x1, y1, x2, y2) if self.blob.meets(x1, y1, x2, y2) else [self.blob]
        if left != [self.blob]:
            return parts_of(left, self._stature)
        for candidate in (*self._feet, *self._heads):
            if candidate.depends_on(x1, y1, x2, y2):
                candidate.forget()
        return [self]


def parts_of(blobs: list[Blob], stature: Stature) -> list[Part]:
    """Those of which any piece has the area to be looked at: people higher up are smaller."""

    def least_area(blob: Blob) -> float:
        return LEAST_AREA * min(stature.at_head(blob.top), stature.at_feet(blob.top)) ** 2

    return [Part(blob, stature) for blob in blobs if blob.area >= least_area(blob)]


class Scene:
    """What of a mask nobody has claimed yet.

    Attributes:
        parts: its connected parts, those too small for a person left out, in a fixed order.
    """

    def __init__(self, mask: Labelled, stature: Stature, feet: Feet) -> None:
        """Nothing is claimed at first."""
        self._feet = feet
        self._rest: npt.NDArray[np.uint8] = (mask.mask > 0).view(np.uint8)
        self._claimed = np.zeros_like(self._rest)
        self.parts = parts_of(mask.blobs, stature)

    def claim(self, body: Body) -> None:
        """Take a body out of the mask, a little wider than its box so that no rim is left."""
        rim = 0.06 * (body.bottom - body.top)
        x1, y1 = max(0, int(body.left - rim)), max(0, int(body.top - rim))
        x2, y2 = int(body.right + rim) + 1, int(body.bottom + rim) + 1
        self._rest[y1:y2, x1:x2] = 0
        self._claimed[y1:y2, x1:x2] = 1
        parts = [left for part in self.parts for left in part.after(x1, y1, x2, y2)]
        self.parts = sorted(parts, key=attrgetter("order")) if parts != self.parts else parts

    def fit(self, tip: Tip) -> Fit | None:
        """A body of a given size in the mask; None when too little is."""
        top, tall = tip.top, tip.tall
        half = BODY_WIDTH / 2 * tall
        x = self._centred(tip.x, top, tall, half)
        upper = self._share(x - half, top, x + half, top + tall / 2)
        if upper < LEAST_COVER * TYPICAL_FILL:
            return None
        lower = self._share(x - half, top + tall / 2, x + half, top + tall)
        whole = (
            lower > LEAST_COVER * TYPICAL_FILL
            and self._share(x - half, top, x + half, top + tall / 5) > LEAST_HEAD
        )
        return Fit(x, min(1.0, (0.65 * upper + 0.35 * max(lower, 0.3 * upper)) / TYPICAL_FILL), whole)

    def body(self, tip: Tip, fit: Fit) -> Body:
        """A body with its box drawn around what is there."""
        left, right, bottom = self._outline(fit.x, tip.top, tip.tall)
        return Body(left, max(0.0, tip.top), right, bottom, fit.cover, fit.whole)

    def _share(self, left: float, top: float, right: float, bottom: float) -> float:
        """How much of a box is set, of the part that nobody nearer has claimed, in 0..1."""
        height, width = self._rest.shape
        box = (
            slice(min(height, max(0, round(top))), min(height, max(0, round(bottom)))),
            slice(min(width, max(0, round(left))), min(width, max(0, round(right)))),
        )
        area = max(1.0, (right - left) * (bottom - top))
        free = area - cv2.countNonZero(self._claimed[box])
        return cv2.countNonZero(self._rest[box]) / max(free, LEAST_FREE * area)

    def _centred(self, x: int, top: float, tall: float, half: float) -> int:
        """Move sideways from the tip towards the middle of the trunk."""
        rows = slice(max(0, int(top + 0.1 * tall)), max(1, int(top + 0.55 * tall)))
        first = max(0, int(x - half))
        columns = _column_sums(self._rest[rows, first : int(x + half) + 1])
        total = int(columns.sum())
        if not total:
            return x
        middle = first + int(columns @ np.arange(len(columns))) / total
        return round((x + middle) / 2)

    def _outline(self, x: int, top: float, tall: float) -> tuple[float, float, float]:
        """Left, right and bottom of the pixels that belong to a body."""
        half = BODY_WIDTH / 2 * tall
        reach = OUTLINE_REACH * half
        height, width = self._rest.shape
        first, last = max(0, int(x - reach)), min(width, int(x + reach) + 1)
        low = max(0, int(top))
        window = self._rest[low : int(top + tall * (1 + FEET_TOLERANCE)) + 2, first:last]
        rows = np.flatnonzero(wide_rows(window, LEAST_ROW * tall))
        seen_bottom = low + int(rows[-1]) + 1 if len(rows) else top
        # What runs on below even a long body is somebody else, or a shadow; what ends early is hidden.
        seen = abs(seen_bottom - top - tall) <= FEET_TOLERANCE * tall
        bottom = seen_bottom if seen else top + tall
        left, right = _run_around(_column_sums(window[: round(bottom) - low]) > 0.06 * tall, x - first)
        left, right = left + first, right + first
        if right - left < half:
            left, right = round(x - half), round(x + half)
        if seen:
            bottom = self._feet.of(left, right, top, tall, bottom)
        return float(max(0, left)), float(min(width, right)), float(min(height, bottom))


def _column_sums(window: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """(N,) sums of a window, (M, N); it may be empty."""
    if not window.size:
        return np.zeros(window.shape[1], np.int32)
    return np.asarray(cv2.reduce(window, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0], np.int32)


def _run_around(columns: npt.NDArray[np.bool_], x: int) -> tuple[int, int]:
    """First and one past the last of the set columns joined to `x`; what stands apart is another's."""
    gaps = np.flatnonzero(~columns)
    before, after = gaps[gaps < x], gaps[gaps > x]
    return int(before[-1]) + 1 if len(before) else 0, int(after[0]) if len(after) else len(columns)
