"""The YOLOX family: undecoded grids, objectness times class score."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from sightline.domain.detection import FloatArray
from sightline.errors import ModelError
from sightline.vision.layout import FINEST_TO_COARSEST, ModelTraits

BOX_COLUMNS = 4
OBJECTNESS = 4


class YoloxLayout:
    """Output (1, cells, 5 + classes): offsets in the cell, log sizes, objectness and class scores in [0, 1].

    Cells are row-major, the finest stride first. A centre is (offset + cell) * stride, a side is
    exp(log size) * stride, a score is objectness * class score.
    """

    centred = False
    pixels: Literal["rgb24", "bgr24"] = "bgr24"
    gain = 1.0
    confidence = 0.3
    nms_iou = 0.45

    def __init__(self, person: int, width: int, height: int) -> None:
        """`person`: index of the class to look for; `width`, `height`: input pixels."""
        self._column = OBJECTNESS + 1 + person
        grids = []
        for stride in FINEST_TO_COARSEST:
            rows, columns = np.mgrid[: height // stride, : width // stride]
            grids.append(np.stack([columns, rows, np.full_like(rows, stride)], axis=-1).reshape(-1, 3))
        cells = np.concatenate(grids).astype(np.float32)
        self._cells: FloatArray = cells[:, :2]
        self._strides: FloatArray = cells[:, 2:]

    @classmethod
    def recognise(cls, traits: ModelTraits) -> "YoloxLayout | None":
        """See `Layout.recognise`."""
        shape = traits.outputs[0] if traits.outputs else ()
        if len(shape) != 3 or shape[0] != 1 or shape[1] != traits.cells or shape[2] <= OBJECTNESS + 1:
            return None
        return cls(traits.person_class(shape[2] - OBJECTNESS - 1), traits.width, traits.height)

    def refuse(self, blank_answer: Sequence[FloatArray], traits: ModelTraits) -> None:
        """See `Layout.refuse`: offsets that span the picture have been multiplied by their stride already."""
        offsets = np.abs(blank_answer[0][0, :, :2]).max()
        if offsets > max(traits.width, traits.height) / 2:
            raise ModelError(f"{traits.file}: its boxes are decoded already; export it without decoding")

    def people(self, answer: Sequence[FloatArray], confidence: float) -> tuple[FloatArray, FloatArray]:
        """See `Layout.people`."""
        rows = answer[0][0]
        scores = rows[:, OBJECTNESS] * rows[:, self._column]
        sure = np.flatnonzero(scores >= confidence)
        boxes, strides = rows[sure, :BOX_COLUMNS], self._strides[sure]
        centres = (boxes[:, :2] + self._cells[sure]) * strides
        halves = np.exp(boxes[:, 2:]) * strides / 2
        return np.concatenate([centres - halves, centres + halves], axis=1), scores[sure]
