"""A detector that needs no model: people are what differs from the empty scene of a fixed camera.

A stop-gap. It takes carried boxes and trolleys for parts of people, needs a camera that does not move, and
sees nothing in a single picture. Any trained model is better.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import cv2
import numpy as np
import numpy.typing as npt

from sightline.domain.detection import Detections
from sightline.vision.background import OUTLINE_MARGIN, Background, Mask
from sightline.vision.blobs import Labelled
from sightline.vision.bodies import Body, find_bodies, whole_bodies
from sightline.vision.grey import with_grey
from sightline.vision.nms import suppress
from sightline.vision.picture import Picture
from sightline.vision.stature import Stature

WORKING_WIDTH = 480
DEFAULT_CONFIDENCE = 0.35
SAME_PERSON_IOU = 0.6
LONGEST_GAP = timedelta(seconds=60)
"""After a longer hole in the footage, or a jump back, the scene is learnt anew."""
GHOST_AFTER_S = 2.0
FURNITURE_AFTER_S = 90.0
"""How long something has to be without any stir before its outline is judged, and before it is furniture."""
STILL_SHARE = 0.93
TRUSTED_COVER = 0.7
WALKING_S = 2.0
"""Size is learnt from people who stir, not from what was put down."""


class MotionDetector:
    """See `Detector`. Pictures must come from one fixed camera, in capture order."""

    def __init__(self, *, confidence: float | None = None) -> None:
        """`confidence`: least score, 0..1; None = this detector's own."""
        self.name = "builtin"
        self.note = ""
        self.parallel = 1
        self.batch = 1
        self.needs_every_picture = True
        self._confidence = DEFAULT_CONFIDENCE if confidence is None else confidence
        self._size = (0, 0)
        self._at: datetime | None = None
        self._background: Background | None = None
        self._stature = Stature(1)

    def facts(self) -> dict[str, str | int | float]:
        """See `Detector.facts`. There is no file, so there is no hash."""
        return {
            "name": self.name,
            "sha256": "",
            "runtime": "numpy, opencv",
            "precision": "f32",
            "confidence": self._confidence,
        }

    def detect(self, picture: Picture) -> Detections:
        """See `Detector.detect`. Nothing is found in the first picture."""
        width = min(WORKING_WIDTH, picture.width)
        height = max(1, round(picture.height * width / picture.width))
        small = picture.scaled(width, height, "bgr24")
        image = np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.uint8)
        at = picture.captured_at
        if self._background is None or self._size != (width, height) or not self._follows(at):
            self._background, self._size = Background(image, at), (width, height)
            self._stature = Stature(height)
            self._at = at
            return Detections.none()
        self._at = at
        mask = self._background.changed(image, at)
        shaded = self._background.shaded()
        parts = Labelled(_joined(mask))
        whole = with_grey(mask, parts.blobs, shaded, self._stature)
        if whole is not mask:
            mask, parts = whole, Labelled(_joined(whole))
        bodies = find_bodies(parts, self._stature, shaded)
        self._learn(self._background, mask, bodies)
        return self._as_detections(bodies, picture, width, height)

    def detect_many(self, pictures: Sequence[Picture]) -> list[Detections]:
        """See `Detector.detect_many`; here they must be of one camera, too."""
        return [self.detect(picture) for picture in pictures]

    def _follows(self, at: datetime) -> bool:
        return self._at is not None and self._at <= at <= self._at + LONGEST_GAP

    def _learn(self, background: Background, mask: Mask, bodies: list[Body]) -> None:
        """Size of people from those seen whole and walking; background from where nobody is."""
        still_s = background.still_s()
        protected = np.zeros_like(mask)
        for body in bodies:
            rows = slice(max(0, int(body.top) - 2), int(body.bottom) + 3)
            columns = slice(max(0, int(body.left) - 2), int(body.right) + 3)
            protected[rows, columns] = mask[rows, columns]
            if (
                body.whole
                and body.cover > TRUSTED_COVER
                and _mostly_below(still_s[rows, columns], GHOST_AFTER_S)
            ):
                self._stature.see(body.bottom, body.bottom - body.top)
        parts = Labelled(mask)
        for body in whole_bodies(parts):
            place = (slice(int(body.top), int(body.bottom)), slice(int(body.left), int(body.right)))
            if body.cover > TRUSTED_COVER and _mostly_below(still_s[place], WALKING_S):
                self._stature.see(body.bottom, body.bottom - body.top)
        background.learn(mask, cv2.dilate(protected, np.ones((7, 7), np.uint8)).astype(np.uint8))
        _absorb_what_is_no_person(background, parts)

    def _as_detections(self, bodies: list[Body], picture: Picture, width: int, height: int) -> Detections:
        sure = [body for body in bodies if body.cover >= self._confidence]
        if not sure:
            return Detections.none()
        scale = np.array([picture.width / width, picture.height / height] * 2, np.float32)
        corners = [(body.left, body.top, body.right, body.bottom) for body in sure]
        limits = np.array([picture.width, picture.height] * 2, np.float32)
        boxes = np.clip(np.array(corners, np.float32) * scale, 0, limits)
        scores = np.array([body.cover for body in sure], np.float32)
        kept = suppress(boxes, scores, iou=SAME_PERSON_IOU)
        found = Detections(boxes[kept], scores[kept])
        return found.where((found.boxes[:, 2] > found.boxes[:, 0]) & (found.boxes[:, 3] > found.boxes[:, 1]))


def _joined(mask: Mask) -> Mask:
    """The mask with cracks closed: a belt or a railing must not cut a person in two."""
    kernel = np.ones((7, 3), np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel), np.uint8)


def _absorb_what_is_no_person(background: Background, parts: Labelled) -> None:
    """Places that somebody left, and things put down for good, become background."""
    still_s = background.still_s()[parts.place]
    stirring = np.bincount(parts.labels[still_s < GHOST_AFTER_S], minlength=parts.count)
    for blob in parts.blobs:
        # That many of the least still pixels decide the quantile; when all of them stir, so does the blob.
        if stirring[blob.label] >= min(blob.area, int((1 - STILL_SHARE) * (blob.area - 1)) + 3):
            continue
        place = blob.place(margin=OUTLINE_MARGIN, within=background.still_s().shape)
        shape = parts.only(blob, place)
        quiet_s = background.still_s()[place][shape > 0]
        if _quantile_is(np.less, quiet_s, 1 - STILL_SHARE, GHOST_AFTER_S):
            continue
        furniture = not _quantile_is(np.less_equal, quiet_s, 1 - STILL_SHARE, FURNITURE_AFTER_S)
        if furniture or (blob.area > 30 and background.left_behind(place, shape)):
            background.absorb(place, np.asarray(cv2.dilate(shape, np.ones((5, 5), np.uint8)), np.uint8))


def _quantile_is(compare: np.ufunc, values: npt.NDArray[np.float32], share: float, limit: float) -> bool:
    """`compare(quantile, limit)` for less or less_equal, by counting where that tells: sorting costs more."""
    least = int(share * (values.size - 1))
    true_for = int(np.count_nonzero(compare(values, limit)))
    if least <= true_for <= least + 2:
        return bool(compare(np.quantile(values, share), limit))
    return true_for > least


def _mostly_below(values: npt.NDArray[np.float32], limit: float) -> bool:
    """Whether the median is below a limit; it is seldom needed itself."""
    below = int(np.count_nonzero(values < limit))
    if 2 * below == values.size:
        return bool(np.median(values) < limit)
    return 2 * below > values.size
