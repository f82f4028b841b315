"""Untouched packets to segment files, while the video is read or the camera is watched."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from sightline.domain.footage import RecordedSegment
from sightline.video.disk import PART_SUFFIX, publish, require_room, writing
from sightline.video.muxing import close_writer, container_suffix, open_writer
from sightline.video.segment_name import free_segment_path, part_path, segment_path
from sightline.video.timeline import CaptureClock

GAP_S = 1
_FALLBACK_FPS = 25
_ABSURD_FPS = 1000  # streams without a rate may announce the ticks of their clock


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
    clock: CaptureClock
    frames: int = 0


class Recorder:
    """Copies packets, never re-encoded and with all their NAL units, into files that begin with a key frame.

    Only the picture stream is kept; sound never is, for the privacy of the people in the shop.

    A file is written as `NAME.part`, brought to the disk and then renamed, so a file under its name is whole.
    It is fragmented MP4: after a kill the `.part` plays up to the last second.

    *Of a file* (`recorded_at` given): leftover `.part` files of the camera are removed when recording begins.
    Names come from capture time alone, so recording the same footage again replaces the same files.

    *Of a live camera* (`recorded_at` None): `begin` is called again after each reconnection. Leftover `.part`
    files are footage (`adoption` makes files of them) and nothing is ever overwritten: where a clock that was
    set back would give a name twice, the next free microsecond is taken.

    After `DiskFull` it goes on with the next key frame.

    Args:
        directory: the recordings folder; segment paths are relative to it.
        recorded_at: capture time of the first picture, aware; None for a live camera.
        name: folder of this camera below `directory`, such as `my_store/till`.
        segment_s: a new file begins at the first key frame after this many seconds.
        on_segment: called with each finished segment once it stands under its name, in the writing thread.

    Attributes:
        segments: those finished so far, in order; not kept of a live camera, which has no end.
        dropped: packets before the first key frame; nobody could decode them.
    """

    def __init__(
        self,
        directory: Path,
        *,
        recorded_at: datetime | None = None,
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
        self._clock: CaptureClock | None = None
        self._clock_for_new_file: Callable[[], CaptureClock] | None = None
        self._open: _OpenSegment | None = None
        self._gap_seen = False
        # In the source's time base, worked out once: `write` runs for every packet of every camera.
        self._frame_ticks = self._gap_ticks = self._segment_ticks = 1

    def begin(
        self,
        stream: VideoStream,
        clock: CaptureClock,
        clock_for_new_file: Callable[[], CaptureClock] | None = None,
        *,
        fps: Fraction | None = None,
    ) -> None:
        """Take packets of `stream` from now on; what was being written is finished first.

        Args:
            stream: the template of the files; it must stay open while packets are written.
            clock: gives the capture times; its time base is that of the packets.
            clock_for_new_file: asked before each new file, the first included, for the clock that holds
                throughout that file.
            fps: pictures per second, for packets without a length; None: what the stream announces.

        Raises:
            DiskFull, ConfigError: the folder cannot be made.
        """
        self.finish_file()
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            if self.recorded_at is not None:
                for stale in self._folder.glob(f"*{PART_SUFFIX}"):
                    stale.unlink()
        self._template, self._clock, self._clock_for_new_file = stream, clock, clock_for_new_file
        rate = fps or stream.average_rate or stream.guessed_rate
        if not rate or rate > _ABSURD_FPS:
            rate = Fraction(_FALLBACK_FPS)
        self._frame_ticks = max(1, round(1 / (rate * clock.time_base)))
        self._gap_ticks = max(int(GAP_S / clock.time_base), 3 * self._frame_ticks)
        self._segment_ticks = ceil(Fraction(self._segment_s) / clock.time_base)
        self._gap_seen = False

    def write(self, packet: Packet[VideoStream]) -> None:
        """Append one packet, in decode order, with `pts` and `dts` set. Afterwards it is as it was before;
        meanwhile no other thread may look at it.

        Raises:
            DiskFull: the segment being written is removed; the finished ones stay.
        """
        pts, dts = packet.pts, packet.dts
        if pts is None or dts is None:
            raise ValueError("a packet without times cannot be recorded")
        segment = self._open
        if segment is not None and dts - segment.last_dts > self._gap_ticks:
            self._gap_seen = True  # takes effect at the next key frame: until then pictures need this file
        if packet.is_keyframe and (
            segment is None or self._gap_seen or pts - segment.first_pts >= self._segment_ticks
        ):
            self.finish_file()
            segment = self._start(pts, dts)
        if segment is None:
            self.dropped += 1
            return
        self._append(segment, packet, pts, dts)

    def finish_file(self) -> None:
        """Publish the segment being written, if there is one; the next begins with the next key frame.

        Raises:
            DiskFull: the segment is removed; the finished ones stay.
        """
        segment, self._open = self._open, None
        if segment is None:
            return
        with writing(segment.target, remove=segment.part):
            close_writer(segment.container, segment.part)
            publish(segment.part, segment.target)
        clock = segment.clock
        recorded = RecordedSegment(
            path=segment.target.relative_to(self._directory).as_posix(),
            started_at=clock.at(segment.first_pts),
            ended_at=clock.at(segment.end_pts),
            zero_at=clock.at(segment.zero),
            codec=segment.stream.codec_context.name,
            frames=segment.frames,
            size_bytes=segment.target.stat().st_size,
        )
        if self.recorded_at is not None:
            self.segments.append(recorded)
        if self._on_segment is not None:
            self._on_segment(recorded)

    def close(self) -> None:
        """Finish the segment being written."""
        self.finish_file()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, pts: int, dts: int) -> _OpenSegment:
        if self._template is None or self._clock is None:
            raise ValueError("begin() comes before write()")
        if self._clock_for_new_file is not None:
            self._clock = self._clock_for_new_file()
        named = segment_path if self.recorded_at is not None else free_segment_path
        suffix = container_suffix(self._template.codec_context.name)
        target = named(self._folder, self._clock.at(pts), suffix)
        part = part_path(target)
        with writing(target, remove=part):
            require_room(target)
            container, stream = open_writer(
                part, self._template, fragmented=True, time_base=self._clock.time_base
            )
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
            clock=self._clock,
        )
        return self._open

    def _append(self, segment: _OpenSegment, packet: Packet[VideoStream], pts: int, dts: int) -> None:
        source, announced = packet.stream, packet.duration
        duration = announced or self._frame_ticks
        if duration > self._gap_ticks:
            duration = self._frame_ticks  # MP4 has the last picture before a gap stand until after it
        # The file's time 0 is its first decode time: nothing is negative, so no edit list moves anything.
        packet.pts, packet.dts, packet.duration = pts - segment.zero, dts - segment.zero, duration
        packet.stream = segment.stream
        try:
            segment.container.mux_one(packet)
        except BaseException:
            self._abandon(segment)
            with writing(segment.target):
                raise
        packet.stream, packet.time_base = source, segment.clock.time_base
        packet.pts, packet.dts, packet.duration = pts, dts, announced
        segment.frames += 1
        segment.last_dts = dts
        segment.end_pts = max(segment.end_pts, pts + duration)

    def _abandon(self, segment: _OpenSegment) -> None:
        self._open = None
        with suppress(FFmpegError):  # the disk is full; closing says so once more
            segment.container.close()
        segment.part.unlink(missing_ok=True)
