"""One decoded picture: its capture time, and its pixels in whatever size and order is asked for."""

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

Pixels = Literal["rgb24", "bgr24", "gray"]
UInt8Array = npt.NDArray[np.uint8]


class Scaler:
    """Scales straight from the decoder's YUV, in one pass and one thread.

    One reformatter is kept per size and pixel order, because it caches the tables of one conversion only.
    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int, str], tuple[threading.Lock, VideoReformatter]] = {}
        self._guard = threading.Lock()

    def scale(self, frame: VideoFrame, width: int, height: int, pixels: Pixels) -> UInt8Array:
        """The frame as stored (not rotated): uint8 (height, width, 3), or (height, width) for gray."""
        with self._guard:
            lock, reformatter = self._kept.setdefault(
                (width, height, pixels), (threading.Lock(), VideoReformatter())
            )
        with lock:
            scaled = reformatter.reformat(
                frame, width, height, pixels, interpolation="FAST_BILINEAR", threads=1
            )
        return cast(UInt8Array, scaled.to_ndarray())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One decoded picture. Nothing is converted until `scaled` or `bgr` asks for it.

    Attributes:
        width, height: pixels as displayed, after rotation.
        captured_at: when the camera took it, aware UTC.
        index: number of the picture in its source, counted in display order from 0, skipped ones included.
        pts: presentation time in the source's time base.
    """

    width: int
    height: int
    captured_at: datetime
    index: int
    pts: int
    rotation: int
    _decoded: VideoFrame
    _scaler: Scaler

    def scaled(self, width: int, height: int, pixels: Pixels = "bgr24") -> UInt8Array:
        """The picture as displayed, stretched to `width` x `height`.

        Returns:
            uint8 array (height, width, 3) for rgb24 and bgr24, (height, width) for gray, contiguous.
        """
        turned = self.rotation in (90, 270)
        stored_size = (height, width) if turned else (width, height)
        stored = self._scaler.scale(self._decoded, *stored_size, pixels)
        if self.rotation == 0:
            return stored
        return np.ascontiguousarray(np.rot90(stored, k=-self.rotation // 90))

    def bgr(self) -> UInt8Array:
        """The whole picture, uint8 (height, width, 3), blue first."""
        return self.scaled(self.width, self.height, "bgr24")
