"""The same person over the frames of one camera and one recording."""

from dataclasses import dataclass
from datetime import datetime

Box = tuple[float, float, float, float]
"""xyxy pixels of the full picture."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class TrackedBox:
    """Where one track was seen in one frame. A track that is only predicted is not seen."""

    track_id: int
    box: Box
    score: float

    @property
    def foot(self) -> Point:
        """Bottom centre, where the person meets the floor, xy pixels."""
        x1, _, x2, y2 = self.box
        return ((x1 + x2) / 2, y2)

    @property
    def height(self) -> float:
        """Pixels; one body height, the unit of distances and speeds that survives perspective."""
        return self.box[3] - self.box[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedFrame:
    """All tracks seen in one analysed frame.

    Attributes:
        captured_at: aware UTC; the only clock a rule may know.
        width, height: pixels of the full picture, to turn relative zones into pixels.
        people: one entry per track seen, ids unique.
    """

    captured_at: datetime
    width: int
    height: int
    people: tuple[TrackedBox, ...]
