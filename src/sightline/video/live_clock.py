"""When the pictures of a live camera were taken: distances by its clock, the time of day by ours."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from sightline.video.timeline import CaptureClock

# Half a minute, not more: the smallest value of the window lags behind a camera whose clock is slow.
WINDOW_S = 30
SETTLE_S = 0.5
SETTLE_PACKETS = 25
SETTLE_AT_MOST_S = 3.0
TOLERATED_S = 0.05
MOST_FORWARD_S = 0.05
JUMP_S = 5.0
WALL_JUMP_S = 1.0

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class LiveClock:
    """Capture times of one connection to one camera; the next connection takes a new one.

    Capture time = `pts` + offset. Every packet is late by what the network did to it, none is early, so the
    offset is that of the packet that travelled fastest: the smallest (arrival - pts) of the last `WINDOW_S`.
    It stands still until `renew`, which the beginning of a recorded file calls, and which moves it only when
    it is more than `TOLERATED_S` off, by `MOST_FORWARD_S` forward or nine tenths of a picture back at most.
    So capture times always increase with `pts`, a camera with a good clock is never moved at all, and one
    that is wrong by up to 0.5 % (slow) or nine tenths of a picture per file (fast: 0.36 % at 25 fps with
    files of 10 s) is followed to within 0.2 s.

    Arrival is read from the monotonic clock. How far that is from the wall clock is taken once, here.

    For each packet: `jumped(pts)`, then `arrived(pts)`; nothing is recorded or decoded before `settled`.

    Args:
        time_base: seconds per unit of pts.
        monotonic: seconds on a clock that nobody sets, such as `time.monotonic`.
        wall: the time of day, aware.
        half_picture_ticks: half the nominal distance of two pictures, in units of pts.
    """

    def __init__(
        self,
        time_base: Fraction,
        *,
        monotonic: Callable[[], float],
        wall: Callable[[], datetime],
        half_picture_ticks: int,
    ) -> None:
        if time_base <= 0:
            raise ValueError(f"time_base must be above 0, got {time_base}")
        self._time_base = time_base
        self._numerator, self._denominator = time_base.numerator * 1_000_000, time_base.denominator
        self._monotonic, self._wall = monotonic, wall
        self._wall_us = self._wall_now_us()
        self._smallest: deque[list[int]] = deque()  # [second of arrival, smallest offset in it], 1 s each
        self._picture_ticks = max(1, 2 * half_picture_ticks)
        self._closest_ticks = self._picture_ticks
        self._packets = 0
        self._first_us = self._last_us = 0
        self._last_pts = 0
        self._settled = False
        self._settling_offset = 0
        self._settling_us = 0
        self._settling_packets = 0
        self._clock: CaptureClock | None = None
        self._offset = 0
        self._lost = False

    def arrived(self, pts: int) -> None:
        """Take note of a packet that has just come; every packet once, in the order of arrival."""
        now = self._now_us()
        offset = now - self._pts_us(pts)
        second = now // 1_000_000
        if self._smallest and self._smallest[-1][0] == second:
            if offset < self._smallest[-1][1]:
                self._smallest[-1][1] = offset
        else:
            self._smallest.append([second, offset])
            while self._smallest[0][0] <= second - WINDOW_S:
                self._smallest.popleft()
        if self._packets:
            step = abs(pts - self._last_pts)
            if 0 < step < self._closest_ticks:
                self._closest_ticks = step
        else:
            self._first_us = now
        self._packets += 1
        self._last_us, self._last_pts = now, pts
        if not self._settled:
            self._settle(now, offset)

    @property
    def settled(self) -> bool:
        """Whether the offset is worth fixing.

        It is, `SETTLE_S` or `SETTLE_PACKETS` packets after it last fell by `TOLERATED_S`. Servers that keep
        the last pictures send these in one burst at the start, each less late than the one before; taking
        the offset from within the burst would date everything after it into the future.
        """
        return self._settled

    def at(self, pts: int) -> datetime:
        """Capture time, aware UTC, whole microseconds, by the offset as it stands."""
        return self.capture_clock().at(pts)

    def capture_clock(self) -> CaptureClock:
        """The clock that holds until the next `renew`. The first call fixes the offset.

        Raises:
            ValueError: no packet has arrived.
        """
        if self._clock is None:
            return self.renew()
        return self._clock

    def renew(self) -> CaptureClock:
        """Let the offset follow the camera's clock. Called at the first key frame of a new file, after its
        `arrived`.

        Raises:
            ValueError: no packet has arrived.
        """
        if not self._packets:
            raise ValueError("no packet has arrived: there is no capture time yet")
        smallest = min(offset for _, offset in self._smallest)
        if self._clock is None:
            moved = smallest
        else:
            moved = self._allowed(smallest - self._offset)
            self._lost = abs(smallest - self._offset - moved) > JUMP_S * 1_000_000
            if moved == 0:
                return self._clock
        self._offset += moved
        self._closest_ticks = self._picture_ticks
        recorded_us = self._pts_us(self._last_pts) + self._offset + self._wall_us
        first_pts = self._last_pts
        if self._clock is not None:
            first_pts = self._clock.first_pts
            recorded_us = (self._clock.recorded_at - _EPOCH) // _MICROSECOND + moved
        self._clock = CaptureClock(
            recorded_at=_EPOCH + recorded_us * _MICROSECOND, first_pts=first_pts, time_base=self._time_base
        )
        return self._clock

    def jumped(self, pts: int) -> bool:
        """Whether the camera's clock jumped: this packet, not yet given to `arrived`, does not fit.

        It does not if its pts moved by more than `JUMP_S` more, or less, than the time that passed since the
        packet before; if it would lie more than `JUMP_S` in the future; or if the camera's clock is so wrong
        that `renew` has fallen behind by that much. The connection is then ended and begun anew.
        """
        if not self._packets:
            return False
        most = round(JUMP_S * 1_000_000)
        offset = self._now_us() - self._pts_us(pts)
        before = self._last_us - self._pts_us(self._last_pts)
        in_the_future = self._clock is not None and offset < self._offset - most
        return abs(offset - before) > most or in_the_future or self._lost

    def wall_jumped(self) -> bool:
        """Whether this machine's clock was set, by more than `WALL_JUMP_S`, since this connection began."""
        return abs(self._wall_now_us() - self._wall_us) > WALL_JUMP_S * 1_000_000

    def _settle(self, now: int, offset: int) -> None:
        if self._packets == 1 or offset < self._settling_offset - TOLERATED_S * 1_000_000:
            self._settling_offset, self._settling_us, self._settling_packets = offset, now, 0
        self._settling_packets += 1
        self._settled = (
            now - self._settling_us >= SETTLE_S * 1_000_000
            or self._settling_packets >= SETTLE_PACKETS
            or now - self._first_us >= SETTLE_AT_MOST_S * 1_000_000
        )

    def _allowed(self, wanted: int) -> int:
        """Of a wanted move in microseconds, what the next file may do."""
        if abs(wanted) <= TOLERATED_S * 1_000_000:
            return 0
        # Nine tenths of the closest two pictures since the last move: the next one stays later than the last.
        most_back = self._closest_ticks * 9 * self._numerator // (10 * self._denominator)
        return max(-most_back, min(wanted, round(MOST_FORWARD_S * 1_000_000)))

    def _now_us(self) -> int:
        return round(self._monotonic() * 1_000_000)

    def _wall_now_us(self) -> int:
        return (self._wall() - _EPOCH) // _MICROSECOND - self._now_us()

    def _pts_us(self, pts: int) -> int:
        return pts * self._numerator // self._denominator
