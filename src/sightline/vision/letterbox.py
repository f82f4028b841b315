"""A picture of any shape into the fixed input of a network, and boxes back out again."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from sightline.domain.detection import FloatArray
from sightline.vision.picture import Scalable

PAD_GREY = 114


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies in the network's input.

    Attributes:
        picture_width, picture_height: pixels of the full picture.
        left, top: first input pixel that shows the picture.
        width, height: input pixels that show it. Each axis has a scale of its own, because the fitted side
            is rounded to whole pixels: undoing with one common scale would be off by up to half a pixel.
    """

    picture_width: int
    picture_height: int
    left: int
    top: int
    width: int
    height: int

    @classmethod
    def fit(cls, picture: tuple[int, int], room: tuple[int, int], *, centred: bool) -> "Placement":
        """The largest placement that keeps the aspect; both sizes are (width, height)."""
        scale = min(room[0] / picture[0], room[1] / picture[1])
        width = min(room[0], max(1, round(picture[0] * scale)))
        height = min(room[1], max(1, round(picture[1] * scale)))
        left, top = ((room[0] - width) // 2, (room[1] - height) // 2) if centred else (0, 0)
        return cls(picture[0], picture[1], left, top, width, height)

    def undo(self, boxes: FloatArray) -> FloatArray:
        """Boxes (N, 4), xyxy input pixels, as xyxy pixels of the full picture. Not clipped."""
        x_scale, y_scale = self.picture_width / self.width, self.picture_height / self.height
        offset = np.array([self.left, self.top, self.left, self.top], np.float32)
        scale = np.array([x_scale, y_scale, x_scale, y_scale], np.float32)
        full: FloatArray = (boxes - offset) * scale
        return full


class Letterbox:
    """Fills one reused input blob, float32 (1, 3, H, W), its own or its place in a batch.

    The blob is overwritten by the next `fill`. Only the part that shows the picture is written; the grey
    border is painted again when a picture of another shape comes.
    """

    def __init__(
        self,
        width: int,
        height: int,
        *,
        centred: bool,
        pixels: Literal["rgb24", "bgr24"],
        gain: float,
        blob: FloatArray | None = None,
    ) -> None:
        """Input size in pixels, where the picture lies, the order of channels, and what multiplies 0..255.

        Args:
            blob: float32 (1, 3, height, width) to fill, a slice of a batch; None = a new one.
        """
        self.blob: FloatArray = np.empty((1, 3, height, width), np.float32) if blob is None else blob
        self._room = (width, height)
        self._centred = centred
        self._pixels = pixels
        self._gain = np.float32(gain)
        self._placement: Placement | None = None
        self._channels: list[npt.NDArray[np.uint8]] = []
        self.blank()

    def blank(self) -> None:
        """Paint the whole input in the border's grey."""
        self.blob.fill(PAD_GREY * self._gain)

    def fill(self, picture: Scalable) -> Placement:
        """Scale a picture into the blob and say where it lies."""
        placement = Placement.fit((picture.width, picture.height), self._room, centred=self._centred)
        if placement != self._placement:
            self.blank()
            self._placement = placement
            self._channels = [np.empty((placement.height, placement.width), np.uint8) for _ in range(3)]
        small = picture.scaled(placement.width, placement.height, self._pixels)
        # Splitting into kept planes first is four times faster than letting numpy walk interleaved bytes.
        cv2.split(small, self._channels)
        bottom, right = placement.top + placement.height, placement.left + placement.width
        target = self.blob[0, :, placement.top : bottom, placement.left : right]
        for plane, channel in zip(target, self._channels, strict=True):
            if self._gain == 1:
                np.copyto(plane, channel)
            else:
                np.multiply(channel, self._gain, out=plane, dtype=np.float32)
        return placement
