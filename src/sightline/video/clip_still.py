"""One picture out of a clip, small, as JPEG: what lists of clips show."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame

from sightline.domain.track import Point
from sightline.errors import EvidenceError
from sightline.video.blurring import Look, blurred_once
from sightline.video.h264_file import upright
from sightline.video.released_copy import masked

WIDTH = 640
QUALITY = 80


def clip_still(
    path: Path, offset_s: float, *, masks: Sequence[Sequence[Point]] = (), look: Look | None = None
) -> bytes:
    """The picture of a clip at `offset_s` or the first one after it, else its last; upright, covered, small.

    Args:
        masks: polygons of relative points that are painted over.
        look: finds faces and heads to blur; None: they are shown.

    Raises:
        EvidenceError: the file cannot be read, holds no picture, or it cannot be masked.
        PictureWithheld: it could not be looked at.
    """
    try:
        with av.open(str(path.absolute())) as container:
            decoded = _picture_at(container, offset_s)
            if decoded is None:
                raise EvidenceError(f"{path.name}: none of its pictures can be decoded")
            picture = upright(decoded)
    except (FFmpegError, IndexError) as error:
        raise EvidenceError(f"{path.name}: the clip cannot be read") from error
    if look is not None:
        picture = blurred_once(picture, look, path.name)
    if masks:
        picture = masked(picture, masks, path.name)
    pixels = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
    if picture.width > WIDTH:
        size = (WIDTH, max(1, round(picture.height * WIDTH / picture.width)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    done, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise EvidenceError(f"{path.name}: its picture cannot be written as JPEG")
    return jpeg.tobytes()


def _picture_at(container: InputContainer, offset_s: float) -> VideoFrame | None:
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    time_base = stream.time_base or Fraction(1)
    wanted = int(max(0.0, offset_s) / time_base)
    container.seek(wanted, stream=stream, backward=True)
    last = None
    for frame in container.decode(stream):
        if frame.is_corrupt:
            continue
        last = frame
        if frame.pts is not None and frame.pts >= wanted:
            break
    return last
