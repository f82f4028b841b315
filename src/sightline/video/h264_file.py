"""H.264 files that every browser plays: 4:2:0, upright, index in front, encoded on one core.

Never the evidence itself: that is untouched packets. For copies of it, and for pictures that came singly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sightline.errors import EvidenceError
from sightline.video.disk import PART_SUFFIX, publish, require_room, writing

_TIME_BASE = Fraction(1, 90_000)


def write_h264(pictures: Iterable[VideoFrame], target: Path, *, rate: Fraction, time_base: Fraction) -> int:
    """Encode pictures one by one; written beside `target`, brought to the disk, then renamed.

    Args:
        pictures: yuv420p, all of one even size, `pts` advancing; what they raise is raised, without a file.
        rate: pictures per second, about; the times are those of the pictures.
        time_base: of every `pts`.

    Returns:
        how many there were; with none there is no file.

    Raises:
        DiskFull, ConfigError: nothing was left behind.
    """
    part = target.with_name(target.name + PART_SUFFIX)
    frames = 0
    with ExitStack() as cleanup:
        cleanup.callback(part.unlink, missing_ok=True)  # after success it has been renamed
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            require_room(target)
            writer = av.open(str(part), "w", format="mp4", options={"movflags": "faststart"})
        cleanup.callback(_close, writer)
        encoder: VideoStream | None = None
        for picture in pictures:
            encoder = encoder or _add_encoder(writer, picture, rate, time_base)
            picture.time_base = time_base
            with writing(target):
                writer.mux(encoder.encode(picture))
            frames += 1
        if encoder is not None:
            with writing(target):
                writer.mux(encoder.encode(None))
                writer.close()
                publish(part, target)
    return frames


def reencode(
    clip_path: Path, target: Path, dress: Callable[[VideoFrame], VideoFrame] = lambda picture: picture
) -> int:
    """The pictures of a clip as an H.264 file, upright and with the same times; how many there are.

    An odd width or height becomes even: 4:2:0 needs that. Damaged pictures are left out, and so are those
    that are not later than the one before.

    Args:
        dress: makes of each upright picture the one to be shown, of the same size; its `pts` is that of the
            clip. Asked once more where a picture then has to be fitted into the size of the first.

    Raises:
        EvidenceError: the clip cannot be read, is turned by something else than quarters, or none of its
            pictures can be decoded; whatever `dress` raises.
        DiskFull, ConfigError: nothing was left behind.
    """
    with _opened(clip_path) as (source, stream):
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        pictures = _dressed(_upright(_decoded(source, stream, clip_path)), dress)
        frames = write_h264(pictures, target, rate=rate, time_base=stream.time_base or _TIME_BASE)
    if not frames:
        raise EvidenceError(f"{clip_path}: none of its pictures can be decoded")
    return frames


@contextmanager
def upright_pictures(clip_path: Path) -> Iterator[tuple[Iterator[VideoFrame], Fraction]]:
    """The pictures of a clip as `reencode` dresses them, and the unit of their `pts`.

    Raises:
        EvidenceError: as `reencode`.
    """
    with _opened(clip_path) as (source, stream):
        yield _upright(_decoded(source, stream, clip_path)), stream.time_base or _TIME_BASE


@contextmanager
def _opened(clip_path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    try:
        source = av.open(str(clip_path.absolute()))
    except FFmpegError as error:
        raise EvidenceError(f"{clip_path}: cannot be read ({error.strerror})") from error
    with source:
        if not source.streams.video:
            raise EvidenceError(f"{clip_path}: there is no picture stream in it")
        stream = source.streams.video[0]
        stream.codec_context.thread_count = 1
        yield source, stream


def upright(decoded: VideoFrame) -> VideoFrame:
    """The picture in 4:2:0, even in size, turned as it is to be displayed.

    Raises:
        EvidenceError: it is turned by something else than quarters.
    """
    if min(decoded.rotation % 90, -decoded.rotation % 90) > 1:  # FFmpeg's angle, cut off to whole degrees
        raise EvidenceError(f"turned by {decoded.rotation} degrees; only quarter turns can be put upright")
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


def _upright(decoded: Iterable[VideoFrame]) -> Iterator[VideoFrame]:
    """Those that are later than the one before, upright."""
    last_pts = -1
    for one in decoded:
        if one.pts is None or one.pts <= last_pts:
            continue
        picture = upright(one)
        picture.pts = last_pts = one.pts
        yield picture


def _dressed(
    pictures: Iterable[VideoFrame], dress: Callable[[VideoFrame], VideoFrame]
) -> Iterator[VideoFrame]:
    size = (0, 0)
    for one in pictures:
        at = one.pts
        picture = dress(one)
        size = size if any(size) else (picture.width, picture.height)
        if (picture.width, picture.height) != size:
            fitted = picture.reformat(*size)
            fitted.pts = at
            picture = dress(fitted)
        picture.pts = at
        yield picture


def _decoded(source: InputContainer, stream: VideoStream, path: Path) -> Iterator[VideoFrame]:
    try:
        for packet in source.demux(stream):
            with suppress(av.error.InvalidDataError):  # a damaged picture is left out
                yield from packet.decode()
    except FFmpegError as error:
        raise EvidenceError(f"{path}: cannot be read to its end ({error.strerror})") from error


def _add_encoder(
    writer: OutputContainer, picture: VideoFrame, rate: Fraction, time_base: Fraction
) -> VideoStream:
    encoder = writer.add_stream(
        "libx264", rate=rate, options={"preset": "veryfast", "crf": "23", "threads": "1"}
    )
    encoder.width, encoder.height = picture.width, picture.height
    encoder.pix_fmt = "yuv420p"
    encoder.codec_context.time_base = time_base
    return encoder


def _close(writer: OutputContainer) -> None:
    with suppress(FFmpegError):  # closed already, or failing for the reason that is being raised
        writer.close()
