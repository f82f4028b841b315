"""One box per person: non-maximum suppression on plain arrays."""

import numpy as np
import numpy.typing as npt

from sightline.domain.detection import FloatArray
from sightline.domain.overlap import pairwise_iou

IndexArray = npt.NDArray[np.intp]
MOST_CANDIDATES = 2000
"""A picture shows fewer people than this many times over; it bounds the memory of the overlap matrix."""


def suppress(boxes: FloatArray, scores: FloatArray, *, iou: float) -> IndexArray:
    """Greedy non-maximum suppression.

    Args:
        boxes: float32 array (N, 4), xyxy pixels.
        scores: float32 array (N,).
        iou: a box that overlaps a better kept one by more than this is dropped.

    Returns:
        Indices of the kept boxes, best score first; equal scores keep their order.
    """
    order = np.argsort(-scores, kind="stable")[:MOST_CANDIDATES]
    ranked = boxes[order]
    clashes = pairwise_iou(ranked, ranked) > iou
    alive = np.ones(len(order), np.bool_)
    for rank in range(len(order)):
        if alive[rank]:
            alive[rank + 1 :] &= ~clashes[rank, rank + 1 :]
    return order[alive]
