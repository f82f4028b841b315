"""Which detection belongs to which track: how alike they are, and the best one-to-one choice."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

LOOKS = 4.0
"""What one unit of cosine is worth, in natural logarithms of likelihood. Crops of one person scatter by 0.12:
that would be 16 if looks were independent of each other. But neighbours are seen in one light, and of 4, 8,
16 and 30 the first switched fewest people on real pictures."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """Where the tracks are expected now.

    Attributes:
        boxes: float64 (N, 4), cxcywh pixels.
        variance: float64 (N, 4), of prediction and measurement together, squared pixels.
    """

    boxes: Floats
    variance: Floats


class Likeness(Protocol):
    """How alike tracks and detections are."""

    def __call__(self, tracks: Predicted, boxes: Floats, scores: Floats) -> tuple[Floats, Mask]:
        """Compare all pairs.

        Args:
            tracks: N tracks.
            boxes: float64 (M, 4), detections, cxcywh pixels.
            scores: float64 (M,), theirs, in [0, 1].

        Returns:
            Gain of each pair, float64 (N, M), greater is better, and whether it may match at all, bool
            (N, M).
        """
        ...

    def weighed(self, gain: Floats, resembling: Floats) -> Floats:
        """The gains when also looks are known.

        Args:
            gain: float64 (N, M).
            resembling: float64 (N, M), how much more alike than by chance, in cosine; 0 where unknown.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Pairs gain by the overlap of the predicted and the detected box.

    Attributes:
        at_least: intersection over union below which a pair never matches.
        height: also by the overlap of the vertical spans, which tells people at different distances apart.
        trust: also by the likelihood of the detection under the prediction, to this power: a bad fit of place
            or size counts against a pair. 0 for not at all.
        fuse_score: also by the score, so that of two similar boxes the surer one wins.
    """

    at_least: float
    height: bool = False
    trust: float = 0.0
    fuse_score: bool = False

    def __call__(self, tracks: Predicted, boxes: Floats, scores: Floats) -> tuple[Floats, Mask]:
        """See `Likeness`."""
        area, span = overlap(tracks.boxes, boxes)
        allowed = area >= self.at_least
        gain = area * span if self.height else area
        if self.fuse_score:
            gain = gain * scores
        if self.trust:
            rows, columns = np.nonzero(allowed)
            far = surprise(tracks.boxes[rows], tracks.variance[rows], boxes[columns])
            gain[rows, columns] *= np.exp(-self.trust / 2 * far)
        return gain, allowed

    def weighed(self, gain: Floats, resembling: Floats) -> Floats:
        """See `Likeness`."""
        weighed: Floats = gain * np.exp(LOOKS * resembling)
        return weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Pairs gain by the log likelihood of the detection under the prediction, overlapping or not.

    An uncertain prediction spreads its belief thinly: far misses become possible, and near ones prove less.
    So the gate widens with the time elapsed and yet prefers the track whose place is known.

    Attributes:
        newcomers: natural logarithm of the density of people appearing out of nothing, in body heights
            over the four coordinates of a box; a pair must be likelier than that.
    """

    newcomers: float

    def __call__(self, tracks: Predicted, boxes: Floats, scores: Floats) -> tuple[Floats, Mask]:  # noqa: ARG002
        """See `Likeness`."""
        spread = np.log(2 * np.pi * tracks.variance / tracks.boxes[:, 3:] ** 2).sum(axis=1)
        far = surprise(tracks.boxes[:, None], tracks.variance[:, None], boxes[None])
        gain = -0.5 * (far + spread[:, None]) - self.newcomers
        return gain, gain > 0

    def weighed(self, gain: Floats, resembling: Floats) -> Floats:
        """See `Likeness`."""
        return gain + LOOKS * resembling


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """Pairs gain by how near the detection lies to the prediction, for its uncertainty.

    Attributes:
        at_most: squared Mahalanobis distance beyond which a pair never matches.

    Source:
        The gate of DeepSORT (Wojke et al. 2017). It prefers the track whose place is least known, which is
        why DeepSORT asks tracks seen last before others.
    """

    at_most: float = 9.4877
    """95 % of what belongs together, for four numbers (chi squared)."""

    def __call__(self, tracks: Predicted, boxes: Floats, scores: Floats) -> tuple[Floats, Mask]:  # noqa: ARG002
        """See `Likeness`."""
        gain = self.at_most - surprise(tracks.boxes[:, None], tracks.variance[:, None], boxes[None])
        return gain, gain > 0

    def weighed(self, gain: Floats, resembling: Floats) -> Floats:
        """See `Likeness`."""
        return gain + 2 * LOOKS * resembling


