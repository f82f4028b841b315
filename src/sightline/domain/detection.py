"""People found in one picture, before they have an identity over time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Detections:
    """The people one detector saw in one picture.

    Attributes:
        boxes: float32 array (N, 4), xyxy pixels of the full picture, x2 > x1 and y2 > y1.
        scores: float32 array (N,), in [0, 1].
    """

    boxes: FloatArray
    scores: FloatArray

    def __post_init__(self) -> None:
        if self.boxes.ndim != 2 or self.boxes.shape[1] != 4 or self.scores.shape != self.boxes.shape[:1]:
            raise ValueError(
                f"boxes must be (N, 4) and scores (N,), got {self.boxes.shape} and {self.scores.shape}"
            )

    @classmethod
    def none(cls) -> "Detections":
        """An empty picture: quiet aisles are normal."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32))

    def __len__(self) -> int:
        return len(self.boxes)

    def where(self, mask: npt.NDArray[np.bool_]) -> "Detections":
        """Those of the detections for which `mask`, shape (N,), is true."""
        return Detections(self.boxes[mask], self.scores[mask])
