"""Parts of a picture cut out for a closer look, each of which knows where it was."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from sightline.domain.detection import FloatArray
from sightline.vision.picture import ArrayPicture, ByteArray, Picture

AREA_BELOW = 0.5
"""A patch shown at less than this scale is averaged first: a warp reads four pixels of each place only."""


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A copy of a part of a picture.

    Attributes:
        picture: its pixels.
        left, top: where its first pixel lies in the whole picture.
    """

    picture: ArrayPicture
    left: int = 0
    top: int = 0

    @property
    def offset(self) -> FloatArray:
        """(2,), x and y: what is added to points of the crop to get points of the whole picture."""
        return np.array([self.left, self.top], np.float32)

    @property
    def bgr(self) -> ByteArray:
        """All its pixels, uint8 (H, W, 3), blue first; not to be written to."""
        return self.picture.scaled(self.picture.width, self.picture.height, "bgr24")


def cut(picture: Picture, boxes: Iterable[Iterable[float]], *, margin: float = 0.0) -> list[Crop]:
    """Copies of the parts of a picture that boxes show.

    The picture is turned into BGR once and the parts are cut from that: a decoded frame keeps a converter for
    every size it was ever asked for, and people come in all sizes.

    Args:
        picture: a picture of a camera.
        boxes: xyxy pixels of it, which may reach over its edge.
        margin: added on each side, as a share of the longer side of the box.

    Returns:
        One for each box, in their order, at least one pixel large.
    """
    wanted = [tuple(map(float, box)) for box in boxes]
    if not wanted:
        return []
    bgr = picture.scaled(picture.width, picture.height, "bgr24")
    crops = []
    for x1, y1, x2, y2 in wanted:
        more = margin * max(x2 - x1, y2 - y1)
        left = min(max(0, math.floor(x1 - more)), picture.width - 1)
        top = min(max(0, math.floor(y1 - more)), picture.height - 1)
        right = min(max(left + 1, math.ceil(x2 + more)), picture.width)
        bottom = min(max(top + 1, math.ceil(y2 + more)), picture.height)
        pixels = bgr[top:bottom, left:right].copy()
        crops.append(Crop(ArrayPicture(pixels, picture.captured_at), left, top))
    return crops


def whole(picture: Picture) -> Crop:
    """The whole of a picture as a crop."""
    return cut(picture, [(0, 0, picture.width, picture.height)])[0]


def patch(crop: Crop, placing: FloatArray, side: tuple[int, int]) -> ByteArray:
    """What lies under a patch that may be turned, moved and scaled.

    Args:
        crop: where the pixels come from.
        placing: (2, 3), takes a point (x, y, 1) of the whole picture to a point of the patch; one scale for
            both axes.
        side: width and height of the patch in pixels.

    Returns:
        uint8 array (height, width, 3), BGR. What lies outside the crop is black.
    """
    inner = np.asarray(placing, np.float64).copy()
    inner[:, 2] += inner[:, :2] @ crop.offset
    pixels = crop.bgr
    scale = math.sqrt(abs(np.linalg.det(inner[:, :2])))
    if 0 < scale < AREA_BELOW:
        width = max(1, math.ceil(crop.picture.width * scale))
        height = max(1, math.ceil(crop.picture.height * scale))
        pixels = crop.picture.scaled(width, height, "bgr24")
        across, down = crop.picture.width / width, crop.picture.height / height
        # Centres of pixels, not their corners, keep their places when the size changes.
        inner[:, 2] += inner[:, :2] @ np.array([(across - 1) / 2, (down - 1) / 2])
        inner[:, :2] *= np.array([across, down])
    warped: ByteArray = np.asarray(
        cv2.warpAffine(pixels, inner, side, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT),
        np.uint8,
    )
    return warped
