"""Recorded footage of a camera as frames again: the same pictures that were analysed when it was live."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sightline.domain.footage import RecordedSegment
from sightline.errors import SourceRejected
from sightline.video.ahead import frames_ahead
from sightline.video.footage import SAME_FOOTAGE
from sightline.video.frames import Reading
from sightline.video.picture import Frame
from sightline.video.sampling import CaptureSampling, ClockedSampling
from sightline.video.source import VideoFile, open_file
from sightline.video.timeline import CaptureClock


class FootageReading:
    """Frames across recorded files; iterate over it once. Made by `read_footage`.

    A `with` block, `close()`, or dropping it half way stops its thread.

    Attributes:
        warnings: one sentence per file that is missing, damaged or cut off; complete once all is read.
    """

    def __init__(self, footage: _Footage, ahead: int) -> None:
        self.warnings = footage.warnings
        # The thread knows the footage but not this object, which can thus be dropped.
        self._frames = frames_ahead(footage.frames, ahead, name="footage", when_closed=lambda _stop: None)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        return next(self._frames)

    def close(self) -> None:
        """Stop reading; what follows is the end of the iteration."""
        self._frames.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_footage(
    segments: Sequence[RecordedSegment],
    recordings_dir: Path,
    *,
    analysis_fps: float | None,
    start: datetime | None = None,
    end: datetime | None = None,
    stop: threading.Event | None = None,
    picture_s: float | None = None,
    ahead: int = 4,
) -> FootageReading:
    """Frames of recorded files in order of capture, chosen as they were live.

    `captured_at` is what the live clock said, to within 1 microsecond; gaps between files stay. Slots are
    counted from 1970 (`CaptureSampling`), so it does not matter with which file one starts. `Frame.index`
    counts on over the files. Footage recorded twice (a clock set back) is read once; no picture is earlier
    than the one before.

    Args:
        segments: of one camera, in any order; those outside the span are not opened.
        analysis_fps: None for every picture.
        start, end: aware; only pictures captured within, both ends included.
        stop: ends the reading early when set, from whichever thread.
        picture_s: nominal distance of two pictures as the live run had it; None: what each file says.
        ahead: frames decoded in advance at most.

    A file that has vanished (retention) or cannot be read is skipped, with a warning.
    """
    footage = _Footage(
        segments=sorted(segments, key=lambda segment: segment.started_at),
        recordings_dir=recordings_dir,
        analysis_fps=analysis_fps,
        start=start,
        end=end,
        stop=stop or threading.Event(),
        picture_s=picture_s,
    )
    return FootageReading(footage, ahead)


@dataclass(slots=True, kw_only=True)
class _Footage:
    """What is read, and how far the reading has come."""

    segments: Sequence[RecordedSegment]
    recordings_dir: Path
    analysis_fps: float | None
    start: datetime | None
    end: datetime | None
    stop: threading.Event
    picture_s: float | None
    warnings: list[str] = field(default_factory=list)
    last_slot: int | None = None
    last_at: datetime | None = None
    pictures: int = 0

    def frames(self) -> Iterator[Frame]:
        reached: datetime | None = None
        for segment in self.segments:
            if self.start is not None and segment.ended_at <= self.start:
                continue
            if self.end is not None and segment.started_at > self.end:
                return
            if reached is not None and segment.started_at < reached - SAME_FOOTAGE:
                continue
            try:
                with open_file(self.recordings_dir / segment.path) as video:
                    yield from self._frames_of(segment, video)
            except SourceRejected as error:
                self.warnings.append(f"skipped a recording: {error}")
                continue
            except FileNotFoundError:
                self.warnings.append(f"skipped a recording: {segment.path} was removed while it was read")
                continue
            if self.stop.is_set():
                return
            reached = segment.ended_at

    def _frames_of(self, segment: RecordedSegment, video: VideoFile) -> Iterator[Frame]:
        clock = CaptureClock(recorded_at=segment.zero_at, first_pts=0, time_base=video.info.time_base)
        picture_s = self.picture_s or float(1 / video.info.fps)
        slots = ClockedSampling(CaptureSampling(self.analysis_fps, picture_s), clock)
        reading = Reading(video, clock, slots, after_slot=self.last_slot)
        for frame in reading.frames():
            if self.stop.is_set() or (self.end is not None and frame.captured_at > self.end):
                return
            if self.last_at is not None and frame.captured_at <= self.last_at:
                continue
            self.last_at = frame.captured_at
            if self.start is None or frame.captured_at >= self.start:
                yield replace(frame, index=self.pictures + frame.index)
        self.last_slot = reading.last_slot
        self.pictures += video.counts.packets
        self.warnings += (f"{segment.path}: {warning}" for warning in video.warnings)
