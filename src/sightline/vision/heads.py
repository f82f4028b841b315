"""Where the faces and heads in one picture are, for pictures in which nobody is to be recognised."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from sightline.domain.covering import grown
from sightline.domain.detection import FloatArray
from sightline.vision.crop import Crop, cut, whole
from sightline.vision.face_detection import FaceDetector
from sightline.vision.faces import face_of_each
from sightline.vision.nms import suppress
from sightline.vision.picture import ArrayPicture, Detector, Picture

FACE_MARGIN = 0.35
"""A face detector's box ends at forehead, chin and cheeks; this share of it is added on each side."""
HEAD_OF_BODY, HEAD_OF_WIDTH = 0.25, 0.65
"""A head is so much of the height of a person's box, or of its width where the box ends at the waist."""
HEAD_WITHOUT_FACES = 0.5
"""Where nothing looks for faces: somebody who bends over the counter has them in the middle of the box."""
ABOVE = 0.12
"""How far above the box a head may reach, in its own height: boxes end at the hair."""
ENLARGED_BELOW = 256
"""People less tall than this are looked at again, enlarged, where no face of theirs was found."""
MOST_ENLARGED = 3.0
CLOSER_ABOVE = 960
"""In larger pictures people are looked for in four overlapping parts, too: a model that is shown the whole at
416 pixels does not see who stands at the far end."""
OVERLAP = 0.1
SAME_PERSON_IOU = 0.5
"""Who is found in two parts is looked at enlarged once."""
CUT_PX = 4
"""A box that ends this close to the upper border of a part shows no head; another part does."""


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """What is to be covered in one picture.

    Attributes:
        faces: float32 (N, 4), xyxy pixels: each face found, with a margin.
        heads: float32 (M, 4), likewise: the upper end of each person found, seen from whatever side.
    """

    faces: FloatArray
    heads: FloatArray


class HeadFinder:
    """Looks for people and faces, one picture at a time.

    Safe to use from several threads.
    """

    def __init__(self, people: Detector, faces: FaceDetector | None) -> None:
        """Both are used as they are opened.

        Args:
            people: one that sees people who stand still.
            faces: None where there is no model; then half of each person is a head.
        """
        self._people = people
        self._faces = faces
        self._guard = threading.Lock()

    def find(self, picture: Picture) -> Heads:
        """The faces and heads in a picture.

        Raises:
            ModelError: a model failed on it.
        """
        with self._guard:
            people = self._find_people(picture)
            faces = self._find_faces(picture, people)
        least = HEAD_OF_BODY if self._faces is not None else HEAD_WITHOUT_FACES
        return Heads(grown(faces, FACE_MARGIN), heads_of(people, least))

    def _find_people(self, picture: Picture) -> FloatArray:
        """Everybody, some of them more than once: what is covered twice is covered."""
        found = [self._people.detect(picture).boxes]
        for left, top, right, bottom in parts_of(picture.width, picture.height):
            boxes = self._people.detect(picture.cropped(left, top, right, bottom)).boxes
            shows_head = (boxes[:, 1] >= CUT_PX) | (top == 0)
            found.append(boxes[shows_head] + np.array([left, top, left, top], np.float32))
        return np.concatenate(found)

    def _find_faces(self, picture: Picture, people: FloatArray) -> FloatArray:
        if self._faces is None:
            return np.empty((0, 4), np.float32)
        (seen,) = self._faces.detect([whole(picture)])
        each = people[suppress(people, np.ones(len(people), np.float32), iou=SAME_PERSON_IOU)]
        faceless = [
            box
            for box, owner in zip(each, face_of_each(seen, each), strict=True)
            if owner is None and box[3] - box[1] < ENLARGED_BELOW
        ]
        return np.concatenate([seen.boxes, self._enlarged(picture, faceless)])

    def _enlarged(self, picture: Picture, boxes: Sequence[FloatArray]) -> FloatArray:
        """Faces in enlarged copies of people, in pixels of the picture."""
        found = [np.empty((0, 4), np.float32)]
        for crop in cut(picture, boxes, margin=0.1):
            longer = max(crop.picture.width, crop.picture.height)
            scale = min(MOST_ENLARGED, ENLARGED_BELOW / longer)
            if scale <= 1 or self._faces is None:
                continue
            pixels = cv2.resize(crop.bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            larger = ArrayPicture(np.asarray(pixels, np.uint8), crop.picture.captured_at)
            (faces,) = self._faces.detect([Crop(larger)])
            found.append(faces.boxes / np.float32(scale) + np.tile(crop.offset, 2))
        return np.concatenate(found)


def parts_of(width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Where people are looked for besides the whole picture: xyxy pixels, even."""
    if max(width, height) <= CLOSER_ABOVE:
        return []
    wide = round(width * (0.5 + OVERLAP / 2) / 2) * 2
    high = round(height * (0.5 + OVERLAP / 2) / 2) * 2
    right, bottom = width // 2 * 2, height // 2 * 2
    across = ((0, wide), (right - wide, right))
    down = ((0, high), (bottom - high, bottom))
    return [(x1, y1, x2, y2) for y1, y2 in down for x1, x2 in across]


def heads_of(people: FloatArray, least: float = HEAD_OF_BODY) -> FloatArray:
    """The upper ends of people.

    Args:
        people: float32 (N, 4), xyxy pixels.
        least: of the height of a person's box.

    Returns:
        float32 (N, 4), as wide as the person, since a head may be anywhere across.
    """
    width, height = people[:, 2] - people[:, 0], people[:, 3] - people[:, 1]
    tall = np.minimum(height, np.maximum(least * height, HEAD_OF_WIDTH * width))
    top = people[:, 1] - ABOVE * tall
    boxes: FloatArray = np.stack([people[:, 0], top, people[:, 2], people[:, 1] + tall], axis=1)
    return boxes
