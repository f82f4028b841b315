"""The SCRFD family of face detectors: nine outputs, in whatever order and with or without a batch axis.

For strides 8, 16 and 32, two anchors in each cell of a row-major grid: a score, four distances to the sides
of the box and five landmarks, all in strides, from the cell's corner.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sightline.domain.detection import FloatArray
from sightline.errors import ModelError
from sightline.vision.layout import FINEST_TO_COARSEST

ANCHORS = 2
SCORE, BOX, LANDMARKS = 1, 4, 10
MEAN, STD = 127.5, 128.0
NMS_IOU = 0.4


@dataclass(frozen=True, slots=True)
class ScrfdLayout:
    """Which output is which: `outputs[stride][columns]` is its place in the answer."""

    outputs: dict[int, dict[int, int]]

    @classmethod
    def recognise(cls, file: str, answer: Sequence[FloatArray], size: tuple[int, int]) -> "ScrfdLayout":
        """Tell the outputs of a model by their shapes.

        Args:
            file: for messages.
            answer: to a blank picture, each (rows, columns) or (1, rows, columns).
            size: width and height of that picture; no two strides may have the same number of cells.

        Raises:
            ModelError: another family, one without landmarks, or scores that are not between 0 and 1.
        """
        rows = {ANCHORS * _cells(size, stride): stride for stride in FINEST_TO_COARSEST}
        found: dict[int, dict[int, int]] = {stride: {} for stride in FINEST_TO_COARSEST}
        for place, output in enumerate(answer):
            shape = output.shape[1:] if output.ndim == 3 and output.shape[0] == 1 else output.shape
            if len(shape) == 2 and shape[0] in rows and shape[1] in (SCORE, BOX, LANDMARKS):
                found[rows[shape[0]]].setdefault(shape[1], place)
        if all(set(columns) == {SCORE, BOX} for columns in found.values()):
            raise ModelError(f"{file}: finds faces without landmarks; take a model with them (bnkps)")
        if any(set(columns) != {SCORE, BOX, LANDMARKS} for columns in found.values()):
            shown = ", ".join(str(output.shape) for output in answer)
            raise ModelError(
                f"{file}: not a face detector of the SCRFD family; its outputs are {shown}, wanted are"
                f" scores, boxes and landmarks of {', '.join(map(str, rows))} anchors"
            )
        for stride in FINEST_TO_COARSEST:
            scores = answer[found[stride][SCORE]]
            if scores.min() < 0 or scores.max() > 1:
                raise ModelError(f"{file}: scores are not between 0 and 1; export it with its sigmoid")
        return cls(found)

    def faces(
        self, answer: Sequence[FloatArray], size: tuple[int, int], least_score: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Candidates before suppression.

        Args:
            answer: of one picture.
            size: width and height of the input in pixels, multiples of 32.
            least_score: what scores lower is left out.

        Returns:
            Boxes (N, 4), scores (N,) and landmarks (N, 5, 2), in pixels of the input.
        """
        boxes, scores, landmarks = [], [], []
        for stride, places in self.outputs.items():
            all_scores = answer[places[SCORE]].reshape(-1)
            sure = np.flatnonzero(all_scores >= least_score)
            cells = sure // ANCHORS
            columns = size[0] // stride
            corner = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32)
            sides = answer[places[BOX]].reshape(-1, BOX)[sure]
            points = answer[places[LANDMARKS]].reshape(-1, LANDMARKS // 2, 2)[sure]
            boxes.append(np.concatenate([corner - sides[:, :2], corner + sides[:, 2:]], axis=1) * stride)
            scores.append(all_scores[sure])
            landmarks.append((corner[:, None] + points) * stride)
        return np.concatenate(boxes), np.concatenate(scores), np.concatenate(landmarks)


def _cells(size: tuple[int, int], stride: int) -> int:
    return (size[0] // stride) * (size[1] // stride)
