"""Age and gender of a face. One face errs; what counts is the vote over a track, `domain.face_votes`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sightline.domain.detection import FloatArray
from sightline.errors import ModelError
from sightline.vision.catalogue import ModelEntry
from sightline.vision.crop import Crop, patch
from sightline.vision.network import Network, fill
from sightline.vision.picture import ByteArray
from sightline.vision.runtime import Precision, Runtime

AROUND = 1.5
"""Side of the square that is shown, over the longer side of the face's box."""
SIDE = 96
OUTPUTS = 3
NORMALISE = (0.0, 1.0)
"""The published network normalises inside."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceAttributes:
    """What a model makes of some faces.

    Attributes:
        ages: float32 (N,), years, not negative.
        male: float32 (N,), probability 0..1; that of female is the rest.
    """

    ages: FloatArray
    male: FloatArray


class FaceAttributeModel:
    """A model of the genderage layout: two numbers whose softmax is female and male, and age / 100.

    Attributes:
        name: as in the catalogue.
        batch: how many faces one call of the model looks at.
    """

    def __init__(
        self,
        entry: ModelEntry,
        path: Path,
        *,
        runtime: Runtime = "auto",
        precision: Precision = "f32",
        threads: int = 1,
    ) -> None:
        """Open a model and run it once.

        Args:
            entry: gives the name and how pixels are normalised.
            path: an ONNX file.
            runtime, precision, threads: see `Network`.

        Raises:
            ModelError: missing, damaged, or not three numbers a face.
            ConfigError: the runtime is not installed or cannot compute in that precision.
        """
        self.name = entry.name
        self._network = Network(
            entry.name, path, trial_size=(SIDE, SIDE), runtime=runtime, precision=precision, threads=threads
        )
        if [output.shape for output in self._network.trial] != [(1, OUTPUTS)]:
            shown = ", ".join(str(output.shape) for output in self._network.trial)
            raise ModelError(
                f"{path.name}: answers {shown}; a model of age and gender answers (1, {OUTPUTS})"
            )
        self._side = (self._network.width or SIDE, self._network.height or SIDE)
        self.batch = self._network.batch
        self._mean, self._std = NORMALISE if entry.normalise is None else entry.normalise

    def facts(self) -> dict[str, str | int | float]:
        """See `Network.facts`."""
        return self._network.facts()

    def look(self, faces: Sequence[ByteArray]) -> FaceAttributes:
        """Age and gender of each face.

        Args:
            faces: uint8 (height, width, 3), BGR, as `shown` gives them.

        Raises:
            ModelError: the runtime failed on them.
        """
        blob = np.empty((len(faces), 3, self._side[1], self._side[0]), np.float32)
        for plane, face in zip(blob, faces, strict=True):
            fill(plane, face[:, :, ::-1], mean=self._mean, std=self._std)
        rows = np.array([answer[0][0] for answer in self._network.answers(blob)], np.float32)
        female, male, age = rows.reshape(-1, OUTPUTS).T
        odds = np.exp(np.clip(female - male, -60, 60))
        return FaceAttributes(np.maximum(0, 100 * age), (1 / (1 + odds)).astype(np.float32))

    def shown(self, crop: Crop, box: Sequence[float] | FloatArray) -> ByteArray:
        """The square around a face that the model wants to see.

        Args:
            crop: shows the face.
            box: xyxy pixels of the whole picture.

        Returns:
            uint8 array of the model's size, BGR; black where the crop ends.
        """
        x1, y1, x2, y2 = (float(side) for side in box)
        scale = self._side[0] / (AROUND * max(x2 - x1, y2 - y1, 1.0))
        middle = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
        shift = np.array(self._side) / 2 - scale * middle
        placing = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
        return patch(crop, placing, self._side)
