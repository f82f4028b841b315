"""How much boxes overlap. Plain arrays; nothing here knows about frames, files or models."""

import numpy as np

from sightline.domain.detection import FloatArray


def pairwise_iou(boxes_a: FloatArray, boxes_b: FloatArray) -> FloatArray:
    """Overlap of every box in one set with every box in another.

    Args:
        boxes_a: float32 array (N, 4), xyxy pixels, x2 > x1 and y2 > y1.
        boxes_b: float32 array (M, 4), same convention and same picture as `boxes_a`.

    Returns:
        float32 array (N, M) in [0, 1]. Boxes that only share an edge score 0, and so does a pair without any
        area. An empty side gives an empty array.

    Source:
        Jaccard index with half-open pixel boxes (no "+1"), the COCO convention.
    """
    top_left = np.maximum(boxes_a[:, None, :2], boxes_b[None, :, :2])
    bottom_right = np.minimum(boxes_a[:, None, 2:], boxes_b[None, :, 2:])
    sides = np.clip(bottom_right - top_left, 0, None)
    common = sides[..., 0] * sides[..., 1]
    union = box_areas(boxes_a)[:, None] + box_areas(boxes_b)[None, :] - common
    iou: FloatArray = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return iou


def box_areas(boxes: FloatArray) -> FloatArray:
    """Areas in square pixels, shape (N,), of xyxy boxes of shape (N, 4)."""
    areas: FloatArray = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas
