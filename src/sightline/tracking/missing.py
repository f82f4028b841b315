"""People who went out of sight for longer than the short memory, and how they get their number back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from sightline.domain.detection import FloatArray

Floats = npt.NDArray[np.float64]

REACH = 4.0
"""Body heights between where somebody was lost and where they are back. In the 5 s or more that lie between a
walker gets further than that; but who does, walks past other people."""
TALLER = 1.6
"""Heights of one person's boxes differ by less than this factor: nearer to the camera, or half behind a
shelf."""
CLEARLY = 0.1
"""Cosine by which the right one must be more alike than anybody else is: clothes that two people wear prove
nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Somebody came back under the number they had, and why.

    Attributes:
        lost_at, back_at: capture times of the last sighting before, and of the first one shown after.
        cosine: between the mean of their vectors before and the vector now.
        runner_up: the largest cosine of anybody else who could be meant; -1 without any.
        heights: body heights between the two places.
    """

    track_id: int
    lost_at: datetime
    back_at: datetime
    cosine: float
    runner_up: float
    heights: float

    def document(self) -> dict[str, int | float | str]:
        """As manifests and results tell it."""
        return {
            "track_id": self.track_id,
            "lost_at": self.lost_at.isoformat(),
            "back_at": self.back_at.isoformat(),
            "cosine": round(self.cosine, 3),
            "runner_up": round(self.runner_up, 3),
            "heights": round(self.heights, 2),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """A track nobody sees at present.

    Attributes:
        seen_s: when it was seen last.
        box: float64 (4,), the last one measured, cxcywh pixels.
        mean: float32 (D,), of what it looked like, of length 1.
    """

    track_id: int
    seen_s: float
    box: Floats
    mean: FloatArray


@dataclass(frozen=True, slots=True)
class Reunion:
    """A missing track and the place, among those newly found, of the person it is."""

    missing: Missing
    place: int
    cosine: float
    runner_up: float
    heights: float


class MissingPeople:
    """Who is out of sight and may come back; each for as long as the tracker says."""

    def __init__(self) -> None:
        self._missing: list[Missing] = []

    @property
    def track_ids(self) -> Collection[int]:
        """Their numbers."""
        return [one.track_id for one in self._missing]

    def add(self, lost: Sequence[Missing]) -> None:
        self._missing += lost

    def forget(self, before_s: float) -> None:
        """Who was seen last before that does not come back."""
        self._missing = [one for one in self._missing if one.seen_s >= before_s]

    def near(self, boxes: Floats) -> npt.NDArray[np.bool_]:
        """Which of some boxes, float64 (N, 4), cxcywh pixels, may be one of them by place and size; (N,)."""
        if not self._missing:
            return np.zeros(len(boxes), bool)
        return np.asarray(self._heights_to(boxes).min(axis=0) <= REACH)

    def reunited(
        self, boxes: Floats, vectors: FloatArray, others: FloatArray, *, same: float
    ) -> list[Reunion]:
        """Who is back; they are missing no longer.

        Somebody is, whose place, size and looks agree, and who is more alike by far than anybody else: the
        other ones that are missing, the other ones that were found, and those who are in sight.

        Args:
            boxes: float64 (N, 4), of those newly found, cxcywh pixels.
            vectors: float32 (N, D), theirs.
            others: float32 (M, D), means of the people who are in sight or lost for a moment.
            same: cosine from which two are one.
        """
        if not self._missing or not len(boxes):
            return []
        cosines = np.stack([one.mean for one in self._missing]) @ vectors.T
        heights = self._heights_to(boxes)
        in_sight = (others @ vectors.T).max(axis=0, initial=-1.0)
        found = []
        for row, place in zip(*np.nonzero((cosines >= same) & (heights <= REACH)), strict=True):
            runner_up = max(
                float(in_sight[place]),
                float(np.delete(cosines[row], place).max(initial=-1.0)),
                float(np.delete(cosines[:, place], row).max(initial=-1.0)),
            )
            cosine = float(cosines[row, place])
            if cosine - runner_up >= CLEARLY:
                found.append(
                    Reunion(self._missing[row], int(place), cosine, runner_up, float(heights[row, place]))
                )
        back = [one.missing for one in found]
        self._missing = [one for one in self._missing if one not in back]
        return found

    def _heights_to(self, boxes: Floats) -> Floats:
        """Body heights from each of the missing to each box, (missing, N); infinite where sizes differ.

        From head to head: what stands before somebody hides the feet first.
        """
        lost = np.stack([one.box for one in self._missing])[:, None]
        tall = np.maximum(lost[..., 3], boxes[:, 3])
        across = lost[..., 0] - boxes[:, 0]
        down = (lost[..., 1] - lost[..., 3] / 2) - (boxes[:, 1] - boxes[:, 3] / 2)
        far: Floats = np.hypot(across, down) / tall
        return np.where(tall <= TALLER * np.minimum(lost[..., 3], boxes[:, 3]), far, np.inf)
