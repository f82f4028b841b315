"""Finds faces in crops of people, or in whole pictures."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sightline.domain.detection import FloatArray
from sightline.vision.catalogue import ModelEntry
from sightline.vision.crop import Crop
from sightline.vision.faces import Faces
from sightline.vision.letterbox import Placement
from sightline.vision.network import Answer, Network, fill
from sightline.vision.nms import suppress
from sightline.vision.runtime import Precision, Runtime
from sightline.vision.scrfd import MEAN, NMS_IOU, STD, ScrfdLayout

Size = tuple[int, int]

CONFIDENCE = 0.5
STEP = 32
"""Sides of an input are multiples of the coarsest stride."""
SHORTEST = 64
"""A smaller input has no whole cell around a face; what is smaller is padded."""


class FaceDetector:
    """A model of the SCRFD family; its layout is recognised from what it answers.

    Attributes:
        name: as in the catalogue.
        batch: how many crops one call of the model looks at.
    """

    def __init__(
        self,
        entry: ModelEntry,
        path: Path,
        *,
        longest: int = 640,
        runtime: Runtime = "auto",
        precision: Precision = "f32",
        threads: int = 1,
    ) -> None:
        """Open a model and run it once.

        Args:
            entry: gives the name and the least score of a face.
            path: an ONNX file.
            longest: longer side of the input for a model that takes any size. Crops are scaled down to it
                and never up: a face too small to be found is too small to be used.
            runtime, precision, threads: see `Network`.

        Raises:
            ModelError: missing, damaged, or of another family.
            ConfigError: the runtime is not installed or cannot compute in that precision.
        """
        self.name = entry.name
        self._longest = max(SHORTEST, longest // STEP * STEP)
        trial = (self._longest, self._longest)
        self._network = Network(
            entry.name, path, trial_size=trial, runtime=runtime, precision=precision, threads=threads
        )
        self._fixed = (self._network.width, self._network.height)
        tried = (self._fixed[0] or trial[0], self._fixed[1] or trial[1])
        self._layout = ScrfdLayout.recognise(path.name, self._network.trial, tried)
        self._confidence = CONFIDENCE if entry.confidence is None else entry.confidence
        self.batch = self._network.batch

    def facts(self) -> dict[str, str | int | float]:
        """See `Network.facts`, with the least score of a face."""
        return {**self._network.facts(), "confidence": self._confidence}

    def detect(self, crops: Sequence[Crop]) -> list[Faces]:
        """The faces in each crop, in pixels of the whole picture, best score first.

        An answer depends on its crop alone: only crops of one input size share a call of the model.

        Raises:
            ModelError: the runtime failed on them.
        """
        found = [Faces.none()] * len(crops)
        by_size: dict[Size, list[int]] = {}
        for place, crop in enumerate(crops):
            by_size.setdefault(self._input_size(crop), []).append(place)
        for size, places in by_size.items():
            for first in range(0, len(places), self.batch):
                some = places[first : first + self.batch]
                blob = np.full((len(some), 3, size[1], size[0]), -MEAN / STD, np.float32)
                placements = [self._fill(blob[row], crops[place]) for row, place in enumerate(some)]
                answers = self._network.answers(blob)
                for place, placement, answer in zip(some, placements, answers, strict=True):
                    found[place] = self._read(answer, size, placement, crops[place])
        return found

    def _input_size(self, crop: Crop) -> Size:
        width, height = crop.picture.width, crop.picture.height
        scale = min(1.0, self._longest / max(width, height))
        free = [max(SHORTEST, STEP * math.ceil(side * scale / STEP)) for side in (width, height)]
        return self._fixed[0] or free[0], self._fixed[1] or free[1]

    def _fill(self, plane: FloatArray, crop: Crop) -> Placement:
        """Lay a crop into the top-left corner of an input whose rest is black."""
        picture, room = (crop.picture.width, crop.picture.height), (plane.shape[2], plane.shape[1])
        if self._fixed[0] is None and self._fixed[1] is None:
            room = (min(room[0], picture[0]), min(room[1], picture[1]))
        placement = Placement.fit(picture, room, centred=False)
        fill(plane, crop.picture.scaled(placement.width, placement.height, "rgb24"), mean=MEAN, std=STD)
        return placement

    def _read(self, answer: Answer, size: Size, placement: Placement, crop: Crop) -> Faces:
        boxes, scores, landmarks = self._layout.faces(answer, size, self._confidence)
        if not len(scores):
            return Faces.none()
        kept = suppress(boxes, scores, iou=NMS_IOU)
        limits = np.array([crop.picture.width, crop.picture.height] * 2, np.float32)
        inside = np.clip(placement.undo(boxes[kept]), 0, limits)
        # `undo` moves two points at once: each is given twice.
        points: FloatArray = placement.undo(np.tile(landmarks[kept].reshape(-1, 2), (1, 2)))
        faces = Faces(inside, scores[kept], points[:, :2].reshape(-1, 5, 2))
        real = (inside[:, 2] > inside[:, 0]) & (inside[:, 3] > inside[:, 1])
        return faces.at(real).moved(crop.offset)
