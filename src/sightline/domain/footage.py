"""Recorded video as the rest of the house knows it: files on disk with exact capture times."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedSegment:
    """One file of untouched packets, starting at a key frame.

    Attributes:
        path: relative to the recordings folder, POSIX separators.
        started_at: capture time of the first picture, aware UTC.
        ended_at: capture time at which the last picture ends.
        zero_at: capture time of presentation time 0 in this file; picture at pts p was captured at
            `zero_at + p * time_base`.
        codec: FFmpeg's name of the codec: h264, hevc, mpeg4, mjpeg ...
        frames: packets in the file, one per picture.
        size_bytes: length of the file.
    """

    path: str
    started_at: datetime
    ended_at: datetime
    zero_at: datetime
    codec: str
    frames: int
    size_bytes: int
