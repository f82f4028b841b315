"""Video files: what is in them, and one clear line for each way they can be unusable."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sightline.errors import SourceRejected

VIDEO_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("mp4", "m4v", "mov", "3gp", "mkv", "webm", "avi", "ts", "mts", "m2ts", "mpg", "mpeg", "vob", "flv"),
        *("wmv", "asf", "h264", "264", "h265", "265", "hevc", "mjpeg", "mjpg", "dav", "ogv", "mxf"),
    )
)

# Playlists and scripts (hls, concat, sdp, tty ...) are left out on purpose: an uploaded file must not make
# the reader open other files or addresses. The sound formats are there to be told apart from rubbish.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,h264,hevc,m4v,mjpeg,dhav,mxf,ogg,"
    "ivf,nut,wtv,wav,mp3,flac,aac"
)
_OPEN_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file", "fflags": "+genpts"}
_FALLBACK_FPS = Fraction(25)  # what FFmpeg assumes too, for a stream that states no rate


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoInfo:
    """What a file says about itself, checked by decoding its first picture.

    Attributes:
        codec: FFmpeg's name: h264, hevc, mpeg4, mjpeg ...
        coded_width, coded_height: pixels as stored.
        width, height: pixels as displayed, after `rotation`.
        rotation: degrees clockwise by which the stored picture is turned for display: 0, 90, 180 or 270.
        fps: nominal (average) frames per second.
        duration_s: announced length of the video stream, None where the format announces none.
        created_at: the container's creation time, aware UTC, None where it holds none. May be absurd.
        frames: announced number of pictures, None where the format announces none.
        has_audio: whether sound is there; it is never read.
        first_pts: presentation time of the first displayed picture, in units of `time_base`; the zero of
            capture time. 0 where the stream carries no times.
        time_base: seconds per unit of pts.
        timed: False where the stream carries no presentation times; frames are then counted at `fps`.
    """

    codec: str
    coded_width: int
    coded_height: int
    width: int
    height: int
    rotation: int
    fps: Fraction
    duration_s: float | None
    created_at: datetime | None
    frames: int | None
    has_audio: bool
    first_pts: int
    time_base: Fraction
    timed: bool


@dataclass(slots=True)
class ReadCounts:
    """Pictures of the last reading; the chosen ones were delivered, the skipped ones never decoded."""

    packets: int = 0
    decoded: int = 0
    chosen: int = 0
    skipped: int = 0
    damaged: int = 0
    out_of_order: int = 0


class VideoFile:
    """An open video file. Made by `open_file`; closes with its `with` block.

    Attributes:
        path: the file.
        info: what it holds.
        warnings: one sentence per thing a person should know about the last reading; complete only once the
            reading has ended.
        counts: pictures decoded, chosen and skipped by the last reading.
    """

    def __init__(self, path: Path, info: VideoInfo) -> None:
        self.path = path
        self.info = info
        self.warnings: list[str] = []
        self.counts = ReadCounts()
        self._at_close: list[Callable[[], None]] = []

    def open_container(self) -> tuple[InputContainer, VideoStream]:
        """A container at the start of the file and its picture stream; the caller closes it."""
        self.warnings = []
        self.counts = ReadCounts()
        container = _open_container(self.path)
        return container, _picture_stream(self.path, container)

    def when_closed(self, action: Callable[[], None]) -> None:
        """Have `action` called when the file is closed: a reading left half way must stop its thread."""
        self._at_close.append(action)

    def close(self) -> None:
        """Stop readings still under way."""
        while self._at_close:
            self._at_close.pop()()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_file(path: Path) -> VideoFile:
    """Open a video file and decode its first picture.

    Raises:
        SourceRejected: missing, a folder, not readable, not a video, only sound, or no picture in it.
    """
    _check_readable(path)
    with _open_container(path) as container:
        stream = _picture_stream(path, container)
        frame = _first_picture(path, container, stream)
        return VideoFile(path, _describe(container, stream, frame))


def list_videos(path: Path) -> list[Path]:
    """The video files of a folder (not of its sub-folders), or the one file that `path` is.

    Sorted as people count: `ch2.mp4` before `ch10.mp4`. Hidden files are left out.

    Raises:
        SourceRejected: missing, not readable, or a folder without any video.
    """
    if not path.is_dir():
        _check_readable(path)
        return [path]
    try:
        entries = list(path.iterdir())
    except OSError as error:
        raise SourceRejected(f"{path}: the folder cannot be read ({error.strerror})") from error
    videos = [
        entry
        for entry in entries
        if entry.suffix.lower() in VIDEO_SUFFIXES and not entry.name.startswith(".") and entry.is_file()
    ]
    if not videos:
        raise SourceRejected(
            f"{path}: no video in this folder; looked for *{', *'.join(sorted(VIDEO_SUFFIXES))}"
        )
    return sorted(videos, key=lambda video: _natural_key(video.name))


def _natural_key(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def _check_readable(path: Path) -> None:
    try:
        if path.is_dir():
            raise SourceRejected(f"{path}: is a folder, not a video file")
        with path.open("rb") as file:
            if not file.read(1):
                raise SourceRejected(f"{path}: is empty")
    except FileNotFoundError as error:
        raise SourceRejected(f"{path}: no such file") from error
    except OSError as error:
        raise SourceRejected(f"{path}: cannot be read ({error.strerror})") from error


def _open_container(path: Path) -> InputContainer:
    try:
        # The absolute path keeps a name such as `http:x.mp4` from being taken for an address.
        return av.open(os.path.abspath(path), options=_OPEN_OPTIONS)  # noqa: PTH100  (resolve() follows links)
    except (av.error.FFmpegError, ValueError) as error:
        with path.open("rb") as file:
            looks_like_mp4 = file.read(8)[4:] == b"ftyp"
        if looks_like_mp4:
            raise SourceRejected(
                f"{path}: its index is missing; the recording was cut off before it was finished"
            ) from error
        raise SourceRejected(f"{path}: is not a video") from error


def _picture_stream(path: Path, container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            if stream.codec_context is None:
                raise SourceRejected(f"{path}: its codec is unknown to this build of FFmpeg")
            return stream
    if container.streams.audio:
        raise SourceRejected(f"{path}: has sound but no picture")
    raise SourceRejected(f"{path}: has no picture stream")


def _first_picture(path: Path, container: InputContainer, stream: VideoStream) -> VideoFrame:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            frames = packet.decode() if packet is not None else []
        except av.error.InvalidDataError:
            continue  # a damaged start; the reader counts it
        except av.error.FFmpegError as error:
            raise SourceRejected(f"{path}: no picture in it can be decoded ({error.strerror})") from error
        if packet is None:
            raise SourceRejected(f"{path}: there is no picture in it")
        if frames:
            return frames[0]


def _describe(container: InputContainer, stream: VideoStream, frame: VideoFrame) -> VideoInfo:
    codec = stream.codec_context
    rotation = round(-frame.rotation / 90) * 90 % 360  # PyAV counts counter-clockwise
    turned = rotation in (90, 270)
    # AVI stores decode times only; FFmpeg's guess for H.26x with B-pictures puts them on the wrong pictures.
    guessed = container.format.name == "avi" and codec.name in ("h264", "hevc") and codec.has_b_frames
    timed = frame.pts is not None and not guessed
    return VideoInfo(
        codec=codec.name,
        coded_width=frame.width,
        coded_height=frame.height,
        width=frame.height if turned else frame.width,
        height=frame.width if turned else frame.height,
        rotation=rotation,
        fps=stream.average_rate or stream.guessed_rate or _FALLBACK_FPS,
        duration_s=_announced_duration_s(container, stream),
        created_at=_creation_time(container.metadata | stream.metadata),
        frames=stream.frames or None,
        has_audio=bool(container.streams.audio),
        first_pts=frame.pts if frame.pts is not None and timed else 0,
        time_base=stream.time_base or Fraction(1, 90_000),
        timed=timed,
    )


def _announced_duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    # Elsewhere than in Matroska, the container's length is FFmpeg's guess from the bit rate.
    if container.format.name == "matroska,webm" and container.duration is not None:
        return float(Fraction(container.duration, av.time_base))
    return None


def _creation_time(metadata: dict[str, str]) -> datetime | None:
    text = metadata.get("creation_time") or metadata.get("com.apple.quicktime.creationdate")
    if not text:
        return None
    try:
        stated = datetime.fromisoformat(text)
    except ValueError:
        return None
    return stated.astimezone(UTC) if stated.tzinfo else stated.replace(tzinfo=UTC)
