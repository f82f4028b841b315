"""Whole batches find their hours and days as single moments do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.domain import hour_places as module
from sightline.domain.hour_places import EPOCH, MICROSECOND, HourPlaces
from sightline.domain.local_time import local_day, local_hour

ZONES = (
    "UTC", "Europe/Paris", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Caracas",
    "Africa/Casablanca", "Antarctica/Troll", "Pacific/Apia", "America/Sao_Paulo",
)  # fmt: skip
CHANGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Paris
    datetime(2010, 3, 14, 3, 31, tzinfo=UTC),  # St John's, a minute past midnight
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, by half an hour
    datetime(2007, 12, 9, 7, tzinfo=UTC),  # Caracas, for good
    datetime(2011, 12, 30, 10, tzinfo=UTC),  # Apia, a whole day
    datetime(2018, 11, 4, 3, tzinfo=UTC),  # Sao Paulo, a midnight that is skipped
]


def exactly(at: datetime, zone: ZoneInfo) -> tuple[int, int]:
    return (local_hour(at, zone) - EPOCH) // MICROSECOND, local_day(at, zone)


BEGIN = datetime(2000, 1, 2, tzinfo=UTC)
moments = st.integers(0, 199 * 365 * 86_400).map(lambda s: BEGIN + timedelta(seconds=s)) | st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds),
    st.sampled_from(CHANGES),
    st.integers(-3 * 3600, 3 * 3600),
)


@given(st.lists(moments, min_size=1, max_size=20), st.sampled_from(ZONES))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_a_place_is_the_local_hour_and_day(found: list[datetime], name: str) -> None:
    zone = ZoneInfo(name)
    places = HourPlaces(zone)
    for at in [*found, *found]:
        assert places.place((at - EPOCH) // MICROSECOND) == exactly(at, zone)


@pytest.mark.parametrize("name", ZONES)
def test_every_quarter_of_the_days_around_a_change_is_placed(name: str) -> None:
    zone = ZoneInfo(name)
    places = HourPlaces(zone)
    for change in CHANGES:
        for quarter in range(-100, 100):
            at = change + timedelta(minutes=15 * quarter)
            for moment in (at, at - MICROSECOND):
                assert places.place((moment - EPOCH) // MICROSECOND) == exactly(moment, zone)


def test_what_is_remembered_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 10)
    places = HourPlaces(ZoneInfo("UTC"))
    for hour in range(35):
        places.place(hour * module.HOUR_US)
    assert len(places._known) <= 10
