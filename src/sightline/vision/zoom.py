"""A second, closer look at far places, where people are too small in the picture scaled for the model."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sightline.domain.detection import Detections, FloatArray
from sightline.domain.overlap import box_areas
from sightline.vision.nms import suppress
from sightline.vision.picture import Detector, Picture

BoolArray = npt.NDArray[np.bool_]
RelativeBox = tuple[float, float, float, float]
"""Left, top, right, bottom in shares of the picture, 0..1."""

SIDE_MARGIN, HEAD_ROOM = 0.03, 0.12
"""Added around a zone, in shares of the picture: feet stand in the zone, heads reach above it."""
SAME_PERSON_IOU = 0.5
SAME_PERSON_SHARE = 0.5
"""A box from afar of which a closer one covers so much, or that covers so much of a closer one, is the same
person: small boxes are vague."""
CUT_PX = 4
"""A box that ends this close to the border of a crop shows a part of a person."""
HIDDEN_SHARE = 0.8
LEAST_GAIN = 1.2
"""A crop that would not be shown larger than this, against the whole picture, is not worth a look."""


def box_around(points: Sequence[tuple[float, float]]) -> RelativeBox:
    """The box that shows everybody whose feet are in the polygon `points`, relative coordinates."""
    across, down = [x for x, _ in points], [y for _, y in points]
    return (
        max(0.0, min(across) - SIDE_MARGIN),
        max(0.0, min(down) - HEAD_ROOM),
        min(1.0, max(across) + SIDE_MARGIN),
        min(1.0, max(down) + SIDE_MARGIN),
    )


class ZoomDetector:
    """See `Detector`. Shows another detector the whole picture, and parts of it at full resolution.

    The other one must judge each picture by itself: `builtin` learns a scene and cannot be shown parts.
    Every box costs as much as one more picture.
    """

    def __init__(self, detector: Detector, boxes: Sequence[RelativeBox]) -> None:
        """`boxes`: the parts, as `box_around` gives them.

        Raises:
            ValueError: a box that is not in 0..1, or a detector that needs every picture.
        """
        if detector.needs_every_picture:
            raise ValueError(f"{detector.name} learns from picture to picture; it cannot be shown parts")
        for box in boxes:
            if not (0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1):
                raise ValueError(f"a zoomed box must be left, top, right, bottom in 0..1, got {box}")
        self._detector = detector
        self._boxes = tuple(boxes)
        self.name, self.note, self.parallel = detector.name, detector.note, detector.parallel
        self.needs_every_picture = False
        self.batch = max(1, detector.batch // (1 + len(self._boxes)))

    def facts(self) -> dict[str, str | int | float]:
        """See `Detector.facts`; `zoomed` is the number of parts that are looked at closely."""
        return {**self._detector.facts(), "zoomed": len(self._boxes)}

    def detect(self, picture: Picture) -> Detections:
        """See `Detector.detect`."""
        return self.detect_many([picture])[0]

    def detect_many(self, pictures: Sequence[Picture]) -> list[Detections]:
        """See `Detector.detect_many`."""
        crops = [self._crops(picture.width, picture.height) for picture in pictures]
        shown: list[Picture] = []
        for picture, places in zip(pictures, crops, strict=True):
            shown += [picture, *(picture.cropped(*place) for place in places)]
        answers = iter(self._detector.detect_many(shown))
        return [
            _merged(next(answers), [(place, next(answers)) for place in places], picture)
            for picture, places in zip(pictures, crops, strict=True)
        ]

    def _crops(self, width: int, height: int) -> list[tuple[int, int, int, int]]:
        """The parts in pixels, even; without those that fill the picture anyway."""
        crops = []
        for left, top, right, bottom in self._boxes:
            x1, y1 = 2 * math.floor(left * width / 2), 2 * math.floor(top * height / 2)
            x2 = min(width - width % 2, 2 * math.ceil(right * width / 2))
            y2 = min(height - height % 2, 2 * math.ceil(bottom * height / 2))
            if x2 > x1 and y2 > y1 and min(width / (x2 - x1), height / (y2 - y1)) >= LEAST_GAIN:
                crops.append((x1, y1, x2, y2))
        return crops


def _merged(
    whole: Detections, parts: Sequence[tuple[tuple[int, int, int, int], Detections]], picture: Picture
) -> Detections:
    """One box per person, best score first; where both saw somebody, the closer look's."""
    boxes, scores = [np.empty((0, 4), np.float32)], [np.empty(0, np.float32)]
    for place, found in parts:
        shifted = found.boxes + np.array([place[0], place[1], place[0], place[1]], np.float32)
        kept = ~_cut(shifted, place, picture) & ~_part_of_somebody(shifted, whole.boxes, place)
        boxes.append(shifted[kept])
        scores.append(found.scores[kept])
    closer = Detections(np.concatenate(boxes), np.concatenate(scores))
    places = np.array([place for place, _ in parts], np.float32).reshape(-1, 4)
    rest = whole.where(~_seen_closer(whole.boxes, closer.boxes, places))
    everyone = Detections(
        np.concatenate([closer.boxes, rest.boxes]), np.concatenate([closer.scores, rest.scores])
    )
    rank = everyone.scores + 2 * (np.arange(len(everyone)) < len(closer))
    chosen = suppress(everyone.boxes, rank.astype(np.float32), iou=SAME_PERSON_IOU)
    best_first = chosen[np.argsort(-everyone.scores[chosen], kind="stable")]
    return Detections(everyone.boxes[best_first], everyone.scores[best_first])


def _seen_closer(boxes: FloatArray, closer: FloatArray, places: FloatArray) -> BoolArray:
    """Which boxes of the whole picture lie in a crop, on somebody who was seen there closely."""
    inside = np.any(_covered_share(boxes, places) >= HIDDEN_SHARE, axis=1)
    shares = np.maximum(_covered_share(boxes, closer), _covered_share(closer, boxes).T)
    again: BoolArray = inside & np.any(shares >= SAME_PERSON_SHARE, axis=1)
    return again


def _cut(boxes: FloatArray, place: tuple[int, int, int, int], picture: Picture) -> BoolArray:
    """Which boxes end at a border of the crop that is not one of the picture."""
    x1, y1, x2, y2 = place
    inner = np.array([x1 > 0, y1 > 0, x2 < picture.width - 1, y2 < picture.height - 1])
    inwards = (boxes - np.array([x1, y1, x2, y2], np.float32)) * np.array([1, 1, -1, -1], np.float32)
    cut: BoolArray = np.any((inwards < CUT_PX) & inner, axis=1)
    return cut


def _part_of_somebody(boxes: FloatArray, whole: FloatArray, place: tuple[int, int, int, int]) -> BoolArray:
    """Which boxes lie in that of a person who reaches out of the crop: an arm, or the half that it shows."""
    crop = np.array([place], np.float32)
    reaching = whole[_covered_share(whole, crop)[:, 0] < HIDDEN_SHARE]
    hidden: BoolArray = np.any(_covered_share(boxes, reaching) >= HIDDEN_SHARE, axis=1)
    return hidden


def _covered_share(boxes: FloatArray, covers: FloatArray) -> FloatArray:
    """How much of each of `boxes`, (N, 4), each of `covers`, (M, 4), hides: (N, M) in [0, 1]."""
    top_left = np.maximum(boxes[:, None, :2], covers[None, :, :2])
    bottom_right = np.minimum(boxes[:, None, 2:], covers[None, :, 2:])
    common = np.clip(bottom_right - top_left, 0, None).prod(axis=2)
    share: FloatArray = common / np.maximum(box_areas(boxes), 1e-6)[:, None]
    return share
