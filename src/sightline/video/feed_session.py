"""One connection of a feed, from its first packet to its loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from av.packet import Packet
from av.video.stream import VideoStream

from sightline.domain.gap import GapReason
from sightline.video.decode import LiveDecoder
from sightline.video.feed_gaps import GapBook
from sightline.video.feed_recording import FeedRecording
from sightline.video.live_clock import LiveClock
from sightline.video.stream import LiveStream, StreamLost
from sightline.video.timeline import CaptureClock, PacketTimes, microseconds

FeedState = Literal["connecting", "live", "lost"]

MOST_LATE_S = 1.0
LATE_FOR_S = 30.0
MOST_EARLY_S = 1.5
# FFmpeg's parser holds one picture back and gives it away when the read time-out (5 s) has passed. That is a
# stall, and the stream says so next; it must not pass for a jump of the camera's clock.
SILENT_S = 4.75
# Without a recorder nobody begins a file, at which the clock may follow the camera's.
RENEW_S = 10


@dataclass(slots=True)
class FeedCounts:
    """What a feed has done since it was started; a copy, taken by `CameraFeed.counts`.

    Attributes:
        packets, bytes: received, from the first key frame of each connection.
        recorded_packets: of these, written to a file.
        sessions: connections that gave pictures.
        gaps: interruptions told by `on_gap_open`.
        disk_full: times that recording was paused because the disk was full.
        recording_paused: whether recording waits for room just now.
        state: `connecting` before the first picture ever, then `live` or `lost`.
        trouble, trouble_detail: why the last attempt failed, while it is not live: a password refused during
            an outage that began otherwise is seen here.
        last_packet_at: capture time of the end of the last packet, aware UTC.
        lag_s: arrival minus capture of the last packet; None before the first.
    """

    packets: int = 0
    bytes: int = 0
    recorded_packets: int = 0
    sessions: int = 0
    gaps: int = 0
    disk_full: int = 0
    recording_paused: bool = False
    state: FeedState = "connecting"
    trouble: GapReason | None = None
    trouble_detail: str = ""
    last_packet_at: datetime | None = None
    lag_s: float | None = None


class FeedSession:
    """Packets of one connection: given their time, recorded, then decoded.

    Nothing before the first key frame is used, and nothing is passed on before the clock has settled.

    Args:
        stream: just opened.
        counts: counted on; only by the thread that calls `take`.
        on_first: called once, when the first packet is passed on.

    Attributes:
        live_s: seconds from the first packet's arrival to the last one's.
        last_arrival: of the last packet, on the monotonic clock; None before the first.
    """

    def __init__(
        self,
        stream: LiveStream,
        *,
        recording: FeedRecording,
        decoder: LiveDecoder | None,
        gaps: GapBook,
        counts: FeedCounts,
        on_first: Callable[[], None],
        monotonic: Callable[[], float],
        wall: Callable[[], datetime],
    ) -> None:
        self.live_s = 0.0
        self.last_arrival: float | None = None
        self._stream, self._info = stream, stream.info
        self._recording, self._decoder, self._gaps = recording, decoder, gaps
        self._counts, self._on_first = counts, on_first
        self._monotonic, self._wall = monotonic, wall
        time_base = self._info.time_base
        self._frame_ticks = max(1, round(1 / (self._info.fps * time_base)))
        self._longest_ticks = max(int(1 / time_base), 3 * self._frame_ticks)
        self._renew_ticks = int(RENEW_S / time_base)
        self._times = PacketTimes(time_base, self._frame_ticks)
        self._clock = LiveClock(
            time_base, monotonic=monotonic, wall=wall, half_picture_ticks=self._frame_ticks // 2
        )
        self._held: list[Packet[VideoStream]] | None = []
        self._file_clock: CaptureClock | None = None
        self._pts = self._renewed_pts = 0
        self._taken_at: float | None = None
        self._first_arrival = 0.0
        self._late_since: float | None = None

    def take(self, packet: Packet[VideoStream]) -> None:
        """The next packet, as it came.

        Raises:
            StreamLost: the camera's clock or this machine's jumped, so that a new connection must begin, with
                a new clock.
        """
        pts = packet.pts or 0
        arrival = self._monotonic()
        silent = self._taken_at is not None and arrival - self._taken_at >= SILENT_S
        self._taken_at = arrival
        if not silent and self._clock.jumped(pts):
            raise StreamLost(GapReason.TIME_JUMP, "the camera's clock jumped")
        if self._clock.wall_jumped():
            raise StreamLost(GapReason.CLOCK_CHANGED, "this machine's clock was set")
        self._clock.arrived(pts)
        self._times.repair(packet)
        if self._times.restarts:
            raise StreamLost(GapReason.TIME_JUMP, "the camera's clock began again")
        if self._held is None:
            self._pass_on(packet)
        elif self._held or packet.is_keyframe:
            self._held.append(packet)
            if self._clock.settled:
                self._begin(self._held)

    def end(self) -> None:
        """The connection is lost: publish the file, have the decoder deliver what it holds back."""
        if self._held is None:
            self._recording.finish_file()
            if self._decoder is not None:
                self._decoder.end()

    def _begin(self, held: list[Packet[VideoStream]]) -> None:
        self._held = None
        self._first_arrival = self._monotonic()
        self._file_clock = self._clock.capture_clock()
        self._pts = self._renewed_pts = held[0].pts or 0
        self._recording.begin(self._stream.stream, self._file_clock, self._renewed_clock)
        if self._decoder is not None:
            self._decoder.begin(self._stream.stream, fps=self._info.fps)
        self._on_first()
        for packet in held:
            self._pass_on(packet)

    def _pass_on(self, packet: Packet[VideoStream]) -> None:
        self._pts = pts = packet.pts or 0
        size, duration = packet.size, packet.duration or self._frame_ticks
        if duration > self._longest_ticks:
            duration = self._frame_ticks  # some servers give the last picture before a gap the gap's length
        clock = self._file_clock
        assert clock is not None
        captured_at = clock.at(pts)
        self._check_lag(captured_at)
        self._recording.write(packet)  # before decoding, because a new file may move the clock
        if (
            packet.is_keyframe
            and not self._recording.is_writing
            and pts - self._renewed_pts >= self._renew_ticks
        ):
            self._renewed_clock()
        if self._file_clock is not clock:
            captured_at = self._clock.at(pts)
        length = timedelta(microseconds=microseconds(duration, self._info.time_base))
        self._gaps.seen(captured_at, captured_at + length)
        if self._decoder is not None:
            self._decoder.offer(packet, captured_at)
        self._counts.packets += 1
        self._counts.bytes += size

    def _renewed_clock(self) -> CaptureClock:
        """The clock for the file that begins with the packet at hand, and for decoding what is in it."""
        self._file_clock = self._clock.renew()
        self._renewed_pts = self._pts
        return self._file_clock

    def _check_lag(self, captured_at: datetime) -> None:
        """Capture times that are off by more than the network can explain: the connection must begin anew."""
        now = self._monotonic()
        self.last_arrival, self.live_s = now, now - self._first_arrival
        self._counts.lag_s = lag = (self._wall() - captured_at).total_seconds()
        if lag <= MOST_LATE_S:
            self._late_since = None
            if lag < -MOST_EARLY_S:
                raise StreamLost(GapReason.TIME_JUMP, f"pictures are dated {-lag:.1f} s into the future")
        elif self._late_since is None:
            self._late_since = now
        elif now - self._late_since > LATE_FOR_S:
            raise StreamLost(
                GapReason.TIME_JUMP, f"pictures came {lag:.1f} s late for more than {LATE_FOR_S:.0f} s"
            )
