"""One decoded picture: its capture time, and its pixels in whatever size and order is asked for."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter

Pixels = Literal["rgb24", "bgr24", "gray"]
UInt8Array = npt.NDArray[np.uint8]

PLANAR = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "gray"})
"""Formats of one byte a sample and one plane a component: what cameras send, and what can be cut from."""


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
        still: the motion gate saw no change since the last picture that was inferred: its detections hold.
    """

    width: int
    height: int
    captured_at: datetime
    index: int
    pts: int
    rotation: int
    _decoded: VideoFrame
    _scaler: Scaler
    still: bool = False

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

    def cropped(self, x1: int, y1: int, x2: int, y2: int) -> Frame:
        """A part of the picture as displayed, copied from the decoder's planes, scaled when asked for.

        Args:
            x1, y1, x2, y2: pixels, the right and lower edge excluded; all even, inside the picture, not
                empty: colour is stored for two pixels together.

        Raises:
            ValueError: any of that does not hold.
        """
        box = (x1, y1, x2, y2)
        if any(side % 2 for side in box) or not (0 <= x1 < x2 <= self.width and 0 <= y1 < y2 <= self.height):
            raise ValueError(f"a crop must be even pixels inside {self.width}x{self.height}, got {box}")
        stored = _as_stored(box, (self.width, self.height), self.rotation)
        return replace(self, width=x2 - x1, height=y2 - y1, _decoded=_cut_out(self._decoded, stored))


_Box = tuple[int, int, int, int]


def _as_stored(box: _Box, size: tuple[int, int], rotation: int) -> _Box:
    """A box of the picture as displayed, in pixels of the picture as stored; `size` as displayed."""
    (x1, y1, x2, y2), (width, height) = box, size
    if rotation == 90:
        return y1, width - x2, y2, width - x1
    if rotation == 180:
        return width - x2, height - y2, width - x1, height - y1
    if rotation == 270:
        return height - y2, x1, height - y1, x2
    return box


def _cut_out(frame: VideoFrame, box: _Box) -> VideoFrame:
    """A new frame of a part of one; the colours mean what they meant."""
    if frame.format.name not in PLANAR:
        frame = frame.reformat(format="yuv420p")
    if any(side % 2 for side in box):  # counted from the far side of an odd picture
        frame = frame.reformat(format="yuv444p")
    x1, y1, x2, y2 = box
    part = VideoFrame(x2 - x1, y2 - y1, frame.format.name)
    for plane, into in zip(frame.planes, part.planes, strict=True):
        across = 2 if plane.width < frame.width else 1
        down = 2 if plane.height < frame.height else 1
        pixels = _rows(plane)[y1 // down : y2 // down, x1 // across : x2 // across]
        _rows(into)[:, : pixels.shape[1]] = pixels
    part.colorspace, part.color_range = frame.colorspace, frame.color_range
    return part


def _rows(plane: VideoPlane) -> UInt8Array:
    """The bytes of a plane, (height, line size), padding included; a view, not a copy."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height]  # type: ignore[call-overload,no-any-return]
