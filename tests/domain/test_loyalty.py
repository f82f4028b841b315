"""Loyalty: the first tier that fits, by visits and by the time since the last one."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.domain.loyalty import is_lapsed, loyalty_score, loyalty_tier

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("visits", "days", "tier"),
    [
        (10, 30, "VIP"),
        (9, 30, "Loyal"),
        (5, 30, "Loyal"),
        (4, 0, "Regular"),
        (3, 60, "Regular"),
        (2, 0, "Occasional"),
        (2, 400, "Occasional"),
        (1, 0, "New"),
        (1, 400, "New"),
        (50, 31, "Regular"),
        (50, 61, "Occasional"),
    ],
)
def test_the_first_tier_that_fits_counts(visits: int, days: int, tier: str) -> None:
    assert loyalty_tier(visits, days * DAY) == tier


def test_limits_belong_to_the_tier_and_a_moment_later_does_not() -> None:
    assert loyalty_tier(10, 30 * DAY + MOMENT) == "Regular"
    assert loyalty_tier(3, 60 * DAY + MOMENT) == "Occasional"
    assert not is_lapsed(90 * DAY)
    assert is_lapsed(90 * DAY + MOMENT)


def test_the_score_grows_with_visits_and_fades_from_the_thirtieth_day_to_the_ninetieth() -> None:
    assert [loyalty_score(visits, DAY) for visits in (1, 2, 10, 40)] == [10, 20, 100, 100]
    assert [loyalty_score(10, days * DAY) for days in (0, 30, 45, 60, 75, 90, 400)] == [
        100, 100, 75, 50, 25, 0, 0,
    ]  # fmt: skip


@given(visits=st.integers(0, 10_000), hours=st.integers(-24, 100_000))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_scores_lie_between_0_and_100_and_more_visits_are_never_worth_less(visits: int, hours: int) -> None:
    since = timedelta(hours=hours)
    assert 0 <= loyalty_score(visits, since) <= loyalty_score(visits + 1, since) <= 100
