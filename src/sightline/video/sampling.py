"""Which pictures are analysed: the first one of every slot of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from sightline.video.source import VideoInfo
from sightline.video.timeline import CaptureClock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# A rate asked for that is nearly the camera's own means every picture. What a stream announces and what its
# recording has on average differ by a little; that must not decide.
_NEARLY = 0.95


class Sampling:
    """Which pictures of a file are analysed: the first of every slot of `1 / analysis_fps` seconds.

    Slot k begins half a picture before `k / analysis_fps` after the first picture, so a picture that is due
    but early by rounding still counts. The grid is fixed to the first picture: nothing drifts, and a gap in
    the footage is no reason to catch up. Whether a picture is chosen depends on its own time and on the
    pictures before it in its slot, never on decoding; so it can be known before decoding.
    """

    def __init__(self, info: VideoInfo, analysis_fps: float | None) -> None:
        _check(analysis_fps)
        self.every = analysis_fps is None or analysis_fps >= info.fps
        fps = info.fps if analysis_fps is None else Fraction(analysis_fps).limit_denominator(100_000)
        slots_per_tick = fps * info.time_base
        # slot = floor((ticks since the first picture + half a picture) * slots per tick), in whole numbers.
        half_picture = 1 / (2 * info.fps * info.time_base)
        self._scale = half_picture.denominator
        self._offset = half_picture.numerator - info.first_pts * self._scale
        self._numerator = slots_per_tick.numerator
        self._denominator = slots_per_tick.denominator * self._scale

    def slot(self, pts: int) -> int:
        """Number of the slot this presentation time falls into; negative before the first picture."""
        return (pts * self._scale + self._offset) * self._numerator // self._denominator


class CaptureSampling:
    """Which pictures of a camera are analysed: slots are counted in capture time from 1970.

    A live camera and its recording, read from whatever file on, thus choose the same pictures. That is also
    why nothing but `analysis_fps` shapes the slots: `picture_s` only decides whether every picture is wanted.

    Args:
        analysis_fps: pictures per second at most; None for every picture.
        picture_s: nominal distance of two pictures of the camera, seconds.

    Attributes:
        every: every picture is chosen, because the camera gives hardly more than was asked for.
    """

    def __init__(self, analysis_fps: float | None, picture_s: float) -> None:
        _check(analysis_fps)
        if picture_s <= 0:
            raise ValueError(f"picture_s must be above 0, got {picture_s}")
        self.every = analysis_fps is None or analysis_fps * picture_s >= _NEARLY
        fps = Fraction(1 if analysis_fps is None else analysis_fps).limit_denominator(100_000)
        self._numerator, self._denominator = fps.numerator, fps.denominator * 1_000_000
        self._last: int | None = None

    def slot(self, captured_at: datetime) -> int:
        """Number of the slot this capture time (aware) falls into, counted from 1970."""
        return (captured_at - _EPOCH) // _MICROSECOND * self._numerator // self._denominator

    def chosen(self, captured_at: datetime) -> bool:
        """Whether this picture is to be analysed. Asked once for each picture, in the order they were taken.

        A clock that was set back needs no care: any other slot than the last one counts as new.
        """
        if self.every:
            return True
        slot, last = self.slot(captured_at), self._last
        self._last = slot
        return slot != last


class ClockedSampling:
    """Capture-time slots for one recorded file, asked by presentation time."""

    def __init__(self, sampling: CaptureSampling, clock: CaptureClock) -> None:
        self.every = sampling.every
        self._sampling, self._clock = sampling, clock

    def slot(self, pts: int) -> int:
        """Number of the slot, counted from 1970, this presentation time falls into."""
        return self._sampling.slot(self._clock.at(pts))


def _check(analysis_fps: float | None) -> None:
    if analysis_fps is not None and analysis_fps <= 0:
        raise ValueError(f"analysis_fps must be above 0, got {analysis_fps}")
