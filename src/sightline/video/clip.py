"""Clips: the packets of a span of recorded footage, untouched, in a file that plays anywhere."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median_low
from typing import Literal

from av.container import OutputContainer
from av.error import FFmpegError

from sightline.domain.footage import RecordedSegment
from sightline.errors import EvidenceError
from sightline.video.disk import PART_SUFFIX, publish, require_room, writing
from sightline.video.footage import FootagePacket, packets_within, segments_within
from sightline.video.muxing import container_suffix, open_writer
from sightline.video.recorder import GAP_S

Playable = Literal["yes", "some", "no"]

_PLAYABLE: dict[str, Playable] = {
    "h264": "yes",
    "hevc": "some",
    "av1": "some",
    "libdav1d": "some",
    "vp9": "some",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CutClip:
    """A finished clip.

    Attributes:
        path: the file. Its suffix differs from the one asked for where MP4 cannot carry the codec.
        wanted_from, wanted_to: the span asked for, aware.
        starts_at: capture time of the first picture: the key frame at or before `wanted_from`.
        ends_at: capture time at which the last picture ends.
        lead_in_s: seconds from `starts_at` to `wanted_from`, 0 where the footage begins later.
        gaps: (from, to) capture times inside the clip without any picture.
        frames: pictures in the file.
        codec: FFmpeg's name.
        playable_in_browser: yes; some (H.265, AV1: depends on the browser and the machine); no.
        size_bytes, sha256: of the file, read back from the disk.
    """

    path: Path
    wanted_from: datetime
    wanted_to: datetime
    starts_at: datetime
    ends_at: datetime
    lead_in_s: float
    gaps: tuple[tuple[datetime, datetime], ...]
    frames: int
    codec: str
    playable_in_browser: Playable
    size_bytes: int
    sha256: str


def cut_clip(
    footage: Sequence[RecordedSegment],
    directory_of_recordings: Path,
    start: datetime,
    end: datetime,
    target: Path,
) -> CutClip:
    """Copy the packets from the key frame at or before `start` up to the last picture before `end`.

    Pictures after `end` come along only where an earlier picture needs them to be decoded. Times in the file
    begin at 0; the index is in front. Written beside `target`, brought to the disk, then renamed.

    Args:
        footage: segments of one camera, in any order; those outside the span are ignored.
        start, end: aware capture times.

    Raises:
        EvidenceError: no footage in the span, a segment is missing or unreadable, or the camera changed its
            picture format within it (then cut before and after).
        DiskFull: nothing was left behind.
    """
    if not start < end:
        raise EvidenceError(f"a clip must end after it starts: {start} to {end}")
    segments = segments_within(footage, start, end)
    codec = segments[0].codec
    target = target.with_suffix(container_suffix(codec))
    part = target.with_name(target.name + PART_SUFFIX)
    with ExitStack() as cleanup:
        cleanup.callback(part.unlink, missing_ok=True)  # after success it has been renamed
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            require_room(target)
        cut = _Cut(part, target)
        cleanup.callback(cut.discard)
        cut.copy(packets_within(segments, directory_of_recordings, start, end))
        if not cut.frames or cut.starts_at >= end:
            raise EvidenceError(f"no picture was recorded from {start} to {end}")
        with writing(target):
            cut.finish()
            publish(part, target)
    size_bytes, digest = read_back(target)
    return CutClip(
        path=target,
        wanted_from=start,
        wanted_to=end,
        starts_at=cut.starts_at,
        ends_at=cut.ends_at,
        lead_in_s=max(0.0, (start - cut.starts_at).total_seconds()),
        gaps=cut.gaps(),
        frames=cut.frames,
        codec=codec,
        playable_in_browser=_PLAYABLE.get(codec, "no"),
        size_bytes=size_bytes,
        sha256=digest,
    )


class _Cut:
    """One clip being written."""

    def __init__(self, part: Path, target: Path) -> None:
        self._part = part
        self._target = target
        self._writer: OutputContainer | None = None
        self._pictures: list[tuple[datetime, timedelta]] = []

    @property
    def frames(self) -> int:
        return len(self._pictures)

    @property
    def starts_at(self) -> datetime:
        return min(at for at, _ in self._pictures)

    @property
    def ends_at(self) -> datetime:
        return max(at + length for at, length in self._pictures)

    def gaps(self) -> tuple[tuple[datetime, datetime], ...]:
        """Stretches of more than `GAP_S` (and three pictures) in which no picture was taken.

        MP4 has the last picture stand until the next one, so a picture's own length says nothing here.
        """
        usual = median_low(length for _, length in self._pictures)
        longest = max(timedelta(seconds=GAP_S), 3 * usual)
        times = sorted(at for at, _ in self._pictures)
        return tuple((at + usual, after) for at, after in itertools.pairwise(times) if after - at > longest)

    def copy(self, packets: Iterator[FootagePacket]) -> None:
        """Write the packets, their times counted from the first picture."""
        for recorded in packets:
            if self._writer is None:
                first_pts = recorded.pts
                with writing(self._target):
                    self._writer, stream = open_writer(self._part, recorded.stream, fragmented=False)
            if recorded.pts < first_pts:
                continue  # shown before the first key frame; needs what came before to be decoded
            self._pictures.append((recorded.captured_at, recorded.length))
            packet = recorded.packet
            packet.pts, packet.dts = recorded.pts - first_pts, recorded.dts - first_pts
            packet.stream = stream
            with writing(self._target):
                self._writer.mux(packet)

    def finish(self) -> None:
        """Write the index and close; raises what the disk says."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def discard(self) -> None:
        """Let go of the file after a failure; does nothing after `finish`."""
        with suppress(FFmpegError):
            self.finish()


def read_back(path: Path) -> tuple[int, str]:
    """Length and SHA-256 of a file as it stands on the disk."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), digest.hexdigest()
