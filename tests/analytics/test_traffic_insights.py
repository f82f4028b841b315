"""What is said about a window in sentences, and what is not said because it may be chance."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from sightline.analytics.insights import comparable, insights, is_significant
from sightline.analytics.observation import Observation
from sightline.analytics.traffic_window import TrafficWindow
from sightline.domain.local_time import HOUR, Window, local_hour
from sightline.domain.traffic_alarm import Change
from sightline.store.figures import HourOfStays, Presence

PARIS = ZoneInfo("Europe/Paris")
MONDAY = date(2025, 3, 10)
LATER = datetime(2025, 6, 1, tzinfo=UTC)


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 3, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def traffic(
    *,
    first: date = MONDAY,
    days: int = 7,
    hours: dict[datetime, int] | None = None,
    presence: Presence | None = None,
    watched: dict[datetime, int] | None = None,
) -> TrafficWindow:
    """One window: stays by begin of the hour; each stay is a visit unless `presence` says otherwise."""
    window = Window.of_days(days, first + timedelta(days=days - 1), PARIS)
    stays = hours or {}
    total = sum(stays.values())
    begun = datetime(2025, 1, 1, tzinfo=UTC)
    return TrafficWindow(
        window=window,
        presence=presence or Presence(people=total, stays=total, visits=total),
        labels=[],
        hours=[
            HourOfStays(
                hour_at=local_hour(at, PARIS),
                stays=number,
                quality_n=0,
                frames_sum=0,
                confidence_millionths=0,
                scored_n=0,
                score_millionths=0,
                high_n=0,
            )
            for at, number in sorted(stays.items())
        ],
        observation=Observation(
            watched=watched is not None, cameras=1, minutes=watched or {}, told_since=begun
        ),
    )


def week_before(**parts: object) -> TrafficWindow:
    return traffic(first=MONDAY - timedelta(days=7), **parts)  # type: ignore[arg-type]


def test_traffic_that_is_up_by_chance_is_not_news() -> None:
    before = week_before(hours={moment(4, 12): 100})
    by_chance = insights(traffic(hours={moment(11, 12): 125}), before, LATER, "en")
    for_sure = insights(traffic(hours={moment(11, 12): 140}), before, LATER, "en")

    assert not any(text.startswith("Traffic") for text in by_chance)
    assert for_sure[0] == "Traffic is up 40%: 140 stays in zones against 100 in the same hours before."


def test_less_traffic_is_news_as_well() -> None:
    said = insights(traffic(hours={moment(11, 12): 60}), week_before(hours={moment(4, 12): 100}), LATER, "en")
    assert said[0] == "Traffic is down 40%: 60 stays in zones against 100 in the same hours before."


def test_many_stays_of_few_visits_are_no_more_certain_than_the_visits() -> None:
    few = Presence(people=14, stays=140, visits=14)
    said = insights(
        traffic(hours={moment(11, 12): 140}, presence=few),
        week_before(hours={moment(4, 12): 100}, presence=Presence(people=10, stays=100, visits=10)),
        LATER,
        "en",
    )
    assert not any(text.startswith("Traffic") for text in said)


@given(before=st.integers(1, 400), after=st.integers(0, 400))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_significance_is_that_of_the_exact_test(before: int, after: int) -> None:
    windows = traffic(hours={moment(11, 12): after}), week_before(hours={moment(4, 12): before})
    exact = min(1.0, 2 * binomtest(min(before, after), before + after, 0.5, alternative="less").pvalue)
    if abs(exact - 0.05) > 1e-9:
        assert is_significant(Change(before, after), *windows) == (exact < 0.05)


def test_a_day_that_is_not_over_is_compared_as_far_as_it_has_come() -> None:
    """Nine in the morning against the whole of yesterday: traffic would be down every morning."""
    today = traffic(days=1, hours={moment(10, 8): 50})
    yesterday = traffic(
        first=MONDAY - timedelta(days=1), days=1, hours={moment(9, 8): 50, moment(9, 15): 500}
    )

    assert comparable(today, yesterday, moment(10, 9)) == Change(50, 50)
    assert comparable(today, yesterday, moment(10, 8, 59)) == Change(0, 0)
    assert comparable(today, yesterday, moment(11, 0)) == Change(550, 50)
    assert comparable(today, yesterday, moment(9, 20)) is None


def test_of_a_watched_venue_only_hours_seen_in_both_windows_are_compared() -> None:
    now = traffic(
        hours={moment(11, 12): 30, moment(12, 12): 40},
        watched={moment(11, 12): 60, moment(12, 12): 60},
    )
    before = week_before(hours={moment(4, 12): 20}, watched={moment(4, 12): 60})

    assert comparable(now, before, LATER) == Change(20, 30)
    unseen = week_before(watched={moment(3, 1): 60})
    assert comparable(now, unseen, LATER) is None


def test_nobody_came_and_nobody_knows_are_told_apart() -> None:
    before = week_before()
    assert insights(traffic(), before, LATER, "en") == ["No visitors came."]
    seen = {moment(11, 12): 60}
    assert insights(traffic(watched=seen), before, LATER, "en") == ["No visitors came."]
    assert insights(traffic(watched={}), before, LATER, "en") == [
        "Nothing is known of this time: no camera looked, and nothing was told."
    ]


def test_what_was_not_observed_is_said_when_it_is_more_than_a_tenth() -> None:
    hours = {moment(10, 12): 3}
    start = Window.of_days(1, MONDAY, PARIS).start
    for minutes, said in ((54, False), (53, True)):
        seen = {start + HOUR * n: minutes for n in range(24)}
        texts = insights(traffic(days=1, hours=hours, watched=seen), traffic(days=1), LATER, "en")
        assert ("For 12% of the time no camera looked: who came then is not counted." in texts) == said


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "The busiest day is Saturday, and the busiest hour from 23:00 to 0:00.",
                "33.3% of the visitors came back (1 of 3).",
                "Visits are 1 min 30 s longer than before (3 min 30 s on average).",
            ],
        ),
        (
            "fr",
            [
                "Le jour le plus chargé est le samedi, et l’heure la plus chargée va de 23 h à 0 h.",
                "33,3 % des visiteurs étaient déjà venus (1 sur 3).",
                "Les visites durent 1 min 30 s de plus qu’avant (3 min 30 s en moyenne).",
            ],
        ),
    ],
)
def test_sentences_are_made_of_the_numbers(language: str, expected: list[str]) -> None:
    now = traffic(
        hours={moment(15, 23): 3, moment(14, 10): 1},
        presence=Presence(people=3, returned=1, stays=4, visits=4, dwell_ms=4 * 210_000),
    )
    before = week_before(
        hours={moment(8, 23): 2}, presence=Presence(people=2, stays=2, visits=2, dwell_ms=240_000)
    )

    said = insights(now, before, LATER, language)

    assert [text.replace("\u00a0", " ") for text in said] == expected
