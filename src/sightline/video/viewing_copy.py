"""A copy that every browser plays, for clips whose codec none does. The clip itself stays the evidence."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sightline.errors import EvidenceError
from sightline.video.clip import CutClip, read_back
from sightline.video.disk import PART_SUFFIX, publish, require_room, writing


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingCopy:
    """An H.264 copy of a clip.

    Attributes:
        derived_from: SHA-256 of the clip it shows.
        frames: pictures in it; fewer than in the clip where some of those are damaged.
    """

    path: Path
    derived_from: str
    frames: int
    size_bytes: int
    sha256: str


def make_viewing_copy(clip: CutClip, target: Path) -> ViewingCopy:
    """Encode the clip as H.264 (yuv420p, index in front), upright, with the same picture times.

    An odd width or height loses its last column or row: 4:2:0 needs even sizes. Encodes on one core only, so
    that the analysis beside it keeps going.

    Raises:
        EvidenceError: the clip cannot be read, or none of its pictures can be decoded.
        DiskFull: nothing was left behind.
    """
    part = target.with_name(target.name + PART_SUFFIX)
    with ExitStack() as cleanup:
        cleanup.callback(part.unlink, missing_ok=True)  # after success it has been renamed
        try:
            source = cleanup.enter_context(av.open(str(clip.path.absolute())))
        except FFmpegError as error:
            raise EvidenceError(f"{clip.path}: cannot be read ({error.strerror})") from error
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            require_room(target)
            writer = av.open(str(part), "w", format="mp4", options={"movflags": "faststart"})
        cleanup.callback(_close, writer)
        frames = _encode(source, writer, target)
        if not frames:
            raise EvidenceError(f"{clip.path}: none of its pictures can be decoded")
        with writing(target):
            writer.close()
            publish(part, target)
    size_bytes, digest = read_back(target)
    return ViewingCopy(
        path=target, derived_from=clip.sha256, frames=frames, size_bytes=size_bytes, sha256=digest
    )


def _encode(source: InputContainer, writer: OutputContainer, target: Path) -> int:
    stream = source.streams.video[0]
    encoder: VideoStream | None = None
    frames, last_pts = 0, -1
    for decoded in _pictures(source, stream):
        picture = _upright(decoded)
        if encoder is None:
            encoder = _add_encoder(writer, stream, picture)
        elif (picture.width, picture.height) != (encoder.width, encoder.height):
            picture = picture.reformat(encoder.width, encoder.height)
        if decoded.pts is None or decoded.pts <= last_pts:
            continue
        picture.pts, picture.time_base = decoded.pts, stream.time_base or Fraction(1, 90_000)
        last_pts = decoded.pts
        with writing(target):
            writer.mux(encoder.encode(picture))
        frames += 1
    if encoder is not None:
        with writing(target):
            writer.mux(encoder.encode(None))
    return frames


def _pictures(source: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    for packet in source.demux(stream):
        with suppress(av.error.InvalidDataError):  # a damaged picture is left out
            yield from packet.decode()


def _add_encoder(writer: OutputContainer, stream: VideoStream, picture: VideoFrame) -> VideoStream:
    encoder = writer.add_stream(
        "libx264",
        rate=stream.average_rate or stream.guessed_rate or Fraction(25),
        options={"preset": "veryfast", "crf": "23", "threads": "1"},
    )
    encoder.width, encoder.height = picture.width, picture.height
    encoder.pix_fmt = "yuv420p"
    encoder.codec_context.time_base = stream.time_base or Fraction(1, 90_000)
    return encoder


def _upright(decoded: VideoFrame) -> VideoFrame:
    """The picture in 4:2:0, even in size, turned as it is to be displayed."""
    wide, high = decoded.width // 2 * 2 or 2, decoded.height // 2 * 2 or 2
    picture = decoded.reformat(wide, high, "yuv420p", dst_color_range="MPEG")
    quarter_turns = round(decoded.rotation / 90) % 4  # counter-clockwise, as numpy counts
    if quarter_turns == 0:
        return picture
    planes = picture.to_ndarray()
    luma = np.rot90(planes[:high], quarter_turns)
    chroma = [
        np.rot90(plane.reshape(high // 2, wide // 2), quarter_turns)
        for plane in np.split(planes[high:].ravel(), 2)
    ]
    turned = np.concatenate([part.ravel() for part in (luma, *chroma)]).reshape(-1, luma.shape[1])
    return VideoFrame.from_ndarray(turned, "yuv420p")


def _close(writer: OutputContainer) -> None:
    with suppress(FFmpegError):  # closed already, or failing for the reason that is being raised
        writer.close()
