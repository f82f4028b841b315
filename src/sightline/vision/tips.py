"""Where a blob's outline has the peaks that heads and feet make."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sightline.vision.blobs import Blob
from sightline.vision.stature import Stature

BODY_WIDTH = 0.4
"""Width of a person as a share of the height, in which the body is looked for."""


@dataclass(frozen=True, slots=True)
class Tip:
    """A peak of a blob's outline: column `x`, `row`, and the `top` and height (`tall`) of a body there."""

    x: int
    row: int
    top: float
    tall: float


def feet_of(blob: Blob, stature: Stature) -> Iterator[Tip]:
    """Peaks of a blob's lower outline, lowest first, at least half a body width apart."""
    depths = cv2.rotate(blob.filled(), cv2.ROTATE_90_CLOCKWISE).view(np.bool_).argmax(axis=1)
    for x, depth in _peaks(depths, lambda depth: stature.at_feet(blob.bottom - depth)):
        row = blob.bottom - depth
        tall = stature.at_feet(row)
        yield Tip(blob.left + x, row, row - tall, tall)


def heads_of(blob: Blob, stature: Stature) -> Iterator[Tip]:
    """Peaks of a blob's upper outline, highest first, at least half a body width apart."""
    depths = cv2.transpose(blob.filled()).view(np.bool_).argmax(axis=1)
    for x, depth in _peaks(depths, lambda depth: stature.at_head(blob.top + depth)):
        row = blob.top + depth
        if row > 1:
            yield Tip(blob.left + x, row, row, stature.at_head(row))
        else:  # the head is above the picture: trust the feet
            tall = stature.at_feet(blob.bottom)
            yield Tip(blob.left + x, row, blob.bottom - tall, tall)


def _peaks(depths: npt.NDArray[np.intp], tall: Callable[[int], float]) -> Iterator[tuple[int, int]]:
    """Peaks as (column, depth), the least depth first, each found when it is asked for.

    Args:
        depths: (N,) how far below the edge of the blob's box its outline is in each column.
        tall: body height by depth, rising or falling with it.
    """
    # Nothing but the least of the narrowest neighbourhood can be a peak: few columns are left to look at.
    closest = int(BODY_WIDTH / 2 * min(tall(int(depths.min())), tall(int(depths.max()))))
    lowest = cv2.erode(depths.astype(np.uint16)[None], np.ones((1, 2 * closest + 1), np.uint8))[0]
    columns = np.flatnonzero(depths == lowest)
    columns = columns[np.argsort(depths[columns], kind="stable")]
    levels: list[int] = depths[columns].tolist()
    apart_at = {depth: BODY_WIDTH / 2 * tall(depth) for depth in set(levels)}
    distances = np.array([apart_at[depth] for depth in levels])
    while len(columns):
        column = int(columns[0])
        depth = int(depths[column])
        apart = apart_at[depth]
        first = max(0, column - int(apart))
        near = depths[first : column + int(apart) + 1]
        if depth > near.min():
            columns, distances = columns[1:], distances[1:]
            continue
        # The middle of a flat crown, not its left end.
        level = np.flatnonzero(np.abs(near - depth) <= max(1.0, 0.03 * apart))
        x = first + int(level.sum()) // len(level)
        yield x, depth
        far = np.abs(columns - x) >= distances
        far[0] = False
        columns, distances = columns[far], distances[far]