def overlap(boxes_a: Floats, boxes_b: Floats) -> tuple[Floats, Floats]:
    """How much every box shares with every other, in area and in height alone.

    Args:
        boxes_a: float64 (N, 4), cxcywh pixels.
        boxes_b: float64 (M, 4), likewise.

    Returns:
        Two float64 arrays (N, M) in [0, 1]: intersection over union of the areas, and of the vertical
        spans. An empty side gives empty arrays.

    Source:
        Jaccard index, half-open pixels. The vertical one tells people at different distances apart whose
        boxes overlap (Hybrid-SORT, Yang et al. 2023, "height modulated IoU").
    """
    shared = []
    for axis in (0, 1):
        half_a, half_b = boxes_a[:, 2 + axis] / 2, boxes_b[:, 2 + axis] / 2
        end = np.minimum((boxes_a[:, axis] + half_a)[:, None], boxes_b[:, axis] + half_b)
        end -= np.maximum((boxes_a[:, axis] - half_a)[:, None], boxes_b[:, axis] - half_b)
        shared.append(np.maximum(end, 0, out=end))
    inner = shared[0] * shared[1]
    union = (boxes_a[:, 2] * boxes_a[:, 3])[:, None] + boxes_b[:, 2] * boxes_b[:, 3] - inner
    span = boxes_a[:, 3:] + boxes_b[:, 3] - shared[1]
    return inner / union, shared[1] / span


def surprise(expected: Floats, variance: Floats, boxes: Floats) -> Floats:
    """Squared Mahalanobis distance of boxes from predictions, unitless.

    Args:
        expected, variance: float64 (..., 4), predicted cxcywh in pixels and their variance, squared pixels.
        boxes: float64 (..., 4), detected; shapes broadcast, the last axis is summed.
    """
    far: Floats = np.square(boxes - expected)
    far /= variance
    return far[..., 0] + far[..., 1] + far[..., 2] + far[..., 3]


def assign(gain: Floats, allowed: Mask) -> tuple[Rows, Rows]:
    """The one-to-one pairs with the greatest total gain.

    Args:
        gain: float64 (N, M), greater is better.
        allowed: bool (N, M); other pairs, and pairs that gain nothing, never match.

    Returns:
        Two int arrays (K,): rows and columns of the pairs.
    """
    choices_of_row, choices_of_column = allowed.sum(axis=1), allowed.sum(axis=0)
    # A pair that has no rival needs no solver; in most frames that is nearly everyone.
    rows, columns = np.nonzero(allowed & (choices_of_row == 1)[:, None] & (choices_of_column == 1))
    choices_of_row[rows] = choices_of_column[columns] = 0
    rest_rows, rest_columns = choices_of_row.nonzero()[0], choices_of_column.nonzero()[0]
    if len(rest_rows):
        rest = np.ix_(rest_rows, rest_columns)
        solved = linear_sum_assignment(np.where(allowed[rest], gain[rest], 0.0), maximize=True)
        rows = np.concatenate([rows, rest_rows[solved[0]]])
        columns = np.concatenate([columns, rest_columns[solved[1]]])
    matched = allowed[rows, columns] & (gain[rows, columns] > 0)
    return rows[matched], columns[matched]
