"""When a shop is open: weekdays, nights that reach into the next day, and nights when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.opening_hours import OpeningHours, Span

PARIS = ZoneInfo("Europe/Paris")
DAY: Span = (9 * 60, 19 * 60)
BAR: Span = (18 * 60, 2 * 60 + 30)
WEEKEND_BAR = OpeningHours(PARIS, ((), (), (), (), (), (BAR,), (BAR,)))
"""Saturday and Sunday from 18:00 to 02:30 of the next day. Clocks change in the night to Sunday."""


def local(text: str, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def week(**days: tuple[Span, ...]) -> OpeningHours:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return OpeningHours(PARIS, tuple(days.get(name, ()) for name in names))


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-03-02T08:59:59.999999", False),
        ("2026-03-02T09:00", True),
        ("2026-03-02T12:29:59", True),
        ("2026-03-02T12:30", False),
        ("2026-03-02T14:00", True),
        ("2026-03-02T18:59:59.999999", True),
        ("2026-03-02T19:00", False),
        pytest.param("2026-03-03T12:00", False, id="a day that is not named is closed"),
    ],
)
def test_open_from_the_opening_to_just_before_the_closing(at: str, is_open: bool) -> None:
    hours = week(mon=((9 * 60, 12 * 60 + 30), (14 * 60, 19 * 60)))
    assert hours.is_open(local(at)) is is_open


def test_the_clocks_of_the_shop_count_whatever_zone_a_moment_is_told_in() -> None:
    hours = week(mon=(DAY,))
    assert not hours.is_open(datetime(2026, 3, 2, 7, 59, tzinfo=UTC))
    assert hours.is_open(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    assert hours.is_open(local("2026-03-02T17:30", ZoneInfo("Asia/Tokyo"))), "it is 09:30 in Paris"
    assert not hours.is_open(local("2026-03-02T09:30", ZoneInfo("Asia/Tokyo"))), "it is 01:30 in Paris"


def test_a_night_past_midnight_belongs_to_the_day_it_began_on() -> None:
    hours = week(sun=(BAR,))
    assert not hours.is_open(local("2026-03-01T02:00")), "Saturday is closed, so nothing reaches into Sunday"
    assert hours.is_open(local("2026-03-01T18:00"))
    assert hours.is_open(local("2026-03-02T02:29"))
    assert not hours.is_open(local("2026-03-02T02:30"))
    assert not hours.is_open(local("2026-03-02T18:00"))


def test_round_the_clock_has_no_seam_at_midnight() -> None:
    hours = OpeningHours(PARIS, (((0, 1440),),) * 7)
    midnight = local("2026-03-03T00:00")
    assert all(hours.is_open(midnight + timedelta(microseconds=tick)) for tick in (-1, 0, 1))


def test_without_any_setting_it_is_open_from_five_to_midnight() -> None:
    hours = OpeningHours.usual(PARIS)
    assert [hours.is_open(local(f"2026-03-0{day}T04:59")) for day in range(2, 9)] == [False] * 7
    assert [hours.is_open(local(f"2026-03-0{day}T05:00")) for day in range(2, 9)] == [True] * 7
    assert hours.is_open(local("2026-03-02T23:59:59"))
    assert not hours.is_open(local("2026-03-03T00:00"))


def changes(hours: OpeningHours, since: datetime, until: datetime) -> list[str]:
    """Each minute at which it opens or closes, as the wall shows it, with the offset."""
    found, at, before = [], since.astimezone(UTC), hours.is_open(since)
    while at <= until.astimezone(UTC):
        now = hours.is_open(at)
        if now is not before:
            found.append(f"{'opens' if now else 'closes'} {at.astimezone(PARIS):%H:%M %z}")
        at, before = at + timedelta(minutes=1), now
    return found


def test_in_the_short_night_a_closing_time_that_is_skipped_is_the_jump() -> None:
    found = changes(WEEKEND_BAR, local("2026-03-28T17:00"), local("2026-03-29T12:00"))
    assert found == ["opens 18:00 +0100", "closes 03:00 +0200"]


def test_in_the_short_night_an_opening_time_that_is_skipped_is_the_jump() -> None:
    hours = week(sun=((2 * 60 + 30, 6 * 60),))
    found = changes(hours, local("2026-03-29T00:00"), local("2026-03-29T12:00"))
    assert found == ["opens 03:00 +0200", "closes 06:00 +0200"]


def test_in_the_long_night_it_closes_once_when_the_time_is_shown_the_second_time() -> None:
    found = changes(WEEKEND_BAR, local("2026-10-24T17:00"), local("2026-10-25T12:00"))
    assert found == ["opens 18:00 +0200", "closes 02:30 +0100"]


def test_in_the_long_night_it_opens_once_when_the_time_is_shown_the_first_time() -> None:
    hours = week(sun=((2 * 60 + 30, 6 * 60),))
    found = changes(hours, local("2026-10-25T00:00"), local("2026-10-25T12:00"))
    assert found == ["opens 02:30 +0200", "closes 06:00 +0100"]


@pytest.mark.parametrize("day", ["2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"])
def test_a_shop_by_day_does_not_notice_that_clocks_change(day: str) -> None:
    hours = OpeningHours(PARIS, ((DAY,),) * 7)
    found = changes(hours, local(f"{day}T00:00"), local(f"{day}T23:59"))
    assert [text[:-6] for text in found] == ["opens 09:00", "closes 19:00"]


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.integers(1, 1439))  # noqa: DTZ001
def test_closed_is_open_at_the_other_half_of_the_day(naive: datetime, noon: int) -> None:
    """What one shop leaves of each day the other takes: never both, never neither, no clock changing."""
    at = naive.replace(tzinfo=UTC)
    early, late = (OpeningHours(UTC, ((span,),) * 7) for span in ((0, noon), (noon, 1440)))
    assert early.is_open(at) is not late.is_open(at)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="a moment needs a zone, got 2026-03-02T09:00:00"):
        OpeningHours.usual(PARIS).is_open(datetime(2026, 3, 2, 9))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("days", "complaint"),
    [
        (((),) * 6, "seven days, got 6"),
        ((((600, 600),), *((),) * 6), "got 600 to 600"),
        ((((600, 1441),), *((),) * 6), "got 600 to 1441"),
    ],
)
def test_hours_that_cannot_be_are_refused(days: tuple[tuple[Span, ...], ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        OpeningHours(PARIS, days)
