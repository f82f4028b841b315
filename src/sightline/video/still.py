"""One picture of a camera as JPEG: the newest that was recorded, or the first that it sends now."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import cv2
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sightline.domain.footage import RecordedSegment
from sightline.domain.gap import GapReason
from sightline.domain.track import Point
from sightline.errors import EvidenceError
from sightline.video.blurring import Look, blurred_once
from sightline.video.footage import PACKETS_ONLY
from sightline.video.h264_file import upright
from sightline.video.released_copy import masked
from sightline.video.stream import StreamLost, open_stream

QUALITY = 85
PATIENCE_S = 10.0
Masks = Sequence[Sequence[Point]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """One picture, upright, masks painted over, faces blurred where that is asked for.

    Attributes:
        captured_at: when the camera took it, aware UTC; of a live picture: when it came.
    """

    jpeg: bytes = field(repr=False)
    captured_at: datetime


def recorded_still(
    recordings_dir: Path, segment: RecordedSegment, masks: Masks, look: Look | None = None
) -> Still:
    """The last key frame of a recorded file, also of one that is still being written.

    Args:
        look: finds faces and heads to blur; None: they are shown.

    Raises:
        EvidenceError: the file is gone or holds no picture that can be decoded, or it cannot be masked.
        PictureWithheld: it could not be looked at.
    """
    path = recordings_dir / segment.path
    name = Path(segment.path).name
    try:
        with av.open(str(path.absolute()), options=dict(PACKETS_ONLY)) as container:
            stream = container.streams.video[0]
            key = _last_key_frame(container.demux(stream))
            time_base = stream.time_base or Fraction(1)
        with av.open(str(path.absolute())) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for packet in container.demux(stream):
                if key is None or packet.pts != key:
                    continue
                picture = _first_picture(stream.codec_context, packet)
                if picture is not None:
                    at = segment.zero_at + timedelta(microseconds=round(key * time_base * 1_000_000))
                    return Still(jpeg=_jpeg(picture, masks, look, name), captured_at=at)
    except (FFmpegError, IndexError) as error:
        raise EvidenceError(f"{name}: the recorded file cannot be read") from error
    raise EvidenceError(f"{name}: none of its pictures can be decoded")


def live_still(address: str, *, transport: str, masks: Masks, look: Look | None = None) -> Still:
    """The first picture that a camera sends.

    Args:
        look: finds faces and heads to blur; None: they are shown.

    Raises:
        SourceRejected, StreamLost: as `open_stream`; UNUSABLE where no picture can be decoded in time.
        EvidenceError: it cannot be masked.
        PictureWithheld: it could not be looked at.
    """
    with open_stream(address, transport=transport) as live:
        codec = live.stream.codec_context
        until, begun = time.monotonic() + PATIENCE_S, False
        for packet in live.packets():
            begun = begun or packet.is_keyframe
            picture = _decoded(codec, packet) if begun else None
            if picture is not None:
                jpeg = _jpeg(picture, masks, look, live.info.shown)
                return Still(jpeg=jpeg, captured_at=datetime.now(UTC))
            if time.monotonic() > until:
                break
        raise StreamLost(GapReason.UNUSABLE, f"{live.info.shown}: none of its pictures can be decoded")


def _last_key_frame(packets: Iterable[Packet[VideoStream]]) -> int | None:
    """Its presentation time."""
    last = None
    for packet in packets:
        if packet.is_keyframe and packet.pts is not None:
            last = packet.pts
    return last


def _first_picture(codec: VideoCodecContext, packet: Packet[VideoStream]) -> VideoFrame | None:
    """What one packet decodes to; the decoder is emptied, since no other packet follows."""
    return _decoded(codec, packet) or _decoded(codec, None)


def _decoded(codec: VideoCodecContext, packet: Packet[VideoStream] | None) -> VideoFrame | None:
    try:
        return next((one for one in codec.decode(packet) if not one.is_corrupt), None)
    except FFmpegError:
        return None


def _jpeg(decoded: VideoFrame, masks: Masks, look: Look | None, name: str) -> bytes:
    picture = upright(decoded)
    if look is not None:
        picture = blurred_once(picture, look, name)
    if masks:
        picture = masked(picture, masks, name)
    done, jpeg = cv2.imencode(".jpg", picture.to_ndarray(format="bgr24"), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise EvidenceError(f"{name}: its picture cannot be written as JPEG")
    return jpeg.tobytes()
