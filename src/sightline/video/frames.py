"""Frames of a video at the rate the analysis wants, decoded in a thread of their own.

The reader thread takes packets from the file, hands every one to the recorder and decodes; the caller gets
the chosen frames through a short queue. Decoding thus overlaps inference, and memory stays flat.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Protocol

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sightline.video.ahead import frames_ahead
from sightline.video.picture import Frame, Scaler
from sightline.video.sampling import Sampling
from sightline.video.source import ReadCounts, VideoFile
from sightline.video.stretch import WHOLE, Stretch
from sightline.video.timeline import CaptureClock, PacketTimes

# Frame threads cost the same processor time, but lose good pictures with a damaged one: docs/design/time.md.
DECODER_THREADS = "SLICE"
_CUT_OFF_S = 0.5


class PacketSink(Protocol):
    """Who wants the packets as they come: the recorder."""

    @property
    def recorded_at(self) -> datetime | None: ...

    def begin(self, stream: VideoStream, clock: CaptureClock) -> None:
        """Called once, before the first packet."""
        ...

    def write(self, packet: Packet[VideoStream]) -> None:
        """Take one packet, in decode order, its times repaired."""
        ...


class Slots(Protocol):
    """Which pictures are chosen: the first of every slot, or every one."""

    every: bool

    def slot(self, pts: int) -> int:
        """Number of the slot this presentation time falls into; never falls while `pts` rises."""
        ...


def read_frames(
    video: VideoFile,
    *,
    recorded_at: datetime,
    analysis_fps: float | None,
    recorder: PacketSink | None = None,
    ahead: int = 4,
    stretch: Stretch = WHOLE,
) -> Iterator[Frame]:
    """Frames of the file in order of capture, at most `analysis_fps` per second.

    Args:
        video: an open file; it can be read several times, but by one reading at a time.
        recorded_at: capture time of the first picture, aware.
        analysis_fps: None, or a rate not below the file's: every frame.
        recorder: gets every packet, whether its picture is analysed or not. The caller closes it.
        ahead: frames decoded in advance at most.
        stretch: the part of the file that is wanted; `video.counts` is then about that part, and
            `video.warnings` stays empty.

    Damaged packets are skipped and counted; a file that ends too early yields what is there. Both are then
    said in `video.warnings`.

    Raises:
        SightlineError: whatever the recorder raises (DiskFull), out of the next call for a frame.
        ValueError: a naive `recorded_at`, or one that differs from the recorder's.
    """
    reading = _reading(video, recorded_at, analysis_fps, recorder, stretch)
    return frames_ahead(reading.frames, ahead, name=video.path.name, when_closed=video.when_closed)


def copy_packets(
    video: VideoFile, *, recorded_at: datetime, recorder: PacketSink, decoded: ReadCounts
) -> None:
    """What `read_frames` does for the recorder, of a file whose pictures have been decoded elsewhere.

    Args:
        decoded: what was counted there over all stretches; `video.warnings` tells of it as usual.

    Raises:
        SightlineError: whatever the recorder raises (DiskFull).
        ValueError: a naive `recorded_at`, or one that differs from the recorder's.
    """
    _reading(video, recorded_at, None, recorder, WHOLE).copy(decoded)


def _reading(
    video: VideoFile,
    recorded_at: datetime,
    analysis_fps: float | None,
    recorder: PacketSink | None,
    stretch: Stretch,
) -> Reading:
    if recorded_at.tzinfo is None:
        raise ValueError("recorded_at must be aware")
    if recorder is not None and recorder.recorded_at != recorded_at:
        raise ValueError(f"the recorder starts at {recorder.recorded_at}, the frames at {recorded_at}")
    clock = CaptureClock(
        recorded_at=recorded_at, first_pts=video.info.first_pts, time_base=video.info.time_base
    )
    return Reading(video, clock, Sampling(video.info, analysis_fps), recorder, stretch=stretch)


class Reading:
    """One pass over the file: packets in, chosen frames out.

    Args:
        clock: gives the capture times.
        after_slot: where an earlier file ended: pictures of this slot have been chosen already.
        stretch: the part of the file that is wanted.

    Attributes:
        last_slot: the slot of the last picture chosen.
    """

    def __init__(
        self,
        video: VideoFile,
        clock: CaptureClock,
        sampling: Slots,
        recorder: PacketSink | None = None,
        *,
        after_slot: int | None = None,
        stretch: Stretch = WHOLE,
    ) -> None:
        self._video = video
        self._info = video.info
        self._sampling = sampling
        self._recorder = recorder
        self._clock = clock
        self._frame_ticks = max(1, round(1 / (video.info.fps * video.info.time_base)))
        self._scaler = Scaler()
        self._first_in_slot: dict[int, int] = {}
        self._waiting: list[int] = []  # heap of presentation times demuxed, not yet passed by a picture
        self._passed = 0
        self._last_pts: int | None = None
        self.last_slot = after_slot
        self._end_pts = video.info.first_pts
        self._stretch = stretch
        self._begun = stretch.begins is None
        self._over = False

    def frames(self) -> Iterator[Frame]:
        container, stream = self._video.open_container()
        with container:
            stream.thread_type = DECODER_THREADS
            may_skip = not self._sampling.every and self._info.timed and _skipping_is_safe(stream)
            times = PacketTimes(self._info.time_base, self._frame_ticks)
            if self._recorder is not None:
                self._recorder.begin(stream, self._clock)
            for packet in self._packets(container.demux(stream)):
                times.repair(packet)
                chosen_for_sure_not = self._note(packet)
                if self._video.counts.packets <= self._stretch.decode_from:
                    continue
                if may_skip:
                    stream.codec_context.skip_frame = "NONREF" if chosen_for_sure_not else "DEFAULT"
                yield from self._choose(self._decode(stream.codec_context, packet))
                if self._over:
                    return
                if self._recorder is not None:
                    self._recorder.write(packet)
            yield from self._choose(self._decode(stream.codec_context, None))
        if self._stretch == WHOLE:
            self._conclude(times.restarts)

    def copy(self, decoded: ReadCounts) -> None:
        """Hand every packet to the recorder and decode none; see `copy_packets`."""
        container, stream = self._video.open_container()
        counts = self._video.counts
        counts.decoded, counts.chosen = decoded.decoded, decoded.chosen
        counts.damaged, counts.out_of_order = decoded.damaged, decoded.out_of_order
        with container:
            times = PacketTimes(self._info.time_base, self._frame_ticks)
            if self._recorder is not None:
                self._recorder.begin(stream, self._clock)
            for packet in self._packets(container.demux(stream)):
                times.repair(packet)
                self._note(packet)
                if self._recorder is not None:
                    self._recorder.write(packet)
        self._conclude(times.restarts)

    def _packets(self, demuxed: Iterator[Packet[VideoStream]]) -> Iterator[Packet[VideoStream]]:
        """Packets until the end of the file, or until it cannot be read further."""
        while True:
            try:
                packet = next(demuxed, None)
            except av.error.FFmpegError:
                return  # `_conclude` compares what came with what was announced
            if packet is None:
                return
            if packet.size:
                yield packet

    def _note(self, packet: Packet[VideoStream]) -> bool:
        """Count the packet; True when an earlier picture of its slot is known, so it cannot be chosen."""
        self._video.counts.packets += 1
        pts = packet.pts
        assert pts is not None
        if packet.is_discard:
            return False  # decoded for others' sake, never shown
        self._end_pts = max(self._end_pts, pts + (packet.duration or self._frame_ticks))
        heapq.heappush(self._waiting, pts)
        slot = self._sampling.slot(pts)
        first = self._first_in_slot.get(slot)
        if first is None or pts < first:
            self._first_in_slot[slot] = pts
            if len(self._first_in_slot) > 1000:
                for old in sorted(self._first_in_slot)[:500]:
                    del self._first_in_slot[old]
            return False
        return pts > first

    def _decode(self, codec: VideoCodecContext, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        try:
            return codec.decode(packet)
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self._video.counts.damaged += 1
            return []

    def _choose(self, decoded: list[VideoFrame]) -> Iterator[Frame]:
        counts = self._video.counts
        for picture in decoded:
            pts, index = self._place(picture)
            if not self._reaches(pts):
                return
            counts.decoded += 1
            if picture.is_corrupt:
                counts.damaged += 1  # patched up by the decoder: smears that a detector would believe
                continue
            if self._last_pts is not None and pts <= self._last_pts:
                counts.out_of_order += 1
                continue
            self._last_pts = pts
            slot = self._sampling.slot(pts)
            if not self._sampling.every:
                if self.last_slot is not None and slot <= self.last_slot:
                    continue
                self.last_slot = slot
            if not self._begun:
                continue
            counts.chosen += 1
            yield Frame(
                width=picture.height if self._info.rotation in (90, 270) else picture.width,
                height=picture.width if self._info.rotation in (90, 270) else picture.height,
                captured_at=self._clock.at(pts),
                index=index,
                pts=pts,
                rotation=self._info.rotation,
                _decoded=picture,
                _scaler=self._scaler,
            )

    def _reaches(self, pts: int) -> bool:
        """Whether the stretch has not ended before this picture; counting begins where the stretch does."""
        begins, ends = self._stretch.begins, self._stretch.ends
        self._over = self._over or (ends is not None and pts >= ends)
        if not self._begun and begins is not None and pts >= begins:
            self._begun = True
            counts = self._video.counts
            counts.decoded = counts.chosen = counts.damaged = counts.out_of_order = 0
        return not self._over

    def _place(self, picture: VideoFrame) -> tuple[int, int]:
        """Presentation time and number of a decoded picture; decoders deliver in display order."""
        if not self._info.timed or picture.pts is None:
            index = self._passed
            self._passed += 1
            ticks = Fraction(index) / (self._info.fps * self._info.time_base)
            return self._info.first_pts + round(ticks), index
        while self._waiting and self._waiting[0] <= picture.pts:
            heapq.heappop(self._waiting)
            self._passed += 1
        return picture.pts, self._passed - 1

    def _conclude(self, restarts: int) -> None:
        video, info, counts = self._video, self._info, self._video.counts
        counts.skipped = max(0, counts.packets - counts.decoded - counts.damaged)
        seen_s = float((self._end_pts - info.first_pts) * info.time_base)
        if info.duration_s is not None and seen_s < info.duration_s - max(_CUT_OFF_S, 2 / float(info.fps)):
            video.warnings.append(f"cut off after {seen_s:.1f} s of {info.duration_s:.1f} s announced")
        if counts.damaged:
            video.warnings.append(
                f"{counts.damaged} of {counts.packets} pictures are damaged and were skipped"
            )
        if counts.out_of_order:
            video.warnings.append(f"{counts.out_of_order} pictures out of order were skipped")
        if restarts:
            video.warnings.append(
                f"the clock in the file started again {restarts} times; taken as continuous"
            )
        if not info.timed:
            video.warnings.append(f"the file carries no picture times; counted at {float(info.fps):g} fps")


def _skipping_is_safe(stream: VideoStream) -> bool:
    """Whether pictures marked as nobody's reference may be left undecoded without changing any other.

    H.264 says so per picture. HEVC says "no reference within its temporal layer", which is the same only with
    one layer; the number is in the configuration record (ISO/IEC 14496-15, 8.3.3.1), absent in raw streams.
    """
    codec = stream.codec_context
    if codec.name == "h264":
        return True
    extradata = codec.extradata or b""
    return (
        codec.name == "hevc" and len(extradata) > 22 and extradata[0] == 1 and (extradata[21] >> 3) & 7 == 1
    )
