"""What tracks look like: a mean vector each, asked for only where place and motion leave a doubt."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightline.domain.detection import FloatArray

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

KEPT = 0.9
"""Share of the mean that stays when a further vector is learnt; as in DeepSORT's successors."""
AGAIN_S = 1.0
"""Seconds between two looks at a track about which there is no doubt."""
LOOKS_A_FRAME = 4
"""Of those; a frame with doubts may have more."""
ALONE = 0.2
"""Overlap with another detection up to which a crop shows one person."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the detections of one frame look like, and how much alike is how much.

    Attributes:
        vectors: rows of the detections to their vectors, float32 (K, D), each of length 1.
        even: cosine at which two crops are as often of one person as of two.
        same: cosine from which a crop and the mean of a track are of one person.
    """

    vectors: Callable[[Rows], FloatArray]
    even: float
    same: float


class Wardrobe:
    """The mean vectors of all tracks, in the order in which the tracker keeps them.

    The first vector decides how many numbers one has; until then nothing is kept.
    """

    def __init__(self) -> None:
        self._means: FloatArray = np.empty((0, 0), np.float32)
        self._looked_s: Floats = np.empty(0)

    def add(self, count: int) -> None:
        """Append tracks nobody has looked at."""
        unseen = np.zeros((count, self._means.shape[1]), np.float32)
        self._means = np.concatenate([self._means, unseen])
        self._looked_s = np.concatenate([self._looked_s, np.full(count, -np.inf)])

    def keep(self, mask: Mask) -> None:
        """Forget the tracks for which `mask`, bool (N,), is false."""
        self._means, self._looked_s = self._means[mask], self._looked_s[mask]

    def known(self, rows: Rows) -> Mask:
        """Which of these tracks have been looked at, bool (K,)."""
        return np.isfinite(self._looked_s[rows])

    def is_due(self, rows: Rows, now_s: float) -> Mask:
        """Which of them it is time to look at again, bool (K,)."""
        return now_s - self._looked_s[rows] >= AGAIN_S

    def means(self, rows: Rows) -> FloatArray:
        """The mean vectors of these tracks, (K, D), of length 1; of zeros where nobody has looked."""
        means = self._means[rows]
        length = np.linalg.norm(means, axis=1, keepdims=True)
        units: FloatArray = np.divide(means, length, out=np.zeros_like(means), where=length > 0)
        return units

    def resemble(self, rows: Rows, vectors: FloatArray, even: float) -> Floats:
        """Cosines less `even`, float64 (K, M): above 0 speaks for one person. 0 where a track is unknown.

        Args:
            rows: of K tracks.
            vectors: (M, D), of length 1.
        """
        if not self._means.shape[1]:
            return np.zeros((len(rows), len(vectors)))
        cosines = self.means(rows) @ vectors.T
        return np.where(self.known(rows)[:, None], cosines - even, 0.0).astype(np.float64)

    def learn(self, rows: Rows, vectors: FloatArray, now_s: float) -> None:
        """Take in one vector of each of the tracks `rows`."""
        if not self._means.shape[1]:
            self._means = np.zeros((len(self._means), vectors.shape[1]), np.float32)
        fresh = ~self.known(rows)
        self._means[rows] = np.where(fresh[:, None], vectors, KEPT * self._means[rows] + (1 - KEPT) * vectors)
        self._looked_s[rows] = now_s


class FrameLooks:
    """The vectors of one frame, each asked for once.

    Args:
        look: gives them.
        count: detections of the frame.

    Attributes:
        even, same: see `Look`.
    """

    def __init__(self, look: Look, count: int) -> None:
        self.even, self.same = look.even, look.same
        self._look = look.vectors
        self._rows = np.full(count, -1, np.intp)
        self._vectors: FloatArray | None = None

    @property
    def seen(self) -> Rows:
        """Detections that were looked at."""
        return np.flatnonzero(self._rows >= 0)

    def of(self, detections: Rows) -> FloatArray:
        """Their vectors, (K, D); K must not be 0."""
        missing = detections[self._rows[detections] < 0]
        if len(missing):
            found = self._look(missing)
            before = 0 if self._vectors is None else len(self._vectors)
            self._rows[missing] = before + np.arange(len(missing))
            self._vectors = found if self._vectors is None else np.concatenate([self._vectors, found])
        assert self._vectors is not None
        vectors: FloatArray = self._vectors[self._rows[detections]]
        return vectors


def doubtful(allowed: Mask) -> tuple[Mask, Mask]:
    """Tracks and detections, bool (N,) and (M,), that stand in a pair which has a rival."""
    rivals = (allowed.sum(axis=1) > 1)[:, None] | (allowed.sum(axis=0) > 1)
    pairs = allowed & rivals
    return pairs.any(axis=1), pairs.any(axis=0)
