"""From the times in a stream to capture time: one rule, used by frames and by recorded packets alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from av.packet import Packet
from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureClock:
    """Capture time of a picture: `recorded_at + (pts - first_pts) * time_base`, to the nearest microsecond.

    The sum is exact and rounded once (half up), so an hour of 30000/1001 fps does not drift.
    """

    recorded_at: datetime
    first_pts: int
    time_base: Fraction

    def at(self, pts: int) -> datetime:
        """Capture time, aware UTC, of the picture at `pts`; one before the first picture is fine."""
        # In UTC before adding: Python adds to local times as if no clock ever changed.
        since = timedelta(microseconds=microseconds(pts - self.first_pts, self.time_base))
        return self.recorded_at.astimezone(UTC) + since


def microseconds(ticks: int, time_base: Fraction) -> int:
    """`ticks * time_base` seconds in whole microseconds, halves up."""
    doubled = ticks * time_base.numerator * 2_000_000 + time_base.denominator
    return doubled // (2 * time_base.denominator)


class PacketTimes:
    """Makes the times of packets usable, in decode order, before anyone looks at them.

    1. A missing decode time is the previous one plus the previous length; a missing presentation time is the
       decode time (the stream is then `timed=False` and its frames are counted instead).
    2. A decode time more than `RESTART_S` before the previous one means that the recorder's clock began
       again: everything from there on is moved to follow on directly. Counted in `restarts`.
    3. Any other decode time that does not advance is put one tick after the previous one, because no
       container can hold it otherwise.
    4. A presentation time before the decode time is moved up to it.
    Forward jumps are left alone: they are real gaps.
    """

    RESTART_S = 1

    def __init__(self, time_base: Fraction, frame_ticks: int) -> None:
        self.restarts = 0
        self._restart_ticks = int(self.RESTART_S / time_base)
        self._frame_ticks = max(1, frame_ticks)
        self._last_dts: int | None = None
        self._step = self._frame_ticks
        self._shift = 0

    def repair(self, packet: Packet[VideoStream]) -> None:
        """Set `pts` and `dts` of the packet by the rules above."""
        last, follows = self._last_dts, (self._last_dts or 0) + self._step
        dts = packet.dts + self._shift if packet.dts is not None else None
        if dts is None:
            dts = (0 if packet.pts is None else packet.pts + self._shift) if last is None else follows
        elif last is not None and dts < last - self._restart_ticks:
            self.restarts += 1
            self._shift += follows - dts
            dts = follows
        elif last is not None and dts <= last:
            dts = last + 1
        pts = dts if packet.pts is None else max(packet.pts + self._shift, dts)
        packet.dts, packet.pts = dts, pts
        self._last_dts = dts
        self._step = packet.duration or self._frame_ticks
