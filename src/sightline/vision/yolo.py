"""The YOLO11 family (also v8, v9, v12 and pose heads): one row of scores per class, no objectness."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from sightline.domain.detection import FloatArray
from sightline.errors import ModelError
from sightline.vision.layout import ModelTraits

TASKS = ("detect", "pose", "segment")
BOX_ROWS = 4


class YoloLayout:
    """Output (1, 4 + classes, cells): cx, cy, w, h in input pixels, then scores in [0, 1]."""

    centred = True
    pixels: Literal["rgb24", "bgr24"] = "rgb24"
    gain = 1 / 255
    confidence = 0.25
    nms_iou = 0.5

    def __init__(self, person: int) -> None:
        """`person`: index of the class to look for."""
        self._row = BOX_ROWS + person

    @classmethod
    def recognise(cls, traits: ModelTraits) -> "YoloLayout | None":
        """See `Layout.recognise`.

        Raises:
            ModelError: of this family, but made for another task than finding people.
        """
        shape = traits.outputs[0] if traits.outputs else ()
        if len(shape) != 3 or shape[0] != 1 or shape[2] != traits.cells or shape[1] <= BOX_ROWS:
            return None
        task = traits.metadata.get("task", "detect")
        if task not in TASKS:
            raise ModelError(f"{traits.file}: made to {task}; a model made to {', '.join(TASKS)} is needed")
        return cls(traits.person_class(shape[1] - BOX_ROWS))

    def refuse(self, blank_answer: Sequence[FloatArray], traits: ModelTraits) -> None:
        """See `Layout.refuse`: scores must already be probabilities."""
        scores = blank_answer[0][0, self._row]
        if scores.min() < 0 or scores.max() > 1:
            raise ModelError(f"{traits.file}: scores are not between 0 and 1; export it with its sigmoid")

    def people(self, answer: Sequence[FloatArray], confidence: float) -> tuple[FloatArray, FloatArray]:
        """See `Layout.people`."""
        rows = answer[0][0]
        sure = np.flatnonzero(rows[self._row] >= confidence)
        centre_x, centre_y, width, height = rows[:BOX_ROWS, sure]
        half_width, half_height = width / 2, height / 2
        corners = (
            centre_x - half_width,
            centre_y - half_height,
            centre_x + half_width,
            centre_y + half_height,
        )
        return np.stack(corners, axis=1), rows[self._row, sure]
