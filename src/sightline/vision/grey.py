"""People in grey, who look like shadows: clothes, hair and shoes of the floor's own colour, only darker."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from sightline.vision.background import Mask
from sightline.vision.blobs import Blob
from sightline.vision.stature import Stature

FEET_TOLERANCE = 0.18
"""Feet seen within this share of the height from where they are expected are believed."""
LEAST_AREA, LEAST_TALL = 0.03, 0.3
"""Of a piece worth looking at, as a share of the squared body height; and how much of the height it
reaches at least when it is surely somebody's."""
HEAD, NECK, CROWN = 0.2, 0.06, 0.1
"""A head reaches this share of the height above the blob it belongs to, and is at least that wide; the blob's
upper end is looked at down to the third."""
FREE_OF_SHADOW = 0.6
"""Down to this share of the height under the head no shadow falls: shadows lie on the floor, around feet."""
SIDE = 0.1
"""Arms and legs in grey are looked for this share of the height beside the blob."""
LEAST_ROW = 0.04
"""A row of which less than this share of the height is set is noise."""


def with_grey(mask: Mask, blobs: Sequence[Blob], shaded: Mask, stature: Stature) -> Mask:
    """The mask with what was taken for shadow where no shadow can be: on top of somebody, and beside them.

    Args:
        mask: what is surely somebody.
        blobs: its connected parts.
        shaded: what may be a shadow.
        stature: how tall people are; nothing is done while that is unknown.

    Returns:
        `mask` itself when there is nothing to add.
    """
    if not stature.known or not shaded.any():
        return mask
    whole = mask.copy()
    for blob in blobs:
        tall = stature.at_head(blob.top)
        if blob.area < LEAST_AREA * tall**2 or blob.height < LEAST_TALL * tall:
            continue
        crown = np.flatnonzero(blob.filled()[: max(1, int(CROWN * tall))].any(axis=0))
        across = slice(blob.left + int(crown[0]), blob.left + int(crown[-1]) + 1)
        highest = max(0, int(blob.top - HEAD * tall))
        wide = wide_rows(shaded[highest : blob.top, across], NECK * tall)
        above = int(wide[::-1].argmin()) if not wide.all() else len(wide)
        top = blob.top - above
        whole[top : blob.top, across] |= shaded[top : blob.top, across]
        beside = int(SIDE * tall)
        body = (
            slice(top, int(top + FREE_OF_SHADOW * stature.at_head(top))),
            slice(max(0, blob.left - beside), blob.left + blob.width + beside),
        )
        whole[body] |= shaded[body]
    return whole if np.count_nonzero(whole) > np.count_nonzero(mask) else mask


class Feet:
    """Where bodies stand whose legs may be in grey, and who may have a shadow."""

    def __init__(self, mask: Mask, shaded: Mask | None) -> None:
        """`mask`: what is surely somebody; `shaded`: what may be somebody or a shadow, None for nothing."""
        self._any = mask if shaded is None else np.asarray(cv2.bitwise_or(mask, shaded), np.uint8)

    def of(self, left: float, right: float, top: float, tall: float, seen: float) -> float:
        """The row below the feet, as near as can be to where such a body's are expected.

        Not above what is surely theirs, and not below what has changed at all.

        Args:
            left, right, top, tall: the body, and its expected height.
            seen: the row below the lowest that is surely theirs.
        """
        first = max(0, int(seen) - 1)
        below = self._any[
            first : int(top + tall * (1 + FEET_TOLERANCE)) + 2, max(0, int(left)) : max(0, int(right)) + 1
        ]
        rows = wide_rows(below, LEAST_ROW * tall)
        lowest = first + (len(rows) if rows.all() else int(rows.argmin()))
        return float(min(max(top + tall, seen), max(lowest, seen)))


def wide_rows(window: Mask, least: float) -> npt.NDArray[np.bool_]:
    """(H,) in which rows more than `least` pixels are set."""
    many: npt.NDArray[np.bool_] = np.count_nonzero(window, axis=1) > least
    return many
