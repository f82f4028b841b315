"""A week with far more or far fewer people is news; chance and a camera that was off are not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from sightline.domain.local_time import local_hour
from sightline.domain.traffic_alarm import (
    TRAFFIC_DROP,
    TRAFFIC_SPIKE,
    Change,
    ComparedWeeks,
    Verdict,
    joined,
    length,
)

PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 27, 13, 22, 5, tzinfo=UTC)


@given(before=st.integers(0, 3000), after=st.integers(0, 3000))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_the_p_value_is_that_of_the_exact_conditional_test(before: int, after: int) -> None:
    expected = binomtest(after, before + after, 0.5).pvalue if before + after else 1.0
    assert Change(before, after).p_value == pytest.approx(expected, rel=1e-8, abs=1e-290)


@pytest.mark.parametrize(
    ("before", "after", "spike", "drop"),
    [
        (100, 151, Verdict.RAISE, Verdict.CLEAR),
        (100, 150, Verdict.LEAVE, Verdict.CLEAR),  # not more than half as many again
        (100, 141, Verdict.LEAVE, Verdict.CLEAR),
        (100, 140, Verdict.CLEAR, Verdict.CLEAR),
        (10, 18, Verdict.LEAVE, Verdict.CLEAR),  # +80 %, but as likely by chance as 1 in 5
        (200, 139, Verdict.CLEAR, Verdict.RAISE),
        (200, 140, Verdict.CLEAR, Verdict.LEAVE),  # not more than 30 % fewer
        (200, 159, Verdict.CLEAR, Verdict.LEAVE),
        (200, 160, Verdict.CLEAR, Verdict.CLEAR),
        (10, 3, Verdict.CLEAR, Verdict.LEAVE),
        (0, 500, Verdict.CLEAR, Verdict.CLEAR),  # nobody before: no change to speak of
        (0, 0, Verdict.CLEAR, Verdict.CLEAR),
        (500, 0, Verdict.CLEAR, Verdict.RAISE),
    ],
)
def test_news_is_large_and_not_chance(before: int, after: int, spike: Verdict, drop: Verdict) -> None:
    assert Change(before, after).verdicts() == {TRAFFIC_SPIKE: spike, TRAFFIC_DROP: drop}


def test_weeks_are_of_the_clock_on_the_wall() -> None:
    """In the week in which the clocks went back, seven days are 169 hours."""
    weeks = ComparedWeeks.until(datetime(2026, 10, 27, 11, 0, tzinfo=UTC), PARIS)
    assert weeks.middle == datetime(2026, 10, 20, 10, 0, tzinfo=UTC)
    assert weeks.start == datetime(2026, 10, 13, 10, 0, tzinfo=UTC)
    before, after = weeks.whole()
    assert (length(before), length(after)) == (168 * HOUR, 169 * HOUR)


def hours_between(start: datetime, end: datetime) -> set[datetime]:
    found = set()
    at = local_hour(start, PARIS)
    while at < end:
        found.add(at)
        at += HOUR
    return found


def test_all_observed_is_both_weeks_in_full() -> None:
    weeks = ComparedWeeks.until(NOW, PARIS)
    assert weeks.observed(hours_between(weeks.start, NOW)) == weeks.whole()


def test_an_hour_that_one_week_did_not_see_is_left_out_of_both() -> None:
    weeks = ComparedWeeks.until(NOW, PARIS)
    hours = hours_between(weeks.start, NOW)
    monday_noon = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    last_saturday = datetime(2026, 11, 14, 9, 0, tzinfo=UTC)
    before, after = weeks.observed(hours - {monday_noon, last_saturday})
    for off in (monday_noon, last_saturday + timedelta(days=7)):
        assert not any(start < off + HOUR and end > off for start, end in after)
        assert not any(
            start < off + HOUR - timedelta(days=7) and end > off - timedelta(days=7) for start, end in before
        )
    assert length(before) == length(after) == 166 * HOUR


def test_what_was_never_observed_is_not_compared() -> None:
    weeks = ComparedWeeks.until(NOW, PARIS)
    only_now = hours_between(weeks.middle + HOUR, NOW)
    assert weeks.observed(only_now) == ([], [])


moments = st.integers(0, 40).map(lambda minutes: NOW + timedelta(minutes=minutes))


@given(stretches=st.lists(st.tuples(moments, moments), max_size=8))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_joined_stretches_hold_the_same_minutes(stretches: list[tuple[datetime, datetime]]) -> None:
    def minutes(of: list[tuple[datetime, datetime]]) -> set[int]:
        return {
            minute
            for minute in range(45)
            if any(start <= NOW + timedelta(minutes=minute) < end for start, end in of)
        }

    found = joined(stretches)
    assert minutes(found) == minutes(stretches)
    assert all(one[1] < other[0] for one, other in pairwise(found))
