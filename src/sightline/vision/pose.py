"""Seventeen points of each person: YOLO11-pose on whole pictures or on crops of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sightline.domain.detection import FloatArray
from sightline.domain.overlap import pairwise_iou
from sightline.errors import ModelError
from sightline.vision.catalogue import ModelEntry
from sightline.vision.crop import Crop
from sightline.vision.layout import FINEST_TO_COARSEST
from sightline.vision.letterbox import PAD_GREY, Letterbox, Placement
from sightline.vision.network import Network
from sightline.vision.nms import suppress
from sightline.vision.onnx_detector import SIDE_WHEN_FREE
from sightline.vision.runtime import Precision, Runtime

POINTS = 17
ROWS = 5 + 3 * POINTS
CONFIDENCE, NMS_IOU, GAIN = 0.25, 0.5, 1 / 255
LEAST_CELL = 200
"""Input pixels on each side that one person takes at least. A call costs the same whatever it shows: people
are laid side by side. Nine in 640 x 640 are told right as often as one alone; sixteen are not."""
LEAST_GAP = 16
"""Input pixels of grey between two crops at least."""
CROP_MARGIN = 0.2
"""Body heights around a person that a crop should show: the model was trained on people in scenes."""
SAME_PERSON_IOU = 0.4
"""A pose in a crop belongs to the person whose box was cut when their boxes overlap by this much."""


@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """People with their points, best score first.

    Attributes:
        boxes: float32 (N, 4), xyxy pixels of the whole picture.
        scores: float32 (N,), in [0, 1].
        points: float32 (N, 17, 3): x and y in pixels of the whole picture, and how visible, 0..1. COCO's
            order: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles, of each pair the person's
            own left one first. A point that is not visible still has a place, which is a guess.
    """

    boxes: FloatArray
    scores: FloatArray
    points: FloatArray

    def __post_init__(self) -> None:
        count = len(self.scores)
        if self.boxes.shape != (count, 4) or self.points.shape != (count, POINTS, 3):
            raise ValueError(
                f"boxes must be (N, 4) and points (N, {POINTS}, 3) for N = {count},"
                f" got {self.boxes.shape} and {self.points.shape}"
            )

    @classmethod
    def none(cls) -> "Poses":
        return cls(
            np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty((0, POINTS, 3), np.float32)
        )

    def __len__(self) -> int:
        return len(self.scores)

    def at(self, places: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Poses":
        """Those at some places, or where a mask is true."""
        return Poses(self.boxes[places], self.scores[places], self.points[places])


class PoseModel:
    """A model of the YOLO11-pose layout, (1, 56, cells): box, score of a person, 17 x (x, y, visible).

    Attributes:
        name: as in the catalogue.
        batch: how many inputs one call of the model takes.
        group: how many people `of_people` lays into one input.
    """

    def __init__(
        self,
        entry: ModelEntry,
        path: Path,
        *,
        runtime: Runtime = "auto",
        precision: Precision = "f32",
        threads: int = 1,
        across: int | None = None,
    ) -> None:
        """Open a model and run it once.

        Args:
            entry: gives the name and the least score of a person.
            path: an ONNX file.
            runtime, precision, threads: see `Network`.
            across: people side by side in one input, and rows of them; None: as many as have `LEAST_CELL`.

        Raises:
            ModelError: missing, damaged, or of another layout.
            ConfigError: the runtime is not installed or cannot compute in that precision.
        """
        self.name = entry.name
        free = (SIDE_WHEN_FREE, SIDE_WHEN_FREE)
        self._network = Network(
            entry.name, path, trial_size=free, runtime=runtime, precision=precision, threads=threads
        )
        self._size = (self._network.width or free[0], self._network.height or free[1])
        _refuse(path.name, self._network.trial, self._size)
        self._confidence = CONFIDENCE if entry.confidence is None else entry.confidence
        self.batch = self._network.batch
        self._across = max(1, min(self._size) // LEAST_CELL) if across is None else across
        self.group = self._across**2

    def facts(self) -> dict[str, str | int | float]:
        """See `Network.facts`, with the least score of a person."""
        return {**self._network.facts(), "confidence": self._confidence}

    def detect(self, crops: Sequence[Crop]) -> list[Poses]:
        """Everybody in each crop; a whole picture is a crop like any other.

        Raises:
            ModelError: the runtime failed on them.
        """
        return self._look(crops, across=1)

    def of_people(self, crops: Sequence[Crop], people: FloatArray) -> list[Poses]:
        """The pose of the one person that each crop was cut for: one entry, or none when it shows none.

        Every crop gets a cell of the same size, however many there are: what is told of one does not depend
        on how many others wait.

        Args:
            crops: cut around each of `people`, with `CROP_MARGIN`; of any pictures.
            people: float32 (N, 4), xyxy pixels of the whole picture.

        Raises:
            ModelError: the runtime failed on them.
        """
        chosen = []
        for poses, box in zip(self._look(crops, across=self._across), people, strict=True):
            overlap = pairwise_iou(poses.boxes, np.asarray(box, np.float32)[None])[:, 0]
            best = np.argsort(-overlap, kind="stable")[:1]
            chosen.append(poses.at(best[overlap[best] >= SAME_PERSON_IOU]))
        return chosen

    def _look(self, crops: Sequence[Crop], *, across: int) -> list[Poses]:
        """Everybody in each crop, `across` x `across` of them in one input."""
        cells = _cells(self._size, across)
        sheets = [crops[first : first + len(cells)] for first in range(0, len(crops), len(cells))]
        found: list[Poses] = []
        for first in range(0, len(sheets), self.batch):
            some = sheets[first : first + self.batch]
            blob = np.full((len(some), 3, self._size[1], self._size[0]), PAD_GREY * GAIN, np.float32)
            placements = [
                [cell.fill(plane, crop) for cell, crop in zip(cells, sheet, strict=False)]
                for plane, sheet in zip(blob, some, strict=True)
            ]
            for answer, sheet, laid in zip(self._network.answers(blob), some, placements, strict=True):
                rows = answer[0][0]
                sure = rows[:, rows[4] >= self._confidence].T
                found += [_read(sure, *one) for one in zip(cells, laid, sheet, strict=False)]
        return found


@dataclass(frozen=True, slots=True)
class _Cell:
    """A part of the input that shows one crop.

    Attributes:
        left, top, right, bottom: input pixels that hold the crop.
        reach: xyxy, up to where its own poses lie; endless where the cell has no neighbour.
    """

    left: int
    top: int
    right: int
    bottom: int
    reach: FloatArray

    def fill(self, plane: FloatArray, crop: Crop) -> Placement:
        """Lay a crop into its place of an input, float32 (3, H, W); says where within the cell it lies."""
        inner = plane[None, :, self.top : self.bottom, self.left : self.right]
        width, height = self.right - self.left, self.bottom - self.top
        return Letterbox(width, height, centred=True, pixels="rgb24", gain=GAIN, blob=inner).fill(
            crop.picture
        )

    def holds(self, points: FloatArray) -> npt.NDArray[np.bool_]:
        """Whether points (..., 2), xy input pixels, lie in the cell or in the grey around its crop."""
        inside: npt.NDArray[np.bool_] = np.all(
            (points >= self.reach[:2]) & (points <= self.reach[2:]), axis=-1
        )
        return inside


def _cells(size: tuple[int, int], across: int) -> list[_Cell]:
    """The cells of an input of some width and height, row after row; a single one is all of it."""
    columns, rows = (_spans(side, across) for side in size)
    return [
        _Cell(left, top, right, bottom, np.array([west, north, east, south], np.float32))
        for top, bottom, north, south in rows
        for left, right, west, east in columns
    ]


def _spans(side: int, across: int) -> list[tuple[int, int, float, float]]:
    """Begin and end of each cell along one side, and how far it reaches: to the middles of the gaps.

    Cells begin at multiples of the coarsest stride. A person then lies on the model's grid the same way in
    each, which makes their points move a third as much from cell to cell as they do otherwise.
    """
    if across == 1:
        return [(0, side, -np.inf, np.inf)]
    stride = FINEST_TO_COARSEST[-1]
    length = (side // across - LEAST_GAP) // stride * stride
    step = (side - length) // (across - 1) // stride * stride
    middles = [number * step - (step - length) / 2 for number in range(1, across)]
    reaches = pairwise((-np.inf, *middles, np.inf))
    return [(place * step, place * step + length, *reach) for place, reach in enumerate(reaches)]


def _read(sure: FloatArray, cell: _Cell, placement: Placement, crop: Crop) -> Poses:
    """The poses of one cell, in pixels of the whole picture.

    A box that reaches into another cell is nobody's: it may be two people taken for one. A point that lies
    there is not seen.

    Args:
        sure: (N, 56), what the model is sure enough of in the whole input.
    """
    half = sure[:, 2:4] / 2
    boxes = np.concatenate([sure[:, :2] - half, sure[:, :2] + half], axis=1)
    own = cell.holds(boxes[:, :2]) & cell.holds(boxes[:, 2:])
    sure, boxes = sure[own], boxes[own]
    if not len(sure):
        return Poses.none()
    kept = suppress(boxes, sure[:, 4], iou=NMS_IOU)
    corner = np.array([cell.left, cell.top], np.float32)
    size = np.array([crop.picture.width, crop.picture.height] * 2, np.float32)
    inside = np.clip(placement.undo(boxes[kept] - np.tile(corner, 2)), 0, size) + np.tile(crop.offset, 2)
    points = sure[kept, 5:].reshape(-1, POINTS, 3)
    seen = points[:, :, 2:] * cell.holds(points[:, :, :2])[:, :, None]
    # `undo` moves two points at once: each is given twice.
    places = placement.undo(np.tile(points[:, :, :2].reshape(-1, 2) - corner, (1, 2)))[:, :2] + crop.offset
    points = np.concatenate([places.reshape(-1, POINTS, 2), seen], axis=2)
    real = (inside[:, 2] > inside[:, 0]) & (inside[:, 3] > inside[:, 1])
    return Poses(inside, sure[kept, 4], points).at(real)


def pose_of_each(poses: Poses, people: FloatArray) -> list[int | None]:
    """Whose poses these are, when the whole picture was looked at: the best overlaps first, each once.

    Args:
        poses: of one picture.
        people: float32 (N, 4), xyxy pixels of that picture.

    Returns:
        For each person the place of their pose in `poses`, or None.
    """
    owners: list[int | None] = [None] * len(people)
    if not len(poses) or not len(people):
        return owners
    overlap = pairwise_iou(people, poses.boxes)
    taken: set[int] = set()
    for place in np.argsort(-overlap, axis=None, kind="stable"):
        person, pose = divmod(int(place), len(poses))
        if overlap[person, pose] < SAME_PERSON_IOU:
            break
        if owners[person] is None and pose not in taken:
            owners[person] = pose
            taken.add(pose)
    return owners


def _refuse(file: str, trial: Sequence[FloatArray], size: tuple[int, int]) -> None:
    """Raise ModelError for what would be misread."""
    cells = sum((size[0] // stride) * (size[1] // stride) for stride in FINEST_TO_COARSEST)
    if [output.shape for output in trial] != [(1, ROWS, cells)]:
        shown = ", ".join(str(output.shape) for output in trial)
        raise ModelError(
            f"{file}: answers {shown} to {size[0]}x{size[1]} pixels; a model of {POINTS} body points"
            f" answers (1, {ROWS}, {cells})"
        )
    seen = trial[0][0, [4, *range(7, ROWS, 3)]]
    if seen.min() < 0 or seen.max() > 1:
        raise ModelError(f"{file}: scores are not between 0 and 1; export it with its sigmoid")
