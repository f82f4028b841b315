"""Whether a picture is worth a detector's time: does anything the size of a person look different now?"""

import math
from datetime import datetime, timedelta
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightline.video.picture import UInt8Array

FloatArray = npt.NDArray[np.float32]

HEARTBEAT = timedelta(seconds=2)
"""A still scene is looked at again after this long, so that nobody who stands still is forgotten."""

LONGER_SIDE = 320
CELL = 2
"""Pixels of the small picture, and pixels of it that are averaged to one cell: fast scaling skips pixels, and
hard edges would flicker. The smallest people a detector finds are still about five cells tall."""

LEAST_CHANGE, MOST_CHANGE = 6.0, 20.0
"""Grey values by which a cell must differ to count: where nothing ever stirs, where something always does."""
CHANGE_PER_SPREAD, CHANGE_PER_NOISE = 4.0, 3.0
"""How far above what the whole picture, and this cell over time, differ anyway."""
NOISE_S, LIVELY_NOISE_S = 5.0, 60.0
"""How fast a cell's noise follows while nothing stirs there, and while something does."""
SATURATED = 6.0
"""Grey values this close to black and white say nothing about the light."""
FEWEST_CELLS_FOR_LIGHT = 100
FLAT = 25.0
"""Variance of grey values below which gain and offset cannot be told apart."""

FULL_CHANGE = 25.0
"""Grey values from which a cell counts whole; below it counts in part."""
LEAST_CELLS = 5.0
SHARE_OF_SQUARED_HEIGHT = 0.07
"""How many cells must change within one patch: at least so many, and more when the patch is tall, because the
side of a person `h` cells tall who moves by 7 % of that sweeps `0.07 * h * h` cells. Such a shift leaves the
old box an overlap of two thirds."""


class MotionGate:
    """Compares small gray pictures of one camera with the last one that was looked at.

    Knows no thread and no clock; all times are capture times. The caller asks `look`, and says with `took`
    which pictures the detector gets: those become the reference, so that slow movement adds up until it is
    seen. A picture that is only compared (idle mode, key pictures) becomes the reference with `compared`.
    A picture of another size, or one that was taken before the last, starts everything anew.

    Attributes:
        quiet_since: capture time of the last picture in which something had changed; None before the first.
    """

    def __init__(self) -> None:
        self.quiet_since: datetime | None = None
        self._reference: FloatArray | None = None
        self._noise: FloatArray | None = None
        self._looked_at: datetime | None = None
        self._took_at: datetime | None = None

    @staticmethod
    def size_for(width: int, height: int) -> tuple[int, int]:
        """Width and height of the small picture for a picture of this many pixels, aspect kept."""
        scale = min(1.0, LONGER_SIDE / max(width, height))
        return max(8, round(width * scale)), max(8, round(height * scale))

    def look(self, gray: UInt8Array, captured_at: datetime) -> bool:
        """Whether anything of a person's size differs from the reference; True without a reference.

        Args:
            gray: uint8 array (h, w) of the size `size_for` gives.
            captured_at: aware, in order of capture.
        """
        cells = _cells(gray)
        before, self._looked_at = self._looked_at, captured_at
        if (
            self._reference is None
            or self._reference.shape != cells.shape
            or before is None
            or captured_at < before
        ):
            self._reference, self._noise, self._took_at = None, None, None
            self.quiet_since = captured_at
            return True
        step_s = (captured_at - before).total_seconds()
        stirs = self._compare(_difference(cells, self._reference), step_s)
        if stirs:
            self.quiet_since = captured_at
        return stirs

    def took(self, gray: UInt8Array, captured_at: datetime) -> None:
        """This picture goes to the detector: it is the reference, and the next heartbeat counts from it."""
        self.compared(gray, captured_at)
        self._took_at = captured_at

    def compared(self, gray: UInt8Array, captured_at: datetime) -> None:
        """This picture is the reference now, but the detector does not get it."""
        self._reference = _cells(gray)
        self._looked_at = captured_at

    def heartbeat_due(self, captured_at: datetime) -> bool:
        """Whether the detector has seen nothing for `HEARTBEAT`; True before the first `took`."""
        return self._took_at is None or not self._took_at <= captured_at < self._took_at + HEARTBEAT

    def _compare(self, difference: FloatArray, step_s: float) -> bool:
        if self._noise is None:
            self._noise = np.zeros_like(difference)
        spread = 1.4826 * float(np.median(difference[::2, ::2]))  # as a standard deviation
        least = max(LEAST_CHANGE, CHANGE_PER_SPREAD * spread)
        threshold = np.clip(CHANGE_PER_NOISE * self._noise, least, max(least, MOST_CHANGE))
        changed = cv2.compare(difference, threshold, cv2.CMP_GT)
        learnt = _share(step_s, NOISE_S)
        if not cv2.countNonZero(changed):
            cv2.accumulateWeighted(difference, self._noise, learnt)
            return False
        lively = cv2.dilate(changed, np.ones((5, 5), np.uint8))
        cv2.accumulateWeighted(difference, self._noise, learnt, cv2.bitwise_not(lively))
        cv2.accumulateWeighted(difference, self._noise, _share(step_s, LIVELY_NOISE_S), lively)
        return _has_a_moving_patch(difference, changed)


