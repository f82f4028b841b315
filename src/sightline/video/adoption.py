"""Recorded files that nobody knows of: what a kill left half written, or published without a row."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import median_low

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from sightline.domain.footage import RecordedSegment
from sightline.errors import SourceRejected
from sightline.video.boxes import cut_to_whole_fragments
from sightline.video.disk import PART_SUFFIX, publish, writing
from sightline.video.footage import PACKETS_ONLY
from sightline.video.segment_name import free_segment_path, named_start
from sightline.video.timeline import CaptureClock


def adopt_parts(recordings_dir: Path, name: str) -> list[RecordedSegment]:
    """Make whole files of what a killed recorder left behind; nothing that can be seen is thrown away.

    Every `*.part` of the camera is cut back to its last whole fragment, brought to the disk and renamed.
    Those without any picture are removed; those that do not have a name of ours are left alone. To be called
    while nobody records this camera; doing it again after a kill in the middle is fine.

    Args:
        name: folder of the camera below `recordings_dir`, as given to the recorder.

    Returns:
        what was published, earliest first; rows for them are the caller's business.

    Raises:
        DiskFull, ConfigError: a file cannot be written or renamed.
        SourceRejected: a file cannot be read, for another reason than what is in it.
    """
    adopted = []
    for part in sorted((recordings_dir / name).glob(f"*{PART_SUFFIX}")):
        target = part.with_name(part.name.removesuffix(PART_SUFFIX))
        started_at = named_start(target)
        if started_at is None:
            continue
        with writing(target):
            if target.suffix == ".mp4":
                cut_to_whole_fragments(part)
            if _content(part) is None:
                part.unlink()
                continue
            if target.exists():
                target = free_segment_path(target.parent, started_at, target.suffix)
            publish(part, target)
        adopted.append(described_segment(recordings_dir, target))
    return adopted


def described_segment(recordings_dir: Path, path: Path) -> RecordedSegment:
    """What the recorder would have said of a published file, from its name and its packets; none is decoded.

    Times may differ from the recorder's by 1 microsecond (docs/design/time.md, rule 14).

    Args:
        path: the file, below `recordings_dir`; its name carries the capture time of its first picture.

    Raises:
        SourceRejected: missing, not a recording of ours by its name, or no picture in it.
    """
    started_at = named_start(path)
    if started_at is None:
        raise SourceRejected(f"{path}: is not named like a recording; the name holds no capture time")
    content = _content(path)
    if content is None:
        raise SourceRejected(f"{path}: there is no picture in it")
    clock = CaptureClock(recorded_at=started_at, first_pts=content.first_pts, time_base=content.time_base)
    zero_at = clock.at(0)
    from_zero = CaptureClock(recorded_at=zero_at, first_pts=0, time_base=content.time_base)
    return RecordedSegment(
        path=path.relative_to(recordings_dir).as_posix(),
        started_at=started_at,
        ended_at=from_zero.at(content.end_pts),
        zero_at=zero_at,
        codec=content.codec,
        frames=content.frames,
        size_bytes=path.stat().st_size,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What the packets of a file say; times in units of `time_base`, first in decode order."""

    codec: str
    time_base: Fraction
    first_pts: int
    end_pts: int
    frames: int


def _content(path: Path) -> _Content | None:
    """None where there is no packet that can be read.

    Raises:
        SourceRejected: missing, or the system does not let us read it.
    """
    try:
        with av.open(str(path.absolute()), options=PACKETS_ONLY) as reader:
            if not reader.streams.video:
                return None
            stream = reader.streams.video[0]
            pictures = list(_pictures(reader.demux(stream)))
            time_base = stream.time_base or Fraction(1, 90_000)
            codec = stream.codec_context.name
            has_lengths = reader.format.name != "matroska,webm"  # FFmpeg makes some up where there are none
    except (av.error.InvalidDataError, av.error.EOFError):
        return None
    except FFmpegError as error:
        raise SourceRejected(f"{path}: cannot be read ({error.strerror})") from error
    if not pictures:
        return None
    times = sorted(pts for pts, _ in pictures)
    steps = [after - before for before, after in itertools.pairwise(times)]
    usual = median_low(steps) if steps else 0
    return _Content(
        codec=codec,
        time_base=time_base,
        first_pts=pictures[0][0],
        end_pts=max(pts + ((has_lengths and duration) or usual) for pts, duration in pictures),
        frames=len(pictures),
    )


def _pictures(packets: Iterator[Packet[VideoStream]]) -> Iterator[tuple[int, int | None]]:
    """(pts, duration) of each packet until the end, or until the file cannot be read further."""
    try:
        for packet in packets:
            if packet.size and packet.pts is not None:
                yield packet.pts, packet.duration
    except FFmpegError:
        return  # cut off in the middle of a packet
