"""From stream times to capture time, without drift."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from av.packet import Packet
from footage_made import STARTED_AT

from sightline.video.timeline import CaptureClock, PacketTimes


def clock(time_base: Fraction, first_pts: int = 0) -> CaptureClock:
    return CaptureClock(recorded_at=STARTED_AT, first_pts=first_pts, time_base=time_base)


def test_an_hour_at_29_97_does_not_drift() -> None:
    frames = 30000 * 3600 // 1001
    at = clock(Fraction(1001, 30000)).at(frames)
    assert abs(at - STARTED_AT - timedelta(seconds=frames * 1001 / 30000)) <= timedelta(microseconds=1)


def test_first_picture_is_the_zero_and_earlier_ones_count_backwards() -> None:
    at = clock(Fraction(1, 90_000), first_pts=7200).at
    assert at(7200) == STARTED_AT
    assert at(7200 + 90_000) == STARTED_AT + timedelta(seconds=1)
    assert at(0) == STARTED_AT - timedelta(milliseconds=80)


def test_night_of_the_clock_change_keeps_its_length() -> None:
    late = datetime(2025, 10, 26, 2, 59, tzinfo=ZoneInfo("Europe/Paris"))
    at = CaptureClock(recorded_at=late, first_pts=0, time_base=Fraction(1)).at(120)
    assert at == datetime(2025, 10, 26, 1, 1, tzinfo=UTC)


def test_half_a_microsecond_is_rounded_up() -> None:
    at = clock(Fraction(1, 2_000_000)).at
    assert at(1) == STARTED_AT + timedelta(microseconds=1)
    assert at(2) == STARTED_AT + timedelta(microseconds=1)


Times = tuple[int | None, int | None]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        pytest.param([(0, 0), (40, 40), (80, 80)], [(0, 0), (40, 40), (80, 80)], id="nothing to repair"),
        pytest.param([(80, 0), (40, 40), (120, 80)], [(80, 0), (40, 40), (120, 80)], id="B-pictures"),
        pytest.param([(-80, -120), (-40, -80)], [(-80, -120), (-40, -80)], id="negative times are times"),
        pytest.param([(None, None), (None, None)], [(0, 0), (40, 40)], id="no times at all"),
        pytest.param([(0, 0), (None, 40)], [(0, 0), (40, 40)], id="no presentation time"),
        pytest.param([(0, 0), (40, 40), (40, 40)], [(0, 0), (40, 40), (41, 41)], id="twice the same"),
        pytest.param([(0, 0), (40, 40), (20, 20)], [(0, 0), (40, 40), (41, 41)], id="a little back"),
        pytest.param([(0, 0), (9000, 9000)], [(0, 0), (9000, 9000)], id="forward jump is a gap"),
        pytest.param(
            [(5000, 5000), (5040, 5040), (0, 0), (40, 40)],
            [(5000, 5000), (5040, 5040), (5080, 5080), (5120, 5120)],
            id="the clock began again",
        ),
        pytest.param([(0, 40)], [(40, 40)], id="shown before decoded"),
    ],
)
def test_packet_times_are_made_usable(stored: list[Times], expected: list[Times]) -> None:
    times = PacketTimes(Fraction(1, 1000), frame_ticks=40)
    repaired = []
    for pts, dts in stored:
        packet = Packet(b"x")
        packet.pts, packet.dts = pts, dts
        times.repair(packet)
        repaired.append((packet.pts, packet.dts))
    assert repaired == expected
    assert times.restarts == (1 if stored[0] == (5000, 5000) else 0)
