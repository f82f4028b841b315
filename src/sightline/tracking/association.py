"""Which detection belongs to which track: how alike they are, and the best one-to-one choice."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

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


class Pairs(NamedTuple):
    """Tracks and detections that may belong together.

    Attributes:
        rows, columns: of the tracks and the detections, int (K,), in order of rows, then columns.
        gain: float64 (K,), greater is better.
    """

    rows: Rows
    columns: Rows
    gain: Floats


class Shared(NamedTuple):
    """What pairs of boxes share, in area and in height alone.

    Attributes:
        rows, columns: of the boxes, int (K,), in order of rows, then columns.
        area, span: float64 (K,) in [0, 1], intersection over union of the areas, and of the vertical spans.
    """

    rows: Rows
    columns: Rows
    area: Floats
    span: Floats


class Meeting:
    """The tracks and the detections of one frame; matched in stages, but compared once.

    Attributes:
        expected: float64 (N, 4), where the tracks should be now, cxcywh pixels.
        variance: float64 (N, 4), of prediction and measurement together, squared pixels.
        boxes: float64 (M, 4), detected, cxcywh pixels.
        scores: float64 (M,), theirs, in [0, 1].
    """

    def __init__(self, expected: Floats, variance: Floats, boxes: Floats, scores: Floats) -> None:
        self.expected, self.variance = expected, variance
        self.boxes, self.scores = boxes, scores
        self._shared: Shared | None = None

    @property
    def shared(self) -> Shared:
        """What tracks and detections share."""
        if self._shared is None:
            self._shared = overlap(self.expected, self.boxes)
        return self._shared

    def surprise(self, rows: Rows, columns: Rows) -> Floats:
        """Squared Mahalanobis distance of detections from tracks, unitless, float64 (K,)."""
        far = self.boxes.take(columns, axis=0)
        far -= self.expected.take(rows, axis=0)
        far *= far
        far /= self.variance.take(rows, axis=0)
        surprise: Floats = far[:, 0] + far[:, 1] + far[:, 2] + far[:, 3]
        return surprise

    def near(self, rows: Rows, columns: Rows, at_most: Floats | float) -> tuple[Rows, Rows, Floats]:
        """The pairs of these tracks and detections that surprise by no more than that, and by how much.

        Args:
            at_most: for each of the tracks, (N,). A few pairs that surprise more may be among those returned.
        """
        # One coordinate alone rules out nearly all of them.
        reach = self.variance[rows, 0] * at_most * (1 + 1e-9)
        aside = self.boxes[columns, 0] - self.expected[rows, 0][:, None]
        aside *= aside
        row, column = where(aside <= reach[:, None])
        return row, columns[column], self.surprise(rows[row], columns[column])


class Likeness(Protocol):
    """How alike tracks and detections are."""

    def __call__(self, meeting: Meeting, tracks: Mask, found: Mask) -> Pairs:
        """The pairs that may match.

        Args:
            tracks: which of the tracks take part, bool (N,).
            found: which of the detections, bool (M,).
        """
        ...

    def weighed(self, gain: Floats, resembling: Floats) -> Floats:
        """The gains when also looks are known.

        Args:
            gain: float64 (K,).
            resembling: float64 (K,), how much more alike than by chance, in cosine; 0 where unknown.
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

    def __call__(self, meeting: Meeting, tracks: Mask, found: Mask) -> Pairs:
        """See `Likeness`."""
        rows, columns, area, span = meeting.shared
        chosen = ((area >= self.at_least) & tracks[rows] & found[columns]).nonzero()[0]
        rows, columns, gain = rows[chosen], columns[chosen], area[chosen]
        if self.height:
            gain *= span[chosen]
        if self.fuse_score:
            gain *= meeting.scores[columns]
        if self.trust:
            gain *= np.exp(-self.trust / 2 * meeting.surprise(rows, columns))
        return Pairs(rows, columns, gain)

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

    def __call__(self, meeting: Meeting, tracks: Mask, found: Mask) -> Pairs:
        """See `Likeness`."""
        seen = tracks.nonzero()[0]
        scale = meeting.expected.take(seen, axis=0)[:, 3:] ** 2
        spread = np.log(2 * np.pi * meeting.variance.take(seen, axis=0) / scale).sum(axis=1)
        at_most = np.maximum(-2 * self.newcomers - spread, 0)
        place, columns, far = meeting.near(seen, found.nonzero()[0], at_most)
        gain = -0.5 * (far + spread[place]) - self.newcomers
        return _gainful(seen[place], columns, gain)

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

    def __call__(self, meeting: Meeting, tracks: Mask, found: Mask) -> Pairs:
        """See `Likeness`."""
        seen = tracks.nonzero()[0]
        place, columns, far = meeting.near(seen, found.nonzero()[0], self.at_most)
        return _gainful(seen[place], columns, self.at_most - far)

    def weighed(self, gain: Floats, resembling: Floats) -> Floats:
        """See `Likeness`."""
        return gain + 2 * LOOKS * resembling


