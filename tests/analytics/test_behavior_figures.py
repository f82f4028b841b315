"""Behaviour: every figure against a plain recount of random stays, in zones whose clocks are odd."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import behavior_oracle as oracle
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.analytics.behavior import BehaviorFigures
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.coverage import add_coverage
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_camera, ensure_venue

SITE = Scope.site()
CLOCKS = [
    ("Europe/Paris", "2026-10-25"),
    ("Europe/Paris", "2026-03-29"),
    ("America/St_Johns", "2026-11-01"),
    ("Asia/Kathmandu", "2026-01-01"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("UTC", "2026-02-28"),
]
NOW = oracle.noon("2026-06-01")
NUMBERS = count()
STORIES = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        url = sqlite_url(tmp_path_factory.mktemp("behavior") / "sightline.db")
    else:
        url = request.getfixturevalue("postgres_server").fresh()
    with open_database(url) as opened:
        yield opened


def told(database: Database, stays: list[Stay], zone: str = "UTC") -> str:
    """A new venue of which these stays are told; its id."""
    venue_id = f"venue_{next(NUMBERS)}"
    with database.transaction() as connection:
        ensure_venue(SITE, connection, venue_id, timezone=zone)
        add_stays(SITE, connection, venue_id, stays)
    return venue_id


def figures(database: Database, now: datetime = NOW) -> BehaviorFigures:
    return BehaviorFigures(database, lambda: now)


def stay(at: datetime, **told_of_it: Any) -> Stay:
    return replace(Stay(pseudo_id="somebody", at=at, zone="till"), **told_of_it)


@STORIES
@given(data=st.data(), clock=st.sampled_from(CLOCKS), days=st.integers(1, 9))
def test_all_figures_equal_a_recount_of_the_stays(
    database: Database, data: st.DataObject, clock: tuple[str, str], days: int
) -> None:
    zone, changed_on = clock
    stays = data.draw(oracle.told_stays(oracle.noon(changed_on)))
    venue_id, to = told(database, stays, zone), date.fromisoformat(changed_on) + timedelta(days=1)
    counted = oracle.within(stays, zone, days, to)
    asked: dict[str, Any] = {"days": days, "to": to}
    head = {"venue_id": venue_id, "period": f"Last {days} days"}

    assert figures(database).behavior(SITE, venue_id, **asked) == head | oracle.behavior(counted)

    hourly = figures(database).by_hour(SITE, venue_id, **asked)
    hourly.pop("insight")
    assert hourly == head | oracle.by_hour(counted, zone)

    zones, expected = figures(database).by_zone(SITE, venue_id, **asked), oracle.by_zone(counted)
    assert {one["zone"]: one for one in zones["zones"]} == expected["zones"]
    counts = [one["visitor_count"] for one in zones["zones"]]
    assert counts == sorted(counts, reverse=True)
    assert zones["insights"]["highest_engagement_zone"] == expected["highest"]
    assert zones["insights"]["lowest_engagement_zone"] == expected["lowest"]
    assert (zones["insights"]["recommendation"] is None) is (expected["lowest"] is None)


def test_limits_of_the_scores_and_orientations_fall_on_the_right_side(database: Database) -> None:
    at = oracle.noon("2026-05-30")
    scores = [49.99, 50.0, 69.99, 70.0]
    ways = [-0.31, -0.3, 0.3, 0.31]
    venue_id = told(
        database,
        [
            stay(at, event_id=str(number), engagement_score=score, body_orientation=way)
            for number, (score, way) in enumerate(zip(scores, ways, strict=True))
        ],
    )
    answer = figures(database).behavior(SITE, venue_id, days=7)
    engagement, orientation = answer["engagement"], answer["body_orientation"]
    assert engagement["highly_engaged_count"] == 1
    assert engagement["moderately_engaged_count"] == 2
    assert engagement["low_engaged_count"] == 1
    assert (engagement["min_score"], engagement["max_score"]) == (49.99, 70.0)
    assert (orientation["facing_away"], orientation["sideways"], orientation["facing_camera"]) == (1, 2, 1)


def test_best_hour_may_be_midnight_and_the_earlier_one_wins_a_tie(database: Database) -> None:
    midnight = oracle.noon("2026-05-30") - timedelta(hours=12)
    hours = {0: 90.0, 5: 90.0, 9: 20.0}
    venue_id = told(
        database,
        [stay(midnight + timedelta(hours=hour), engagement_score=score) for hour, score in hours.items()],
    )
    answer = figures(database).by_hour(SITE, venue_id, days=7)
    assert answer["peak_engagement_hour"] == 0
    assert answer["peak_engagement_score"] == 90.0
    assert answer["insight"] == (
        "Engagement is highest from 00:00 (90.0 on average over 1 scored stays) and lowest from 09:00"
        " (20.0 over 1)."
    )


def test_stays_without_a_score_are_not_averaged_in(database: Database) -> None:
    at = oracle.noon("2026-05-30")
    venue_id = told(
        database, [stay(at, engagement_score=80.0), stay(at + timedelta(minutes=1)), stay(at, zone="door")]
    )
    answer = figures(database).behavior(SITE, venue_id, days=7)
    assert answer["engagement"]["average_score"] == 80.0
    assert answer["engagement"]["highly_engaged_percent"] == 100.0
    assert answer["total_analyzed"] == 1


def test_hour_that_a_camera_never_saw_is_unknown_and_one_it_saw_empty_is_zero(database: Database) -> None:
    at = oracle.noon("2026-05-30")
    venue_id = told(database, [stay(at, engagement_score=80.0, behavior_type="engaged")])
    with database.transaction() as connection:
        ensure_camera(SITE, connection, venue_id, "till", source_label="till.mp4")
        add_coverage(SITE, connection, venue_id, "till", {at + timedelta(hours=2): 300})
    hours = figures(database).by_hour(SITE, venue_id, days=7)["hourly_engagement"]
    counts = ("visitor_count", "engaged_count", "browsing_count", "passing_count")
    assert [hours[14][name] for name in counts] == [0, 0, 0, 0]
    assert [hours[12][name] for name in counts] == [1, 1, 0, 0]
    assert [hours[3][name] for name in counts] == [None] * 4
    assert [one["hour"] for one in hours if one["visitor_count"] is None] == [
        hour for hour in range(24) if hour not in (12, 14)
    ]


def test_coverage_of_other_days_says_nothing_about_these_hours(database: Database) -> None:
    at = oracle.noon("2026-05-30")
    venue_id = told(database, [])
    with database.transaction() as connection:
        ensure_camera(SITE, connection, venue_id, "till", source_label="till.mp4")
        add_coverage(SITE, connection, venue_id, "till", {at - timedelta(days=40): 300})
    hours = figures(database).by_hour(SITE, venue_id, days=7)["hourly_engagement"]
    assert all(one["visitor_count"] is None for one in hours)


def test_one_scored_zone_is_the_highest_and_compared_with_nothing(database: Database) -> None:
    at = oracle.noon("2026-05-30")
    venue_id = told(database, [stay(at, zone="till", engagement_score=10.0), stay(at, zone="door")])
    answer = figures(database).by_zone(SITE, venue_id, days=7)
    assert answer["insights"] == {
        "highest_engagement_zone": "till",
        "lowest_engagement_zone": None,
        "recommendation": None,
    }
    assert [one["behavior_mix"] for one in answer["zones"]] == [None, None]


def test_window_ends_today_on_the_clock_of_the_venue(database: Database) -> None:
    # 11:30 UTC on 1 June is already 2 June on Kiritimati.
    now = datetime(2026, 6, 1, 11, 30, tzinfo=UTC)
    stays = [
        stay(now, engagement_score=50.0, event_id="today"),
        stay(now - timedelta(hours=2), event_id="before"),
    ]
    venue_id = told(database, stays, "Pacific/Kiritimati")
    zones = figures(database, now).by_zone(SITE, venue_id, days=1)["zones"]
    assert [one["visitor_count"] for one in zones] == [1]


def test_window_begins_and_ends_with_local_midnight(database: Database) -> None:
    first, after = (
        datetime(2026, 5, day, tzinfo=ZoneInfo("Asia/Kathmandu")).astimezone(UTC) for day in (20, 22)
    )
    moment = timedelta(microseconds=1)
    edges = {"before": first - moment, "first": first, "last": after - moment, "after": after}
    stays = [
        stay(at, zone=name, engagement_score=50.0, behavior_type="engaged") for name, at in edges.items()
    ]
    venue_id = told(database, stays, "Asia/Kathmandu")
    asked: dict[str, Any] = {"days": 2, "to": date(2026, 5, 21)}
    assert figures(database).behavior(SITE, venue_id, **asked)["behavior_types"] == {"engaged": 2}
    zones = figures(database).by_zone(SITE, venue_id, **asked)["zones"]
    assert sorted(one["zone"] for one in zones) == ["first", "last"]
    hours = figures(database).by_hour(SITE, venue_id, **asked)["hourly_engagement"]
    assert {one["hour"]: one["engaged_count"] for one in hours if one["visitor_count"]} == {0: 1, 23: 1}


def test_nobody_sees_the_stays_of_another_venue(database: Database) -> None:
    at = oracle.noon("2026-05-30")
    venue_id = told(database, [stay(at, engagement_score=80.0, behavior_type="engaged", posture="upright")])
    other = Scope.of(told(database, []))
    asked = figures(database)
    assert asked.behavior(other, venue_id, days=7)["total_analyzed"] == 0
    assert asked.behavior(other, venue_id, days=7)["behavior_types"] == {}
    assert (
        sum(one["visitor_count"] for one in asked.by_hour(other, venue_id, days=7)["hourly_engagement"]) == 0
    )
    assert asked.by_zone(other, venue_id, days=7)["zones"] == []
