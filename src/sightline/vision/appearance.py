"""Numbers that tell people apart by what they wear: models of the OSNet kind."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sightline.domain.detection import FloatArray
from sightline.errors import ModelError
from sightline.vision.catalogue import ModelEntry
from sightline.vision.crop import Crop
from sightline.vision.face_embedding import only_vector
from sightline.vision.network import Network, fill, unit_rows
from sightline.vision.runtime import Precision, Runtime

SIZE = (128, 256)
"""Width and height."""
IMAGENET_MEAN = (255 * 0.485, 255 * 0.456, 255 * 0.406)
IMAGENET_STD = (255 * 0.229, 255 * 0.224, 255 * 0.225)


class AppearanceModel:
    """A model that takes a crop of a whole person and gives a vector.

    Attributes:
        name: as in the catalogue; vectors of different models are never compared.
        dimension: numbers in a vector, 512 for OSNet, read from the file.
        batch: how many people one call of the model looks at.
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
            entry: gives the name.
            path: an ONNX file.
            runtime, precision, threads: see `Network`.

        Raises:
            ModelError: missing, damaged, or not a model of one vector for a person.
            ConfigError: the runtime is not installed or cannot compute in that precision.
        """
        self.name = entry.name
        self._network = Network(
            entry.name, path, trial_size=SIZE, runtime=runtime, precision=precision, threads=threads
        )
        self._size = (self._network.width or SIZE[0], self._network.height or SIZE[1])
        if self._size[0] >= self._size[1]:
            raise ModelError(
                f"{path.name}: takes {self._size[0]}x{self._size[1]} pixels; a model for whole people takes"
                f" pictures higher than wide, {SIZE[0]}x{SIZE[1]}"
            )
        self.dimension = only_vector(path.name, self._network.trial)
        self.batch = self._network.batch

    def facts(self) -> dict[str, str | int | float]:
        """See `Network.facts`, with the dimension."""
        return {**self._network.facts(), "dimension": self.dimension}

    def vectors(self, people: Sequence[Crop]) -> FloatArray:
        """One vector for each person.

        Args:
            people: the box of one person each, without margin; stretched to the model's size.

        Returns:
            float32 (N, dimension), each of length 1.

        Raises:
            ModelError: the runtime failed on them.
        """
        blob = np.empty((len(people), 3, self._size[1], self._size[0]), np.float32)
        for plane, person in zip(blob, people, strict=True):
            pixels = person.picture.scaled(*self._size, "rgb24")
            fill(plane, pixels, mean=IMAGENET_MEAN, std=IMAGENET_STD)
        rows = [answer[0].reshape(-1) for answer in self._network.answers(blob)]
        return unit_rows(np.array(rows, np.float32).reshape(-1, self.dimension))
