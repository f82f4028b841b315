"""Parts of pictures made unrecognisable for good: a few averages are all that is left of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from sightline.domain.covering import covered
from sightline.errors import ModelError, PictureWithheld
from sightline.video.picture import Frame, Scaler

CELLS = 4
"""A part is averaged over so many cells across and down, and a face is only some of it: there are no
features left that a person or a network could tell faces by, in one picture or in many."""

FloatArray = npt.NDArray[np.float32]
Look = Callable[[Frame], tuple[FloatArray, FloatArray]]
"""Faces and heads in a picture: float32 (N, 4) each, xyxy pixels; they may reach over the edge.

Raises ModelError when a model fails on it.
"""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BlurPlan:
    """What is covered in each picture of a video.

    Attributes:
        regions: by presentation time, float32 (N, 4), xyxy as shares of the picture's width and height.
        name: of the video, for messages.
    """

    regions: Mapping[int, FloatArray]
    name: str

    def blurred(self, picture: VideoFrame) -> VideoFrame:
        """An upright 4:2:0 picture of even size as it may be shown; its `pts` says which one it is.

        Raises:
            PictureWithheld: nobody has looked at it.
        """
        regions = self.regions.get(picture.pts) if picture.pts is not None else None
        if regions is None:
            raise PictureWithheld(f"{self.name}: has a picture in which nobody looked for faces")
        return blurred(picture, regions)


def plan_blurs(pictures: Iterable[VideoFrame], look: Look, *, time_base: Fraction, name: str) -> BlurPlan:
    """Look at every picture of a video, then decide what is covered in each: see `domain.covering`.

    Args:
        pictures: upright, 4:2:0, `pts` advancing.
        time_base: of every `pts`.
        name: of the video, for messages.

    Raises:
        PictureWithheld: one of them could not be looked at.
    """
    scaler = Scaler()
    marks: list[int] = []
    faces: list[FloatArray] = []
    heads: list[FloatArray] = []
    for number, picture in enumerate(pictures):
        if picture.pts is None:
            raise PictureWithheld(f"{name}: picture {number + 1} has no time")
        seen = _looked_at(picture, look, scaler, number, time_base, name)
        marks.append(picture.pts)
        faces.append(seen[0])
        heads.append(seen[1])
    times = [float(mark * time_base) for mark in marks]
    # Apart, so that a face is not taken for the head of somebody behind it.
    both = zip(covered(times, faces), covered(times, heads), strict=True)
    return BlurPlan(dict(zip(marks, (np.concatenate(pair) for pair in both), strict=True)), name)


def blurred_once(picture: VideoFrame, look: Look, name: str) -> VideoFrame:
    """A single upright 4:2:0 picture, faces and heads covered where they were found in it.

    Raises:
        PictureWithheld: it could not be looked at.
    """
    regions = np.concatenate(_looked_at(picture, look, Scaler(), 0, Fraction(0), name))
    return blurred(picture, regions)


def blurred(picture: VideoFrame, regions: FloatArray) -> VideoFrame:
    """A new picture in which nothing is left of some regions but `CELLS` x `CELLS` averages, run together.

    Args:
        picture: yuv420p, even in size.
        regions: float32 (N, 4), xyxy as shares of width and height. Every pixel that they touch is covered,
            in whole blocks of 2 x 2, as colour is stored.

    Raises:
        PictureWithheld: it is of another format.
    """
    width, height = picture.width, picture.height
    planes = np.asarray(picture.to_ndarray(), np.uint8)
    if picture.format.name != "yuv420p" or planes.shape != (height * 3 // 2, width):
        raise PictureWithheld("a picture is in a format in which nothing can be blurred")
    luma = planes[:height]
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    for box in regions:
        x1, y1 = np.floor(box[:2] * (width / 2, height / 2)).astype(int)
        x2, y2 = np.ceil(box[2:] * (width / 2, height / 2)).astype(int)
        left, right = max(0, x1), min(width // 2, x2)
        top, bottom = max(0, y1), min(height // 2, y2)
        if left >= right or top >= bottom:
            continue
        _average(luma[2 * top : 2 * bottom, 2 * left : 2 * right])
        for plane in chroma:
            _average(plane[top:bottom, left:right])
    shown = VideoFrame.from_ndarray(planes, "yuv420p")
    shown.pts, shown.duration = picture.pts, picture.duration
    return shown


def _average(part: npt.NDArray[np.uint8]) -> None:
    """In place, so that what two regions share is averaged twice and never comes back."""
    high, wide = part.shape
    cells = cv2.resize(part, (min(CELLS, wide), min(CELLS, high)), interpolation=cv2.INTER_AREA)
    part[:] = cv2.resize(cells, (wide, high), interpolation=cv2.INTER_LINEAR)


def _looked_at(
    picture: VideoFrame, look: Look, scaler: Scaler, number: int, time_base: Fraction, name: str
) -> tuple[FloatArray, FloatArray]:
    """Faces and heads as shares of the picture."""
    at = _EPOCH + timedelta(seconds=float((picture.pts or 0) * time_base))
    frame = Frame(
        width=picture.width,
        height=picture.height,
        captured_at=at,
        index=number,
        pts=picture.pts or 0,
        rotation=0,
        _decoded=picture,
        _scaler=scaler,
    )
    try:
        faces, heads = look(frame)
    except ModelError as error:
        raise PictureWithheld(
            f"{name}: privacy.blur_faces is on and picture {number + 1} could not be looked at ({error})"
        ) from error
    size = np.array([picture.width, picture.height] * 2, np.float32)
    return faces / size, heads / size
