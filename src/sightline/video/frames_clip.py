"""Single pictures, handed over by another program, become a clip that plays anywhere."""

from __future__ import annotations

import base64
import binascii
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from statistics import median_low
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from sightline.errors import EvidenceError
from sightline.video.blurring import Look, plan_blurs
from sightline.video.clip import read_back
from sightline.video.h264_file import upright, write_h264

MOST_FRAMES = 2_000
LARGEST_JPEG_BYTES = 32_000_000
MOST_PIXELS = 8_192 * 4_320
LONGEST_S = 86_400

_MS = Fraction(1, 1_000)
_USUAL_STEP_MS = 200
_BLACK, _NO_COLOUR = 16, 128
_DATA_URL = re.compile(r"data:image/jpe?g;base64,", re.IGNORECASE)


FrameGiven = Mapping[str, Any]
"""One picture of an alert.

`frame_data`: JPEG as base64 text (a `data:` address is fine) or bytes, or uint8 array (H, W, 3), BGR.
`timestamp`: aware datetime, ISO 8601 text, or seconds; without an offset it is taken for UTC, which costs
nothing as only the differences count. Missing or None: a fifth of a second after the one before.
`frame_count`, its number at the sender's, is not used.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeClip:
    """A finished clip.

    Attributes:
        frames: pictures in it.
        size_bytes, sha256: of the file, read back from the disk.
        duration_s: from the first picture to the end of the last.
    """

    path: Path
    frames: int
    size_bytes: int
    sha256: str
    duration_s: float


def clip_of_frames(frames: Sequence[FrameGiven], target: Path, look: Look | None = None) -> MadeClip:
    """Encode the pictures as H.264 (index in front), in order of their times, which become those of the clip.

    Two pictures are at least 1 ms apart. Pictures of another size than the first are fitted into it, with
    black beside them. One picture at a time is decoded; the encoder looks some ten pictures ahead.

    Args:
        look: finds faces and heads to blur; then each picture is decoded twice. None: they are shown.

    Raises:
        PictureWithheld: one could not be looked at.
        EvidenceError: there are no frames, or more than `MOST_FRAMES`; one is not a picture, too large, or
            has a time that cannot be read (named by its number, counted from 1); they span more than a day.
        DiskFull, ConfigError: nothing was left behind.
    """
    if not frames:
        raise EvidenceError("there are no frames to make a clip of")
    if len(frames) > MOST_FRAMES:
        raise EvidenceError(f"a clip is made of {MOST_FRAMES} frames at most, got {len(frames)}")
    times = _times_ms(frames)
    order = sorted(range(len(frames)), key=times.__getitem__)
    pts = _apart([times[place] - times[order[0]] for place in order])
    if pts[-1] > LONGEST_S * 1_000:
        raise EvidenceError(f"the frames lie {pts[-1] / 1_000:.0f} s apart; a day is the most")
    steps = [after - before for before, after in itertools.pairwise(pts)]
    usual = median_low(steps) if steps else _USUAL_STEP_MS
    rate = min(Fraction(1_000, usual), Fraction(60))
    pictures = _timed(frames, order, pts, usual)
    if look is not None:
        plan = plan_blurs(pictures, look, time_base=_MS, name="the frames of an alert")
        pictures = (plan.blurred(picture) for picture in _timed(frames, order, pts, usual))
    count = write_h264(pictures, target, rate=rate, time_base=_MS)
    size_bytes, digest = read_back(target)
    return MadeClip(
        path=target,
        frames=count,
        size_bytes=size_bytes,
        sha256=digest,
        duration_s=(pts[-1] + usual) / 1_000,
    )


def _times_ms(frames: Sequence[FrameGiven]) -> list[int]:
    """When each frame was taken, in ms; those that do not say lie 200 ms after the one before."""
    said = [_time_ms(frame, number) for number, frame in enumerate(frames, start=1)]
    known = next((place for place, time in enumerate(said) if time is not None), None)
    before = (said[known] or 0) - (known + 1) * _USUAL_STEP_MS if known is not None else -_USUAL_STEP_MS
    times = []
    for time in said:
        before = before + _USUAL_STEP_MS if time is None else time
        times.append(before)
    return times


def _time_ms(frame: FrameGiven, number: int) -> int | None:
    if not isinstance(frame, Mapping):
        raise EvidenceError(f"frame {number} is not an object with frame_data and timestamp")
    given = frame.get("timestamp")
    if given is None:
        return None
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError:
            raise EvidenceError(f"frame {number} has a timestamp that is not ISO 8601") from None
    if isinstance(given, datetime):
        given = (given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp()
    if isinstance(given, bool) or not isinstance(given, int | float | np.number) or not math.isfinite(given):
        raise EvidenceError(f"frame {number} has a timestamp that is no time")
    return round(float(given) * 1_000)


def _apart(times: Sequence[int]) -> list[int]:
    """Rising times, each at least 1 after the one before."""
    apart: list[int] = []
    for time in times:
        apart.append(max(time, apart[-1] + 1) if apart else time)
    return apart


def _timed(
    frames: Sequence[FrameGiven], order: Sequence[int], pts: Sequence[int], usual: int
) -> Iterator[VideoFrame]:
    size: tuple[int, int] | None = None
    ends = [*pts[1:], pts[-1] + usual]
    for place, at, end in zip(order, pts, ends, strict=True):
        picture = _picture(frames[place], place + 1)
        size = size or (picture.width, picture.height)
        fitted = _fitted(picture, *size)
        fitted.pts, fitted.duration = at, end - at
        yield fitted


def _picture(frame: FrameGiven, number: int) -> VideoFrame:
    """The picture of a frame, in 4:2:0 and even in size."""
    given = frame.get("frame_data")
    if isinstance(given, np.ndarray):
        if given.dtype != np.uint8 or given.ndim != 3 or given.shape[2] != 3 or not given.size:
            raise EvidenceError(
                f"frame {number} is an array {given.shape} of {given.dtype}, not (H, W, 3) of uint8"
            )
        if given.shape[0] * given.shape[1] > MOST_PIXELS:
            raise EvidenceError(f"frame {number} is too large; {MOST_PIXELS} pixels are the most")
        return upright(VideoFrame.from_ndarray(np.ascontiguousarray(given), "bgr24"))
    if isinstance(given, str):
        given = _from_base64(given, number)
    if not isinstance(given, bytes | bytearray | memoryview):
        raise EvidenceError(f"frame {number} has no frame_data: base64 JPEG, bytes or an array")
    return upright(_from_jpeg(bytes(given), number))


def _from_base64(text: str, number: int) -> bytes:
    if len(text) > LARGEST_JPEG_BYTES * 3 // 2:
        raise EvidenceError(f"frame {number} is too large; {LARGEST_JPEG_BYTES} bytes are the most")
    found = _DATA_URL.match(text)
    try:
        return base64.b64decode("".join(text[found.end() if found else 0 :].split()), validate=True)
    except (binascii.Error, ValueError):
        raise EvidenceError(f"frame {number} is not base64") from None


def _from_jpeg(jpeg: bytes, number: int) -> VideoFrame:
    if len(jpeg) > LARGEST_JPEG_BYTES:
        raise EvidenceError(f"frame {number} is too large; {LARGEST_JPEG_BYTES} bytes are the most")
    if not jpeg.startswith(b"\xff\xd8"):
        raise EvidenceError(f"frame {number} is not a JPEG")
    decoder = VideoCodecContext.create("mjpeg", "r")
    decoder.thread_count = 1
    decoder.options = {"max_pixels": str(MOST_PIXELS), "err_detect": "explode"}
    try:
        pictures = [*decoder.decode(av.Packet(jpeg)), *decoder.decode(None)]
    except FFmpegError as error:
        raise EvidenceError(
            f"frame {number} cannot be decoded, or has over {MOST_PIXELS} pixels ({error.strerror})"
        ) from error
    if not pictures:
        raise EvidenceError(f"frame {number} is a JPEG without a picture")
    return pictures[0]


def _fitted(picture: VideoFrame, width: int, height: int) -> VideoFrame:
    """`picture` as large as fits, its shape kept, in the middle of black."""
    if (picture.width, picture.height) == (width, height):
        return picture
    scale = min(width / picture.width, height / picture.height)
    wide = min(width, max(2, round(picture.width * scale / 2) * 2))
    high = min(height, max(2, round(picture.height * scale / 2) * 2))
    small = picture.reformat(wide, high).to_ndarray()
    left, top = (width - wide) // 4 * 2, (height - high) // 4 * 2
    canvas = np.full((height * 3 // 2, width), _NO_COLOUR, np.uint8)
    canvas[:height] = _BLACK
    canvas[top : top + high, left : left + wide] = small[:high]
    halves = canvas[height:].reshape(2, height // 2, width // 2)
    down, over = slice(top // 2, (top + high) // 2), slice(left // 2, (left + wide) // 2)
    halves[:, down, over] = small[high:].reshape(2, high // 2, wide // 2)
    return VideoFrame.from_ndarray(canvas, "yuv420p")
