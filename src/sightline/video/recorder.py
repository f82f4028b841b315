"""Untouched packets to segment files, while the video is read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from sightline.domain.footage import RecordedSegment
from sightline.video.disk import PART_SUFFIX, publish, require_room, writing
from sightline.video.muxing import container_suffix, open_writer
from sightline.video.timeline import CaptureClock

GAP_S = 1


@dataclass(slots=True, kw_only=True)
class _OpenSegment:
    """The file being written. Times are in the source's time base."""

    target: Path
    part: Path
    container: OutputContainer
    stream: VideoStream
    zero: int
    first_pts: int
    last_dts: int
    end_pts: int
    frames: int = 0


class Recorder:
    """Copies packets, never re-encoded and with all their NAL units, into files that begin with a key frame.

    Only the picture stream is kept; sound never is, for the privacy of the people in the shop.

    A file is written as `NAME.part`, brought to the disk and then renamed, so a file under its name is whole.
    It is fragmented MP4: after a kill the `.part` plays up to the last second. Leftover `.part` files of the
    camera are removed when recording begins. Names come from capture time alone, so recording the same
    footage again replaces the same files.

    Args:
        directory: the recordings folder; segment paths are relative to it.
        recorded_at: capture time of the first picture, aware.
        name: folder of this camera below `directory`, such as `my_store/till`.
        segment_s: a new file begins at the first key frame after this many seconds.
        on_segment: called with each finished segment, in the reading thread.

    Attributes:
        segments: those finished so far, in order.
        dropped: packets before the first key frame; nobody could decode them.
    """

    def __init__(
        self,
        directory: Path,
        *,
        recorded_at: datetime,
        name: str = "camera",
        segment_s: float = 120,
        on_segment: Callable[[RecordedSegment], None] | None = None,
    ) -> None:
        below = PurePosixPath(name)
        if below.is_absolute() or ".." in below.parts or not below.parts:
            raise ValueError(f"name must be a folder below the recordings, got {name!r}")
        if segment_s <= 0:
            raise ValueError(f"segment_s must be above 0, got {segment_s}")
        self.recorded_at = recorded_at
        self.segments: list[RecordedSegment] = []
        self.dropped = 0
        self._directory = directory
        self._folder = directory / below
        self._segment_s = segment_s
        self._on_segment = on_segment
        self._template: VideoStream | None = None
        self._clock = CaptureClock(recorded_at=recorded_at, first_pts=0, time_base=Fraction(1))
        self._open: _OpenSegment | None = None
        self._frame_ticks = 1
        self._gap_seen = False

    def begin(self, stream: VideoStream, clock: CaptureClock) -> None:
        """Take packets of `stream` from now on; `clock` gives their capture times.

        Raises:
            DiskFull, ConfigError: the folder cannot be made.
        """
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            for stale in self._folder.glob(f"*{PART_SUFFIX}"):
                stale.unlink()
        self._template, self._clock = stream, clock
        rate = stream.average_rate or stream.guessed_rate or 25
        self._frame_ticks = max(1, round(1 / (rate * clock.time_base)))

    def write(self, packet: Packet[VideoStream]) -> None:
        """Append one packet, in decode order, with `pts` and `dts` set. Its times are changed.

        Raises:
            DiskFull: the segment being written is removed; the finished ones stay.
        """
        pts, dts = packet.pts, packet.dts
        if pts is None or dts is None:
            raise ValueError("a packet without times cannot be recorded")
        if self._open is not None and dts - self._open.last_dts > self._gap_ticks:
            self._gap_seen = True  # takes effect at the next key frame: until then pictures need this file
        if packet.is_keyframe and (self._open is None or self._gap_seen or self._is_long_enough(pts)):
            self._finish()
            self._start(pts, dts)
        if self._open is None:
            self.dropped += 1
            return
        self._append(self._open, packet, pts, dts)

    def close(self) -> None:
        """Finish the segment being written."""
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _gap_ticks(self) -> int:
        return max(int(GAP_S / self._clock.time_base), 3 * self._frame_ticks)

    def _is_long_enough(self, pts: int) -> bool:
        return (
            self._open is not None and pts - self._open.first_pts >= self._segment_s / self._clock.time_base
        )

    def _start(self, pts: int, dts: int) -> None:
        if self._template is None:
            raise ValueError("begin() comes before write()")
        suffix = container_suffix(self._template.codec_context.name)
        target = self._folder / f"{self._clock.at(pts).astimezone(UTC):%Y%m%dT%H%M%S.%fZ}{suffix}"
        part = target.with_name(target.name + PART_SUFFIX)
        with writing(target, remove=part):
            require_room(target)
            container, stream = open_writer(part, self._template, fragmented=True)
        self._gap_seen = False
        self._open = _OpenSegment(
            target=target,
            part=part,
            container=container,
            stream=stream,
            zero=dts,
            first_pts=pts,
            last_dts=dts,
            end_pts=pts,
        )

    def _append(self, segment: _OpenSegment, packet: Packet[VideoStream], pts: int, dts: int) -> None:
        duration = packet.duration or self._frame_ticks
        if duration > self._gap_ticks:
            duration = self._frame_ticks  # MP4 has the last picture before a gap stand until after it
        # The file's time 0 is its first decode time: nothing is negative, so no edit list moves anything.
        packet.pts, packet.dts, packet.duration = pts - segment.zero, dts - segment.zero, duration
        packet.stream = segment.stream
        try:
            with writing(segment.target):
                segment.container.mux(packet)
        except BaseException:
            self._abandon(segment)
            raise
        segment.frames += 1
        segment.last_dts = dts
        segment.end_pts = max(segment.end_pts, pts + duration)

    def _abandon(self, segment: _OpenSegment) -> None:
        self._open = None
        with suppress(FFmpegError):  # the disk is full; closing says so once more
            segment.container.close()
        segment.part.unlink(missing_ok=True)

    def _finish(self) -> None:
        segment, self._open = self._open, None
        if segment is None:
            return
        with writing(segment.target, remove=segment.part):
            segment.container.close()
            publish(segment.part, segment.target)
        recorded = RecordedSegment(
            path=segment.target.relative_to(self._directory).as_posix(),
            started_at=self._clock.at(segment.first_pts),
            ended_at=self._clock.at(segment.end_pts),
            zero_at=self._clock.at(segment.zero),
            codec=segment.stream.codec_context.name,
            frames=segment.frames,
            size_bytes=segment.target.stat().st_size,
        )
        self.segments.append(recorded)
        if self._on_segment is not None:
            self._on_segment(recorded)
