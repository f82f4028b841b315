"""Which detection belongs to which track: how alike they are, and the best one-to-one choice."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


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
        gain, spans = overlap(tracks.boxes, boxes)
        allowed = gain >= self.at_least
        if self.height:
            gain = gain * spans
        if self.trust:
            gain = gain * np.exp(-self.trust / 2 * surprise(tracks, boxes))
        if self.fuse_score:
            gain = gain * scores
        return gain, allowed


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
        gain = -0.5 * (surprise(tracks, boxes) + spread[:, None]) - self.newcomers
        return gain, gain > 0


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
    size_a, size_b = boxes_a[:, None, 2:], boxes_b[None, :, 2:]
    apart = np.abs(boxes_a[:, None, :2] - boxes_b[None, :, :2])
    shared = np.minimum(np.minimum(size_a, size_b), (size_a + size_b) / 2 - apart)
    np.maximum(shared, 0, out=shared)
    inner = shared[..., 0] * shared[..., 1]
    union = size_a[..., 0] * size_a[..., 1] + size_b[..., 0] * size_b[..., 1] - inner
    span = size_a[..., 1] + size_b[..., 1] - shared[..., 1]
    return inner / np.maximum(union, 1e-9), shared[..., 1] / np.maximum(span, 1e-9)


def surprise(tracks: Predicted, boxes: Floats) -> Floats:
    """Squared Mahalanobis distance of every box (M, 4) from every prediction, float64 (N, M), unitless."""
    far: Floats = ((boxes[None] - tracks.boxes[:, None]) ** 2 / tracks.variance[:, None]).sum(axis=2)
    return far


def assign(gain: Floats, allowed: Mask) -> tuple[Rows, Rows]:
    """The one-to-one pairs with the greatest total gain.

    Args:
        gain: float64 (N, M), greater is better.
        allowed: bool (N, M); other pairs, and pairs that gain nothing, never match.

    Returns:
        Two int arrays (K,): rows and columns of the pairs.
    """
    if not allowed.any():
        nothing = np.empty(0, np.intp)
        return nothing, nothing
    gain = np.where(allowed, gain, 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    matched = gain[rows, columns] > 0
    return rows[matched], columns[matched]
