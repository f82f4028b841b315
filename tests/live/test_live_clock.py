"""The clock of a live camera: simulated cameras whose true capture times are known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.video.live_clock import LiveClock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TICKS = 90_000
FIRST_PTS = 1_234_567
TWELVE_HOURS_S = 12 * 3600


@dataclass
class Machine:
    """Our two clocks. `now_s` is the truth; NOON is its zero."""

    now_s: float = 0.0
    set_by_s: float = 0.0
    seen: list[datetime] = field(default_factory=list)

    def monotonic(self) -> float:
        return 5_000.0 + self.now_s

    def wall(self) -> datetime:
        return NOON + timedelta(seconds=self.now_s + self.set_by_s)

    def clock(self, fps: float = 25) -> LiveClock:
        return LiveClock(
            Fraction(1, TICKS),
            monotonic=self.monotonic,
            wall=self.wall,
            half_picture_ticks=round(TICKS / fps / 2),
        )


def pts_at(taken_s: float, ppm: float = 0) -> int:
    """What a camera stamps on a picture taken then; its clock is fast by `ppm`."""
    return FIRST_PTS + round(taken_s * (1 + ppm / 1e6) * TICKS)


def error_s(clock: LiveClock, pts: int, taken_s: float) -> float:
    return (clock.at(pts) - NOON).total_seconds() - taken_s


def settled_clock(machine: Machine) -> LiveClock:
    clock = machine.clock()
    for number in range(30):
        machine.now_s = number / 25
        clock.arrived(pts_at(number / 25))
    assert clock.settled
    return clock


def long_run(
    *, ppm: float, hours_s: float, fps: float, file_s: float = 10, every: int = 1, seed: int = 1
) -> Iterator[tuple[LiveClock, bool, float, datetime]]:
    """A camera watched for hours; (clock, whether it was just renewed, error in s, captured_at) each packet.

    Every network delay is at least 0, most are around 15 ms, one in 200 is up to 0.4 s. `every`: only two
    pictures of so many arrive, to save time.
    """
    rng = random.Random(seed)
    machine = Machine()
    clock = machine.clock(fps)
    file_began: float | None = None
    arrived_s = 0.0
    for number in range(int(hours_s * fps)):
        if number % every > 1:
            continue
        taken_s = number / fps
        delay = rng.expovariate(1 / 0.015) if rng.random() > 0.005 else rng.uniform(0, 0.4)
        arrived_s = machine.now_s = max(arrived_s, taken_s + delay)
        pts = pts_at(taken_s, ppm)
        assert not clock.jumped(pts)
        clock.arrived(pts)
        if not clock.settled:
            continue
        renewed = file_began is None or (taken_s - file_began >= file_s and number % (2 * every) == 0)
        if renewed:
            clock.renew()
            file_began = taken_s
        yield clock, renewed, error_s(clock, pts, taken_s), clock.at(pts)


@pytest.mark.parametrize("fps", [15, 25])
@pytest.mark.parametrize("ppm", [0, 200, -200, 3000, -3000])
def test_twelve_hours_stay_within_a_fifth_of_a_second(ppm: float, fps: float) -> None:
    worst, last = 0.0, NOON - timedelta(days=1)
    for _, _, error, captured_at in long_run(ppm=ppm, hours_s=TWELVE_HOURS_S, fps=fps, every=25):
        worst = max(worst, abs(error))
        assert captured_at > last
        last = captured_at
    assert worst <= 0.2


@pytest.mark.slow
@pytest.mark.parametrize("ppm", [3000, -3000])
def test_every_packet_of_an_hour_stays_within_a_fifth_of_a_second(ppm: float) -> None:
    worst, last = 0.0, NOON - timedelta(days=1)
    for _, _, error, captured_at in long_run(ppm=ppm, hours_s=3600, fps=25):
        worst = max(worst, abs(error))
        assert captured_at > last
        last = captured_at
    assert worst <= 0.2


@pytest.mark.parametrize("ppm", [0, 20])
def test_good_clock_is_never_moved(ppm: float) -> None:
    fixed = {clock.capture_clock() for clock, _, _, _ in long_run(ppm=ppm, hours_s=900, fps=25, every=5)}
    assert len(fixed) == 1


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    ppm=st.floats(-3000, 3000),
    fps=st.sampled_from([5, 12.5, 15, 25, 30]),
    jitter_s=st.sampled_from([0.0, 0.01, 0.1, 1.0]),
    burst_s=st.floats(0, 4),
    late_s=st.floats(0, 3),
)
def test_time_never_runs_backwards(
    seed: int, ppm: float, fps: float, jitter_s: float, burst_s: float, late_s: float
) -> None:
    """Whatever the network does, with files of 2 s so that there are many renewals."""
    rng = random.Random(seed)
    machine, arrived_s = Machine(), 0.0
    clock = machine.clock(fps)
    given_out: dict[int, datetime] = {}
    last_pts, file_began = None, None
    for number in range(int(60 * fps)):
        taken_s = number / fps + rng.uniform(-0.4, 0.4) / fps  # cameras stamp unevenly, too
        spell = late_s if 20 < number / fps < 30 else 0.0
        arrived_s = machine.now_s = max(arrived_s, burst_s, taken_s + spell + rng.random() * jitter_s)
        pts = pts_at(taken_s, ppm)
        clock.arrived(pts)
        if not clock.settled:
            continue
        if file_began is None or taken_s - file_began >= 2:
            before, ticks = clock.capture_clock(), FIRST_PTS
            moved = clock.renew().at(ticks) - before.at(ticks)
            assert timedelta(seconds=-0.9 / fps) <= moved <= timedelta(milliseconds=50)
            file_began = taken_s
        if last_pts is not None:
            assert clock.at(pts) > given_out[last_pts]
        given_out[pts], last_pts = clock.at(pts), pts
    assert len(given_out) > 20 * fps


def test_capture_time_is_that_of_the_fastest_packet_to_the_microsecond() -> None:
    machine = Machine()
    clock = machine.clock()
    for number, delay in enumerate([0.3, 0.2, 0.010, 0.25] + [0.1] * 30):
        machine.now_s = number / 25 + delay
        clock.arrived(pts_at(number / 25))
    fixed = clock.capture_clock()
    assert fixed.at(FIRST_PTS) == NOON + timedelta(milliseconds=10)
    assert fixed.at(FIRST_PTS + TICKS // 3) == NOON + timedelta(microseconds=10_000 + 333_333)
    assert fixed.at(FIRST_PTS) == clock.at(FIRST_PTS)
    assert fixed.at(FIRST_PTS).tzinfo is UTC


@pytest.mark.parametrize("burst_s", [0.3, 1.0, 2.0, 8.0])
def test_burst_of_old_pictures_does_not_fix_a_wrong_offset(burst_s: float) -> None:
    """A server that sends what it kept of the last seconds at once, 1 ms apart, then goes on as it comes."""
    machine = Machine()
    clock = machine.clock()
    for number in range(int((burst_s + 2) * 25)):
        machine.now_s = max(machine.now_s + 0.001, number / 25, burst_s)
        clock.arrived(pts_at(number / 25))
        if clock.settled:
            break
    assert clock.settled
    assert abs(error_s(clock, pts_at(number / 25), number / 25)) < 0.06
    assert machine.now_s - burst_s <= 1.1


def test_steady_stream_is_settled_after_half_a_second() -> None:
    machine = Machine()
    clock = machine.clock()
    for number in range(14):
        assert not clock.settled
        machine.now_s = number / 25
        clock.arrived(pts_at(number / 25))
    assert clock.settled


def test_stream_that_never_calms_down_is_settled_in_the_end() -> None:
    machine = Machine()
    clock = machine.clock()
    for number in range(200):  # each packet 60 ms less late than the one before
        machine.now_s = number / 25
        clock.arrived(pts_at(number * 0.1))
    assert clock.settled


def test_no_capture_time_before_the_first_packet() -> None:
    with pytest.raises(ValueError, match="no packet has arrived"):
        Machine().clock().capture_clock()


@pytest.mark.parametrize(
    ("after_s", "pts_moves_s", "jumped"),
    [
        pytest.param(0.04, 0.04, False, id="next picture"),
        pytest.param(4.0, 4.0, False, id="stall of the camera"),
        pytest.param(4.0, 0.04, False, id="stall of the network"),
        pytest.param(0.04, 5.2, True, id="forward"),
        pytest.param(0.04, -5.2, True, id="backward"),
        pytest.param(0.04, -(2**32) / TICKS, True, id="32 bits of a 90 kHz clock are full"),
        pytest.param(0.04, -0.08, False, id="pictures out of order"),
    ],
)
def test_jump_of_the_cameras_clock_is_noticed(after_s: float, pts_moves_s: float, jumped: bool) -> None:
    machine = Machine()
    clock = settled_clock(machine)
    last_pts = pts_at(29 / 25)
    machine.now_s += after_s
    assert clock.jumped(last_pts + round(pts_moves_s * TICKS)) is jumped


def test_stream_that_comes_faster_than_life_is_a_jump() -> None:
    """Each step is small; but pictures from the future are no live camera's."""
    machine = Machine()
    clock = settled_clock(machine)
    clock.renew()
    taken_s = 29 / 25
    while not clock.jumped(pts_at(taken_s)):
        clock.arrived(pts_at(taken_s))
        machine.now_s += 0.01
        taken_s += 0.04
        assert taken_s < 20
    assert taken_s - machine.now_s > 4.9


def test_clock_too_slow_to_be_followed_is_a_jump_in_the_end() -> None:
    machine = Machine()
    clock = settled_clock(machine)
    clock.renew()
    for second in range(2, 3600):
        machine.now_s = second
        pts = pts_at(second * 0.97)
        if clock.jumped(pts):
            break
        clock.arrived(pts)
        if second % 10 == 0:
            clock.renew()
    assert clock.jumped(pts)
    assert 5 < second * 0.03 < 8


@pytest.mark.parametrize(("set_by_s", "jumped"), [(0, False), (0.9, False), (1.1, True), (-3600, True)])
def test_wall_clock_that_was_set_is_noticed_and_moves_nothing(set_by_s: float, jumped: bool) -> None:
    machine = Machine()
    clock = settled_clock(machine)
    before = clock.at(FIRST_PTS)
    machine.set_by_s = set_by_s
    assert clock.wall_jumped() is jumped
    clock.renew()
    assert clock.at(FIRST_PTS) == before