def _gainful(rows: Rows, columns: Rows, gain: Floats) -> Pairs:
    allowed = gain > 0
    return Pairs(rows[allowed], columns[allowed], gain[allowed])


def where(mask: Mask) -> tuple[Rows, Rows]:
    """`mask.nonzero()` of a matrix; that one takes ten times as long when the matrix is large."""
    flat = mask.ravel().nonzero()[0]
    rows = flat // mask.shape[1]
    return rows, flat - rows * mask.shape[1]


def overlap(boxes_a: Floats, boxes_b: Floats) -> Shared:
    """What boxes share with others; all pairs that share anything are among those returned.

    Args:
        boxes_a: float64 (N, 4), cxcywh pixels.
        boxes_b: float64 (M, 4), likewise.

    Source:
        Jaccard index, half-open pixels. The vertical one tells people at different distances apart whose
        boxes overlap (Hybrid-SORT, Yang et al. 2023, "height modulated IoU").
    """
    edges, count = _edges(np.concatenate([boxes_a, boxes_b])), len(boxes_a)
    right, left = edges[0], edges[2]
    # Few are above one another in the picture: the rest is needed of those alone.
    rows, columns = where((right[:count, None] > left[count:]) & (left[:count, None] < right[count:]))
    a, b = edges.take(rows, axis=1), edges.take(count + columns, axis=1)
    shared = np.minimum(a[:2], b[:2])
    shared -= np.maximum(a[2:4], b[2:4])
    np.maximum(shared, 0, out=shared)
    inner = shared[0] * shared[1]
    area, height = a[4:] + b[4:]
    return Shared(rows, columns, inner / (area - inner), shared[1] / (height - shared[1]))


def _edges(boxes: Floats) -> Floats:
    """Right, bottom, left and top edge, area and height, float64 (6, N)."""
    centre, size = boxes.T[:2], boxes.T[2:]
    edges = np.empty((6, len(boxes)))
    half = size / 2
    np.add(centre, half, out=edges[:2])
    np.subtract(centre, half, out=edges[2:4])
    np.multiply(size[0], size[1], out=edges[4])
    edges[5] = size[1]
    return edges


def assign(pairs: Pairs) -> tuple[Rows, Rows]:
    """The one-to-one pairs with the greatest total gain; pairs that gain nothing never match.

    Returns:
        Two int arrays (K,): rows and columns of the pairs.
    """
    rows, columns, gain = pairs
    choices_of_row, choices_of_column = np.bincount(rows), np.bincount(columns)
    # A pair that has no rival needs no solver; in most frames that is nearly everyone.
    alone = choices_of_row[rows] + choices_of_column[columns] == 2
    sure, rest = (alone & (gain > 0)).nonzero()[0], (~alone).nonzero()[0]
    sure_rows, sure_columns = rows[sure], columns[sure]
    if not len(rest):
        return sure_rows, sure_columns
    choices_of_row[rows[alone]] = choices_of_column[columns[alone]] = 0
    rest_rows, rest_columns = choices_of_row.nonzero()[0], choices_of_column.nonzero()[0]
    table = np.zeros((len(rest_rows), len(rest_columns)))
    table[rest_rows.searchsorted(rows[rest]), rest_columns.searchsorted(columns[rest])] = gain[rest]
    row, column = linear_sum_assignment(table, maximize=True)
    gainful = table[row, column] > 0
    return (
        np.concatenate([sure_rows, rest_rows[row[gainful]]]),
        np.concatenate([sure_columns, rest_columns[column[gainful]]]),
    )
