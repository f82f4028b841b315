"""Suppression told by comparison with the slow, obvious way."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.overlap import pairwise_iou
from sightline.vision.nms import suppress

BOX = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 40), st.integers(1, 40))
SCORED = st.lists(st.tuples(BOX, st.integers(0, 100)), max_size=25)


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    wide = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return wide * high / (both - wide * high)


def slowly(boxes: list[tuple[float, ...]], scores: list[int], iou: float) -> list[int]:
    left = sorted(range(len(boxes)), key=lambda index: (-scores[index], index))
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [other for other in left if overlap(boxes[best], boxes[other]) <= iou]
    return kept


@given(SCORED, st.sampled_from([0.3, 0.45, 0.5]))
def test_it_keeps_what_the_slow_way_keeps_in_the_same_order(
    scored: list[tuple[tuple[int, int, int, int], int]], iou: float
) -> None:
    boxes = [(x, y, x + w, y + h) for (x, y, w, h), _ in scored]
    scores = [score for _, score in scored]
    array = np.array(boxes, np.float32).reshape(-1, 4)
    matrix = pairwise_iou(array, array)
    # Where an overlap is the threshold to the last bit the two may differ in rounding only.
    if not (np.abs(matrix - iou) < 1e-6).any():
        assert suppress(array, np.array(scores, np.float32), iou=iou).tolist() == slowly(boxes, scores, iou)


def test_boxes_that_share_an_edge_do_not_overlap() -> None:
    boxes = np.array([[0, 0, 10, 10], [10, 0, 20, 10]], np.float32)
    assert pairwise_iou(boxes, boxes).tolist() == [[1, 0], [0, 1]]


def test_nothing_in_nothing_out() -> None:
    none = np.empty((0, 4), np.float32)
    assert pairwise_iou(none, np.zeros((3, 4), np.float32)).shape == (0, 3)
    assert suppress(none, np.empty(0, np.float32), iou=0.5).tolist() == []
