"""Reading back what was recorded: the packets of a span of capture time, across segment files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from sightline.domain.footage import RecordedSegment
from sightline.errors import EvidenceError
from sightline.video.timeline import microseconds

_MICROSECOND = timedelta(microseconds=1)
_TimedPacket = tuple[int, int, "Packet[VideoStream]"]  # pts, dts, packet
# Packets are copied, not decoded: without these FFmpeg decodes a picture at every opening, ten times slower.
PACKETS_ONLY = {
    "protocol_whitelist": "file",
    "probesize": "32",
    "analyzeduration": "0",
    "fpsprobesize": "0",
    "skip_frame": "all",
}
SAME_FOOTAGE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FootagePacket:
    """One recorded packet.

    Attributes:
        packet: untouched bytes.
        stream: what it belongs to; the same codec, size and time base for all packets of a span.
        pts, dts: in the stream's time base, counted on through all segments of the span.
        captured_at, length: when the picture was taken, and for how long it stands.
    """

    packet: Packet[VideoStream]
    stream: VideoStream
    pts: int
    dts: int
    captured_at: datetime
    length: timedelta


def segments_within(
    footage: Sequence[RecordedSegment], start: datetime, end: datetime
) -> list[RecordedSegment]:
    """The segments that hold pictures of the span, in order of capture.

    A segment may begin with pictures shown just before its key frame ("open GOP"); only the segment before it
    can decode them. So a span that begins there begins with that earlier segment.

    Raises:
        EvidenceError: there are none; says what there is.
    """
    ordered = sorted(footage, key=lambda segment: segment.started_at)
    chosen: list[RecordedSegment] = []
    for before, segment in zip([None, *ordered], ordered, strict=False):
        if segment.ended_at <= start or segment.zero_at >= end:
            continue
        if (
            not chosen
            and before is not None
            and segment.started_at > start
            and before.ended_at > segment.zero_at
        ):
            chosen.append(before)
        # Footage recorded twice, cut differently: what has been reached already is not taken again.
        if chosen and segment.started_at < chosen[-1].ended_at - SAME_FOOTAGE:
            continue
        chosen.append(segment)
    if not chosen:
        held = f"{ordered[0].started_at} to {ordered[-1].ended_at}" if ordered else "nothing at all"
        raise EvidenceError(f"no footage from {start} to {end}; recorded is {held}")
    return chosen


def packets_within(
    segments: Sequence[RecordedSegment], directory: Path, start: datetime, end: datetime
) -> Iterator[FootagePacket]:
    """Packets in decode order, from the key frame at or before `start` to the last one shown before `end`.

    Packets shown at or after `end` are among them only where an earlier picture needs them.

    Raises:
        EvidenceError: a segment is missing or unreadable, or the camera changed its picture format.
    """
    form: tuple[object, ...] = ()
    for segment in segments:
        with _open_segment(directory / segment.path) as reader:
            stream = reader.streams.video[0]
            codec = stream.codec_context
            time_base = stream.time_base or Fraction(1, 90_000)
            found = (codec.name, codec.width, codec.height, codec.extradata, time_base)
            if form and form != found:
                raise EvidenceError(
                    f"the camera changed its picture format at {segment.started_at}; cut before and after"
                )
            form = found
            # Both zeros are rounded to microseconds, less than a tick: rounding gives the true ticks back.
            since_first = (segment.zero_at - segments[0].zero_at) // _MICROSECOND
            shift = round(Fraction(since_first, 1_000_000) / time_base)
            for packet in _span(reader, stream, segment, start, end):
                pts, dts = packet.pts or 0, packet.dts or 0
                yield FootagePacket(
                    packet=packet,
                    stream=stream,
                    pts=pts + shift,
                    dts=dts + shift,
                    captured_at=segment.zero_at + microseconds(pts, time_base) * _MICROSECOND,
                    length=microseconds(packet.duration or 0, time_base) * _MICROSECOND,
                )


def _open_segment(path: Path) -> InputContainer:
    try:
        return av.open(str(path.absolute()), options=PACKETS_ONLY)
    except FFmpegError as error:
        raise EvidenceError(f"the recording {path} is missing or unreadable ({error.strerror})") from error


def _span(
    reader: InputContainer, stream: VideoStream, segment: RecordedSegment, start: datetime, end: datetime
) -> Iterable[Packet[VideoStream]]:
    """Packets of one segment, in decode order, that the span needs.

    Capture times are whole microseconds while pts are not, so a picture within one microsecond of `start` or
    `end` counts as being exactly there.
    """
    time_base = stream.time_base or Fraction(1, 90_000)
    from_pts = _ticks(start - segment.zero_at + _MICROSECOND, time_base)
    end_pts = _ticks(end - segment.zero_at - _MICROSECOND, time_base)
    if from_pts > 0:
        # Seeking goes by decode time, which is earlier than the presentation time by the reordering delay.
        delay = _ticks(segment.started_at - segment.zero_at, time_base)
        reader.seek(max(0, from_pts - delay), stream=stream)
    return _until(_from_key_frame(_timed_packets(reader, stream, segment), from_pts), end_pts)


def _timed_packets(
    reader: InputContainer, stream: VideoStream, segment: RecordedSegment
) -> Iterator[_TimedPacket]:
    try:
        for packet in reader.demux(stream):
            if packet.size and packet.pts is not None and packet.dts is not None:
                yield packet.pts, packet.dts, packet
    except FFmpegError as error:
        raise EvidenceError(f"the recording {segment.path} is damaged ({error.strerror})") from error


def _from_key_frame(packets: Iterator[_TimedPacket], from_pts: int) -> Iterator[_TimedPacket]:
    """Drop what comes before the last key frame shown at or before `from_pts`."""
    held: list[_TimedPacket] = []
    for pts, dts, packet in packets:
        if packet.is_keyframe and pts <= from_pts:
            held = []
        held.append((pts, dts, packet))
        if dts > from_pts:  # shown no earlier than decoded: no such key frame can follow
            break
    yield from held
    yield from packets


def _until(packets: Iterator[_TimedPacket], end_pts: int) -> Iterator[Packet[VideoStream]]:
    """Stop after the last packet shown at or before `end_pts`; later ones in between are needed by it."""
    held: list[Packet[VideoStream]] = []
    for pts, dts, packet in packets:
        if dts > end_pts:
            return
        held.append(packet)
        if pts <= end_pts:
            yield from held
            held = []


def _ticks(span: timedelta, time_base: Fraction) -> int:
    return int(Fraction(span // _MICROSECOND, 1_000_000) // time_base)
