"""Numbers that tell faces apart: models of the ArcFace kind."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sightline.domain.detection import FloatArray
from sightline.errors import ModelError
from sightline.vision.catalogue import ModelEntry
from sightline.vision.face_alignment import SIDE
from sightline.vision.network import Network, fill, unit_rows
from sightline.vision.picture import ByteArray
from sightline.vision.runtime import Precision, Runtime

THRESHOLD = 0.68
"""Cosine from which two vectors of an ArcFace model are one person; each model's entry has its own."""
NORMALISE = (127.5, 127.5)


class FaceEmbedder:
    """A model that takes an aligned face and gives a vector.

    Attributes:
        name: as in the catalogue: it lies with each vector, for those of different models mean nothing to
            each other.
        dimension: numbers in a vector, 128 or 512 in the models known, read from the file.
        threshold: cosine from which two vectors are the same person.
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
            entry: gives name, threshold and how pixels are normalised.
            path: an ONNX file.
            runtime, precision, threads: see `Network`.

        Raises:
            ModelError: missing, damaged, or not a model of one vector for a face of 112 x 112 pixels.
            ConfigError: the runtime is not installed or cannot compute in that precision.
        """
        self.name = entry.name
        self._network = Network(
            entry.name, path, trial_size=(SIDE, SIDE), runtime=runtime, precision=precision, threads=threads
        )
        if (self._network.width or SIDE, self._network.height or SIDE) != (SIDE, SIDE):
            raise ModelError(
                f"{path.name}: takes {self._network.width}x{self._network.height} pixels;"
                f" a model for aligned faces takes {SIDE}x{SIDE}"
            )
        self.dimension = only_vector(path.name, self._network.trial)
        self.threshold = THRESHOLD if entry.confidence is None else entry.confidence
        self.batch = self._network.batch
        self._mean, self._std = NORMALISE if entry.normalise is None else entry.normalise

    def facts(self) -> dict[str, str | int | float]:
        """See `Network.facts`, with dimension and threshold."""
        return {**self._network.facts(), "dimension": self.dimension, "threshold": self.threshold}

    def vectors(self, faces: Sequence[ByteArray]) -> FloatArray:
        """One vector for each face.

        Args:
            faces: uint8 (112, 112, 3), BGR, as `aligned` gives them.

        Returns:
            float32 (N, dimension), each of length 1.

        Raises:
            ModelError: the runtime failed on them.
        """
        blob = np.empty((len(faces), 3, SIDE, SIDE), np.float32)
        for plane, face in zip(blob, faces, strict=True):
            fill(plane, face[:, :, ::-1], mean=self._mean, std=self._std)
        answers = self._network.answers(blob)
        rows = [answer[0].reshape(-1) for answer in answers]
        return unit_rows(np.array(rows, np.float32).reshape(-1, self.dimension))


def only_vector(file: str, trial: Sequence[FloatArray]) -> int:
    """The length of a model's vector.

    Raises:
        ModelError: its answer to one picture is not one row of at least 16 numbers.
    """
    shape = trial[0].shape if len(trial) == 1 else ()
    if len(shape) < 2 or shape[0] != 1 or int(np.prod(shape)) != shape[1] or shape[1] < 16:
        shown = ", ".join(str(output.shape) for output in trial)
        raise ModelError(f"{file}: answers {shown}; a model that gives one vector, (1, numbers), is needed")
    return int(shape[1])
