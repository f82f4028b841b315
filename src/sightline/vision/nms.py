"""One box per person: non-maximum suppression on plain arrays."""

import numpy as np
import numpy.typing as npt

from sightline.domain.detection import FloatArray

IndexArray = npt.NDArray[np.intp]
MOST_CANDIDATES = 2000
"""A picture shows fewer people than this many times over; it bounds the memory of the overlap matrix."""


def pairwise_iou(boxes_a: FloatArray, boxes_b: FloatArray) -> FloatArray:
    """Overlap of every box in one set with every box in another.

    Args:
        boxes_a: float32 array (N, 4), xyxy pixels.
        boxes_b: float32 array (M, 4), same convention and same picture.

    Returns:
        float32 array (N, M), unitless, in [0, 1]. Boxes that only share an edge score 0, and so does a pair
        without any area. An empty side gives an empty array.

    Source:
        Jaccard index with half-open pixel boxes (no "+1"), the COCO convention.
    """
    left_top = np.maximum(boxes_a[:, None, :2], boxes_b[None, :, :2])
    right_bottom = np.minimum(boxes_a[:, None, 2:], boxes_b[None, :, 2:])
    sides = np.clip(right_bottom - left_top, 0, None)
    overlap = sides[..., 0] * sides[..., 1]
    union = _areas(boxes_a)[:, None] + _areas(boxes_b)[None, :] - overlap
    iou: FloatArray = np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)
    return iou


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


def _areas(boxes: FloatArray) -> FloatArray:
    areas: FloatArray = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas
