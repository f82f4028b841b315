"""When a shop is closed, in stretches: held against every single minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.domain.opening_hours import OpeningHours

PARIS = ZoneInfo("Europe/Paris")
MINUTE = timedelta(minutes=1)

span = st.tuples(st.integers(0, 1439), st.integers(0, 1440)).filter(lambda pair: pair[0] != pair[1])
weeks = st.lists(st.lists(span, max_size=2).map(tuple), min_size=7, max_size=7).map(tuple)
starts = st.sampled_from(
    [
        datetime(2026, 3, 28, 20, 7, tzinfo=UTC),  # the clocks go forward
        datetime(2026, 10, 24, 20, 7, tzinfo=UTC),  # and back
        datetime(2026, 6, 6, 21, 0, tzinfo=UTC),
    ]
)
zones = st.sampled_from([PARIS, ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu")])


@given(week=weeks, start=starts, zone=zones)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_closed_stretches_hold_the_minutes_at_which_the_shop_is_closed(
    week: tuple[tuple[tuple[int, int], ...], ...], start: datetime, zone: ZoneInfo
) -> None:
    hours = OpeningHours(zone, week)
    end = start + timedelta(hours=31)
    closed = hours.closed_between(start, end)
    minutes = [start + number * MINUTE for number in range(31 * 60)]
    assert [any(begin <= at < until for begin, until in closed) for at in minutes] == [
        not hours.is_open(at) for at in minutes
    ]
    for begin, until in closed:
        assert begin.astimezone(zone).date() == (until - MINUTE / 60).astimezone(zone).date()


def test_usual_nights_are_one_stretch_each() -> None:
    closed = OpeningHours.usual(PARIS).closed_between(
        datetime(2026, 3, 2, tzinfo=PARIS), datetime(2026, 3, 4, tzinfo=PARIS)
    )
    assert closed == [
        (datetime(2026, 3, 2, tzinfo=PARIS), datetime(2026, 3, 2, 5, tzinfo=PARIS)),
        (datetime(2026, 3, 3, tzinfo=PARIS), datetime(2026, 3, 3, 5, tzinfo=PARIS)),
    ]


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        OpeningHours.usual(PARIS).closed_between(datetime(2026, 3, 2), datetime(2026, 3, 3, tzinfo=UTC))  # noqa: DTZ001
