"""Faces found in a picture, and whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightline.domain.detection import FloatArray
from sightline.vision.nms import suppress

HEAD_BELOW_TOP = 0.1
"""Where the middle of a face is expected, in body heights below the top of a person's box."""
FARTHEST = 0.35
"""Body heights between that place and a face beyond which it is somebody else's."""
SAME_FACE_IOU = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Faces of one picture, best score first.

    Attributes:
        boxes: float32 (N, 4), xyxy pixels of the whole picture.
        scores: float32 (N,), in [0, 1].
        landmarks: float32 (N, 5, 2), xy pixels: left eye, right eye, nose, left and right corner of the
            mouth, left and right as seen in the picture.
    """

    boxes: FloatArray
    scores: FloatArray
    landmarks: FloatArray

    def __post_init__(self) -> None:
        count = len(self.scores)
        if self.boxes.shape != (count, 4) or self.landmarks.shape != (count, 5, 2):
            raise ValueError(
                f"boxes must be (N, 4) and landmarks (N, 5, 2) for N = {count},"
                f" got {self.boxes.shape} and {self.landmarks.shape}"
            )

    @classmethod
    def none(cls) -> "Faces":
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty((0, 5, 2), np.float32))

    def __len__(self) -> int:
        return len(self.scores)

    def at(self, places: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Faces":
        """Those at some places, or where a mask is true."""
        return Faces(self.boxes[places], self.scores[places], self.landmarks[places])

    def moved(self, offset: FloatArray) -> "Faces":
        """The same faces, `offset` (2,) pixels further right and down."""
        return Faces(self.boxes + np.tile(offset, 2), self.scores, self.landmarks + offset)


def together(found: Sequence[Faces]) -> Faces:
    """The faces of several crops of one picture, each once: people who stand close show up in both crops.

    Args:
        found: in pixels of the whole picture.
    """
    everyone = [faces for faces in found if len(faces)]
    if not everyone:
        return Faces.none()
    faces = Faces(
        np.concatenate([one.boxes for one in everyone]),
        np.concatenate([one.scores for one in everyone]),
        np.concatenate([one.landmarks for one in everyone]),
    )
    return faces.at(suppress(faces.boxes, faces.scores, iou=SAME_FACE_IOU))


def face_of_each(faces: Faces, people: FloatArray) -> list[int | None]:
    """Whose faces these are: the best pairs first, each face and each person once.

    A face belongs where a head is expected: in the middle of the upper end of a person's box. Of two people
    whose boxes overlap, the one whose head is nearer has it.

    Args:
        faces: found in one picture, the same face once: see `together`.
        people: float32 (N, 4), xyxy pixels of that picture.

    Returns:
        For each person the place of their face in `faces`, or None.
    """
    owners: list[int | None] = [None] * len(people)
    if not len(faces) or not len(people):
        return owners
    middles = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    heights = people[:, 3] - people[:, 1]
    heads = np.stack([(people[:, 0] + people[:, 2]) / 2, people[:, 1] + HEAD_BELOW_TOP * heights], axis=1)
    away = np.linalg.norm(heads[:, None] - middles[None], axis=2) / np.maximum(heights, 1)[:, None]
    inside = np.all((middles[None] >= people[:, None, :2]) & (middles[None] <= people[:, None, 2:]), axis=2)
    taken: set[int] = set()
    for place in np.argsort(np.where(inside & (away <= FARTHEST), away, np.inf), axis=None, kind="stable"):
        person, face = divmod(int(place), len(faces))
        if not inside[person, face] or away[person, face] > FARTHEST:
            break
        if owners[person] is None and face not in taken:
            owners[person] = face
            taken.add(face)
    return owners
