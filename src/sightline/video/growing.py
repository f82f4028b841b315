"""Footage that is on the disk before the file it lies in is finished: clips need not wait for that."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from sightline.domain.footage import RecordedSegment
from sightline.errors import SourceRejected
from sightline.video.adoption import described_segment
from sightline.video.boxes import length_of_whole_fragments
from sightline.video.disk import PART_SUFFIX
from sightline.video.footage import PACKETS_ONLY
from sightline.video.segment_name import named_start, segment_path
from sightline.video.timeline import CaptureClock

_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z\.(mp4|mkv)(\.part)?")
_LOOKS = 3
"""A file may get its final name between being listed and being opened; hardly three times in a row."""
_NEIGHBOUR = timedelta(seconds=10)


def growing_segment(recordings_dir: Path, venue_id: str, camera_id: str) -> RecordedSegment | None:
    """The file that a camera's recorder is writing, as far as its whole fragments go. It is only read.

    `ended_at` is the decode time of its last picture: whatever is still to come is shown later than that, so
    every picture before it is there. That is one picture (and the reordering of the stream) less than what
    the recorder will say of the same pictures. The other times may differ by 1 microsecond
    (docs/design/time.md, rule 14).

    Returns:
        None where nothing is being written, where no fragment is whole yet, or for Matroska, whose pictures
        lie in memory for seconds.

    Raises:
        SourceRejected: the system does not let us read it.
    """
    folder = recordings_dir / venue_id / camera_id
    parts = [name for name in _names(folder) if name.endswith(PART_SUFFIX)]
    return _described_part(recordings_dir, folder / parts[-1]) if parts else None


def footage_until(
    recordings_dir: Path,
    venue_id: str,
    camera_id: str,
    known: Sequence[RecordedSegment],
    start: datetime,
    end: datetime,
) -> list[RecordedSegment] | None:
    """All that is recorded of a span so far: what is known, and what the camera's folder holds besides.

    That is files which were finished a moment ago and are not told of yet, and the one that grows.

    Args:
        known: segments of the camera that hold pictures of the span, or of 10 s around it.
        start, end: aware capture times.

    Returns:
        in order of capture; None while the recording has not reached `end`.

    Raises:
        SourceRejected: the system does not let us read a file.
    """
    folder = recordings_dir / venue_id / camera_id
    told = {segment.path for segment in known}
    for _ in range(_LOOKS):
        names = _names(folder)
        first = max(0, bisect_left(names, segment_path(folder, start - _NEIGHBOUR, "").name) - 1)
        behind = bisect_left(names, segment_path(folder, end, "").name)
        paths = [folder / name for name in names[first:behind]]
        untold = [path for path in paths if path.relative_to(recordings_dir).as_posix() not in told]
        if any(path.name.endswith(f".mkv{PART_SUFFIX}") for path in untold):
            return None
        try:
            found = [*known, *_described(recordings_dir, untold)]
        except FileNotFoundError:
            continue
        gone_on = any(name.endswith(PART_SUFFIX) for name in names[behind:])
        if gone_on or any(segment.ended_at >= end for segment in found):
            return sorted(found, key=lambda segment: segment.started_at)
        return None
    return None


def _names(folder: Path) -> list[str]:
    """Of recordings, finished or growing, earliest first."""
    try:
        return sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name))
    except FileNotFoundError:  # nothing was ever recorded
        return []


def _described(recordings_dir: Path, paths: Iterable[Path]) -> Iterator[RecordedSegment]:
    """What lies in these files.

    Raises:
        FileNotFoundError: one of them has another name by now.
    """
    for path in paths:
        if not path.name.endswith(PART_SUFFIX):
            yield _described_file(recordings_dir, path)
        elif (growing := _described_part(recordings_dir, path)) is not None:
            yield growing
        elif not path.exists():
            raise FileNotFoundError(path)


def _described_file(recordings_dir: Path, path: Path) -> RecordedSegment:
    try:
        return described_segment(recordings_dir, path)
    except SourceRejected:
        if not path.exists():
            raise FileNotFoundError(path) from None
        raise


def _described_part(recordings_dir: Path, part: Path) -> RecordedSegment | None:
    """None when no fragment is whole, or the file has got another name meanwhile."""
    finished = part.with_name(part.name.removesuffix(PART_SUFFIX))
    started_at = named_start(finished)
    if started_at is None or finished.suffix != ".mp4":
        return None
    try:
        whole = length_of_whole_fragments(part)
        with av.open(str(part.absolute()), options=PACKETS_ONLY) as reader:
            if not reader.streams.video:
                return None
            stream = reader.streams.video[0]
            times = list(_times(reader.demux(stream), whole))
            time_base = stream.time_base or Fraction(1, 90_000)
            codec = stream.codec_context.name
    except (FileNotFoundError, av.error.InvalidDataError, av.error.EOFError):
        return None
    except (OSError, FFmpegError) as error:
        raise SourceRejected(f"{part}: cannot be read ({error.strerror})") from error
    if not times:
        return None
    zero_at = CaptureClock(recorded_at=started_at, first_pts=times[0][0], time_base=time_base).at(0)
    from_zero = CaptureClock(recorded_at=zero_at, first_pts=0, time_base=time_base)
    return RecordedSegment(
        path=part.relative_to(recordings_dir).as_posix(),
        started_at=started_at,
        ended_at=from_zero.at(times[-1][1]),
        zero_at=zero_at,
        codec=codec,
        frames=len(times),
        size_bytes=whole,
    )


def _times(packets: Iterator[Packet[VideoStream]], whole: int) -> Iterator[tuple[int, int]]:
    """(pts, dts) of the packets that lie within the first `whole` bytes; what follows may be half written."""
    try:
        for packet in packets:
            if not packet.size or packet.pts is None or packet.dts is None:
                continue
            if packet.pos is None or packet.pos + packet.size > whole:
                return
            yield packet.pts, packet.dts
    except FFmpegError:
        return  # in the middle of what is being written
