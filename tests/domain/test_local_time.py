"""Hours and days of a venue, on the nights when clocks change, too."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.local_time import Window, day_number, day_start, local_day, local_hour

ZONES = ("UTC", "Europe/Paris", "America/St_Johns", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana")
SPRING = date(2026, 3, 29)
AUTUMN = date(2026, 10, 25)


def paris(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Paris"), fold=fold)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2026, 3, 28), 24, id="a day like others"),
        pytest.param(SPRING, 23, id="the clock skips an hour"),
        pytest.param(AUTUMN, 25, id="the clock goes back"),
    ],
)
def test_a_day_has_the_hours_that_its_clock_shows(day: date, hours: int) -> None:
    assert len(list(Window(day, day, ZoneInfo("Europe/Paris")).hours())) == hours


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    first, second = paris(2026, 10, 25, 2, 30), paris(2026, 10, 25, 2, 30, fold=1)
    zone = ZoneInfo("Europe/Paris")
    assert local_hour(second, zone) - local_hour(first, zone) == timedelta(hours=1)


def test_hours_of_a_zone_half_an_hour_off_begin_at_half_past() -> None:
    at = datetime(2026, 5, 1, 10, 10, tzinfo=UTC)  # 15:40 in Kolkata
    assert local_hour(at, ZoneInfo("Asia/Kolkata")) == datetime(2026, 5, 1, 9, 30, tzinfo=UTC)


def test_weeks_are_whole_and_over() -> None:
    zone = ZoneInfo("UTC")
    friday, sunday = date(2026, 11, 27), date(2026, 11, 29)
    assert Window.of_weeks(1, friday, zone) == Window(date(2026, 11, 16), date(2026, 11, 22), zone)
    assert Window.of_weeks(2, sunday, zone) == Window(date(2026, 11, 16), sunday, zone)


def test_a_window_and_the_one_before_touch() -> None:
    window = Window.of_days(7, SPRING, ZoneInfo("Europe/Paris"))
    assert window.before().end == window.start
    assert window.end - window.start == timedelta(days=7, hours=-1)


@given(
    st.sampled_from(ZONES),
    st.integers(1_577_836_800, 1_893_456_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
)
def test_every_moment_lies_in_one_hour_and_one_day(name: str, at: datetime) -> None:
    zone = ZoneInfo(name)
    hour = local_hour(at, zone)
    assert timedelta() <= at - hour < timedelta(hours=2)
    assert local_hour(hour, zone) == hour
    day = at.astimezone(zone).date()
    assert local_day(at, zone) == day_number(day)
    assert day_start(day, zone) <= at < day_start(day + timedelta(days=1), zone)
    assert hour in set(Window(day, day, zone).hours())
