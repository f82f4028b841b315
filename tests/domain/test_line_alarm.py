"""A line is too long when it has been so for a while, and no more when it has been calm for longer."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from scripted import LINE, cashier, frames, stands, zone

from sightline.domain.line_alarm import LineAlarm, LineLimits, LineNow
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.zone import ZoneKind

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LIMITS = LineLimits()


def line(length: int, wait_s: float = 0, place: str = "till") -> LineNow:
    return LineNow(place=place, length=length, longest_wait=timedelta(seconds=wait_s))


def held(moments: Iterable[tuple[float, LineNow]], limits: LineLimits = LIMITS) -> list[float]:
    """Seconds at which the line was too long."""
    alarm = LineAlarm(limits)
    return [s for s, one in moments if alarm.see(NOON + timedelta(seconds=s), [one])]


def test_too_many_for_the_time_of_validation_alert_and_one_frame_does_not() -> None:
    assert held([(0, line(3)), (1, line(4)), (2, line(3)), (4.5, line(4)), (7.4, line(4))]) == []
    assert held([(0, line(4)), (2.8, line(5)), (3.0, line(4))]) == [3.0]


def test_the_length_of_the_setting_counts() -> None:
    assert held([(0, line(2)), (3, line(2))], LineLimits(length=2)) == [3]
    assert held([(0, line(1)), (3, line(1))], LineLimits(length=2)) == []


@pytest.mark.parametrize(("wait_s", "alerts"), [(179.9, False), (180.0, True)])
def test_one_who_has_waited_too_long_alerts_at_once(wait_s: float, alerts: bool) -> None:
    assert bool(held([(0, line(1, wait_s))])) is alerts


def test_an_empty_line_never_alerts() -> None:
    assert held([(0, line(0)), (60, line(0))], LineLimits(wait=timedelta())) == []


def test_it_is_over_after_a_calm_time_without_a_relapse() -> None:
    long = [(0, line(4)), (3, line(4))]
    calm = [(3 + s, line(3)) for s in range(1, 40)]
    assert held(long + calm)[-1] == 33.0  # calm from 4 to 34
    relapse = [*long, *((3 + s, line(4 if s == 20 else 2)) for s in range(1, 60))]
    assert held(relapse)[-1] == 53.0  # calm again from 24
    assert len(held(relapse)) == 51


def test_lines_are_judged_each_for_itself_and_forgotten_when_nobody_sees_them() -> None:
    alarm = LineAlarm(LIMITS)
    both = [line(5, place="bakery"), line(1, place="till")]
    alarm.see(NOON, both)
    assert [one.place for one in alarm.see(NOON + timedelta(seconds=3), both)] == ["bakery"]
    assert alarm.see(NOON + timedelta(seconds=4), []) == ()
    assert alarm.see(NOON + timedelta(seconds=5), both) == ()


def test_length_and_longest_wait_come_from_those_who_stand_in_line() -> None:
    rules = CameraRules(staff_line=LINE, zones=(zone("line", ZoneKind.QUEUE, 4.5, 1.5, 9, 3),))
    running = ServiceWatch(rules)
    for frame in frames([cashier(), stands(2, 5, 2, 10, 100), stands(3, 6, 2, 40, 100)], end=60):
        running.see(frame)
    assert running.lines_now() == (LineNow(place="line", length=2, longest_wait=timedelta(seconds=50)),)
    assert {one.place: one.length for one in running.lines_now()} == {"line": 2}
