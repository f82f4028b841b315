"""A detector made of a model file: letterbox, session, layout, suppression."""

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sightline.domain.detection import Detections, FloatArray
from sightline.errors import ModelError
from sightline.vision.layout import Layout, ModelTraits
from sightline.vision.letterbox import Letterbox, Placement
from sightline.vision.nms import suppress
from sightline.vision.picture import Picture
from sightline.vision.runtime import Precision, Runtime, Session, cores, open_session
from sightline.vision.yolo import YoloLayout
from sightline.vision.yolox import YoloxLayout

LAYOUTS: tuple[type[Layout], ...] = (YoloLayout, YoloxLayout)
SIDE_WHEN_FREE = 640
"""Input side for a model that takes any size: what these families are trained at."""
MOST_AT_ONCE = 8
"""Pictures given in one call to a model whose batch dimension is free."""


class OnnxDetector:
    """See `Detector`. The family is recognised from what the model answers, never from its file name."""

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        confidence: float | None = None,
        runtime: Runtime = "auto",
        precision: Precision = "f32",
        threads: int = 0,
        parallel: int = 1,
    ) -> None:
        """Open a model and run it once.

        Args:
            name: what the manifest calls it.
            path: an ONNX file.
            confidence: least score of a detection; None = the family's own.
            runtime, precision, threads: see `open_session`.
            parallel: how many pictures may be looked at at once, each from a thread of its own; 0 = one per
                core.

        Raises:
            ModelError: the file is missing, damaged or of an unknown layout.
            ConfigError: the runtime is not installed or cannot compute in that precision.
        """
        self.name = name
        self.note = ""
        self.parallel = parallel or threads or cores()
        self.needs_every_picture = False
        self._session = open_session(
            path, runtime=runtime, precision=precision, threads=threads, streams=self.parallel
        )
        width, height = _input_size(path, self._session)
        answer = self._session.run(np.zeros((1, 3, height, width), np.float32))
        shapes = tuple(tuple(int(side) for side in output.shape) for output in answer)
        traits = ModelTraits(path.name, width, height, shapes, self._session.metadata)
        self._layout = _recognise(traits)
        self._layout.refuse(answer, traits)
        self.batch = MOST_AT_ONCE if _takes_several(self._session, answer, (width, height)) else 1
        self._input_size = (width, height)
        self._mine = threading.local()
        self._confidence = self._layout.confidence if confidence is None else confidence
        self._sha256 = _sha256(path)

    def facts(self) -> dict[str, str | int | float]:
        """See `Detector.facts`."""
        return {
            "name": self.name,
            "sha256": self._sha256,
            "runtime": self._session.runtime,
            "precision": self._session.precision,
            "confidence": self._confidence,
        }

    def detect(self, picture: Picture) -> Detections:
        """See `Detector.detect`.

        Raises:
            ModelError: the runtime failed on this picture.
        """
        return self._detect_at_once([picture])[0]

    def detect_many(self, pictures: Sequence[Picture]) -> list[Detections]:
        """See `Detector.detect_many`: `batch` pictures in each call of the model.

        Raises:
            ModelError: the runtime failed on these pictures.
        """
        found: list[Detections] = []
        for first in range(0, len(pictures), self.batch):
            found += self._detect_at_once(pictures[first : first + self.batch])
        return found

    def _detect_at_once(self, pictures: Sequence[Picture]) -> list[Detections]:
        """One call of the model for at most `batch` pictures."""
        blob, letterboxes = self._inputs(len(pictures))
        placements = [box.fill(picture) for box, picture in zip(letterboxes, pictures, strict=True)]
        answer = self._session.run(blob)
        return [
            self._read([output[place : place + 1] for output in answer], placement, picture)
            for place, (placement, picture) in enumerate(zip(placements, pictures, strict=True))
        ]

    def _read(self, answer: list[FloatArray], placement: Placement, picture: Picture) -> Detections:
        boxes, scores = self._layout.people(answer, self._confidence)
        if not len(scores):
            return Detections.none()
        kept = suppress(boxes, scores, iou=self._layout.nms_iou)
        return _inside(placement.undo(boxes[kept]), scores[kept], picture)

    def _inputs(self, count: int) -> tuple[FloatArray, list[Letterbox]]:
        """A batch and what fills it, the calling thread's own: used again for the next pictures."""
        kept: list[Letterbox] = getattr(self._mine, "letterboxes", [])
        if len(kept) < count:
            width, height = self._input_size
            self._mine.blob = np.empty((count, 3, height, width), np.float32)
            kept = self._mine.letterboxes = [
                Letterbox(
                    width,
                    height,
                    centred=self._layout.centred,
                    pixels=self._layout.pixels,
                    gain=self._layout.gain,
                    blob=self._mine.blob[place : place + 1],
                )
                for place in range(count)
            ]
        blob: FloatArray = self._mine.blob[:count]
        return blob, kept[:count]


def _inside(boxes: FloatArray, scores: FloatArray, picture: Picture) -> Detections:
    """Clip to the picture and drop what lies in the border or has no area."""
    limits = np.array([picture.width, picture.height] * 2, np.float32)
    clipped = np.clip(boxes, 0, limits)
    real = (clipped[:, 2] > clipped[:, 0]) & (clipped[:, 3] > clipped[:, 1])
    return Detections(clipped, scores).where(real)


def _input_size(path: Path, session: Session) -> tuple[int, int]:
    shape = session.input_shape
    if len(shape) != 4 or shape[1] not in (None, 3) or shape[0] not in (None, 1):
        raise ModelError(f"{path.name}: takes {_shown(shape)}, not one picture (1, 3, height, width)")
    return shape[3] or SIDE_WHEN_FREE, shape[2] or SIDE_WHEN_FREE


def _takes_several(session: Session, single: Sequence[FloatArray], size: tuple[int, int]) -> bool:
    """Whether two pictures in one call give two answers: some exports name the batch free and yet fix it."""
    if session.input_shape[0] is not None:
        return False
    expected = [(2, *output.shape[1:]) for output in single]
    try:
        answer = session.run(np.zeros((2, 3, size[1], size[0]), np.float32))
    except ModelError:
        return False
    return [output.shape for output in answer] == expected


def _recognise(traits: ModelTraits) -> Layout:
    for family in LAYOUTS:
        layout = family.recognise(traits)
        if layout is not None:
            return layout
    outputs = ", ".join(_shown(shape) for shape in traits.outputs)
    raise ModelError(
        f"{traits.file}: unknown layout, {traits.width}x{traits.height} pixels in and {outputs} out; "
        f"known are YOLO11 (1, 4 + classes, {traits.cells}) and YOLOX (1, {traits.cells}, 5 + classes)"
    )


def _shown(shape: Sequence[int | None]) -> str:
    return "(" + ", ".join("any" if side is None else str(side) for side in shape) + ")"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