def _has_a_moving_patch(difference: FloatArray, changed: npt.NDArray[Any]) -> bool:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(changed, connectivity=8)
    weights = np.minimum(difference, FULL_CHANGE).ravel()
    cells = np.bincount(labels.ravel(), weights, minlength=count)[1:] / FULL_CHANGE
    tall = stats[1:, cv2.CC_STAT_HEIGHT].astype(np.float64)
    return bool((cells >= np.maximum(LEAST_CELLS, SHARE_OF_SQUARED_HEIGHT * tall * tall)).any())


def _cells(gray: UInt8Array) -> FloatArray:
    """Mean grey value of each cell, float32 (h / CELL, w / CELL)."""
    size = (max(1, gray.shape[1] // CELL), max(1, gray.shape[0] // CELL))
    return cv2.resize(gray, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _difference(now: FloatArray, reference: FloatArray) -> FloatArray:
    """How much each cell and its neighbours differ once the light is taken out, in grey values, (h, w)."""
    gain, offset = _light(now[::3, ::3].ravel(), reference[::3, ::3].ravel())
    rest = cv2.addWeighted(now, 1.0, reference, -gain, -offset)
    # Signed before the blur: the noise of neighbours cancels out, a patch of a person does not.
    return np.abs(cv2.blur(rest, (3, 3)))


def _light(now: FloatArray, before: FloatArray) -> tuple[float, float]:
    """Gain and offset that turn the picture before into this one, people left out of account.

    A straight line through pairs of grey values, twice: the second time without what is far from the first.
    """
    low, high = SATURATED, 255 - SATURATED
    usable = (now > low) & (now < high) & (before > low) & (before < high)
    x, y = before[usable], now[usable]
    if len(x) < FEWEST_CELLS_FOR_LIGHT:
        return 1.0, 0.0
    gain, offset = 1.0, float(np.median(y - x))
    for _ in range(2):
        rest = np.abs(y - gain * x - offset)
        calm = rest <= 2.5 * float(np.median(rest)) + 1.0
        x_calm, y_calm = x[calm], y[calm]
        x_mean, y_mean = float(x_calm.mean()), float(y_calm.mean())
        x_off = x_calm - x_mean
        square = float(x_off @ x_off)
        gain = 1.0
        if square > FLAT * len(x_off):
            gain = min(2.0, max(0.5, float(x_off @ (y_calm - y_mean)) / square))
        offset = y_mean - gain * x_mean
    return gain, offset


def _share(step_s: float, time_constant_s: float) -> float:
    return 1 - math.exp(-step_s / time_constant_s)
