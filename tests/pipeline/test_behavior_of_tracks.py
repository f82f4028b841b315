"""From tracks whose pictures told something to the figures of behaviour that people ask for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sightline.analytics.behavior import BehaviorFigures
from sightline.domain.body_pose import Posture
from sightline.domain.engagement import Bearing, Behavior
from sightline.domain.event import Role
from sightline.domain.role import RoleDecision
from sightline.domain.scope import Scope
from sightline.domain.track_looks import TimedBearing, TrackLooks
from sightline.domain.visitors import TrackSpan
from sightline.domain.zone_stays import TrackZones, ZoneStay
from sightline.pipeline.visitor_book import VisitorBook
from sightline.pipeline.visitor_stays import SeenTrack
from sightline.store.database import open_database, sqlite_url
from sightline.store.venues import ensure_venue

SITE = Scope.site()
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
FACING = Bearing(0.9, Posture.UPRIGHT, 0.0, 90.0, Behavior.ENGAGED)
AWAY = Bearing(-0.8, Posture.UNKNOWN, 0.0, 60.0, Behavior.WAITING)
LEANING = Bearing(0.1, Posture.LEANING, 0.4, 70.0, Behavior.BROWSING)
PASSING = Bearing(0.0, Posture.UNKNOWN, 1.1, 40.0, Behavior.PASSING)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def track(
    number: int, *zones: tuple[str, float, float], told: dict[float, Bearing], role: Role = Role.CUSTOMER
) -> SeenTrack:
    """Somebody in these zones, each from one second to another; `told` has bearings by second."""
    box = (100.0, 100.0, 140.0, 220.0)
    return SeenTrack(
        span=TrackSpan(
            track_id=number,
            role=role,
            started_at=at(zones[0][1]),
            ended_at=at(zones[-1][2]),
            first_box=box,
            last_box=box,
            width=640,
            height=480,
        ),
        role=RoleDecision(role, 0.9, "made up"),
        frames=100,
        zones=TrackZones(tuple(ZoneStay(zone, at(begin), at(end)) for zone, begin, end in zones), 0.8),
        looks=TrackLooks(
            bearings=tuple(TimedBearing(at(second), bearing) for second, bearing in told.items())
        ),
    )


@pytest.fixture
def figures(tmp_path: Path) -> Iterator[BehaviorFigures]:
    tracks = [
        # 80 on average and mostly engaged; what posture is known is upright.
        track(1, ("till", 0, 20), told={1: AWAY, 5: FACING, 6: FACING, 8: FACING, 9: AWAY, 20: FACING}),
        # Two zones; the picture between them belongs to the second one.
        track(2, ("shelf", 0, 10), ("till", 10, 30), told={2: LEANING, 10: PASSING, 31: FACING}),
        # Nobody looked at this one, and of that one only before and after.
        track(3, ("shelf", 0, 40), told={}),
        track(4, ("shelf", 50, 60), told={49: FACING, 61: FACING}),
        track(5, ("till", 0, 50), told={3: FACING}, role=Role.STAFF),
    ]
    with open_database(sqlite_url(tmp_path / "sightline.db")) as database:
        with database.transaction() as connection:
            ensure_venue(SITE, connection, "shop", timezone="Europe/Paris")
            VisitorBook().enter(
                SITE, connection, tracks, venue_id="shop", camera_id="till", run_id="run", zone=PARIS
            )
        yield BehaviorFigures(database, lambda: at(3600))


def test_stays_are_counted_by_how_their_pictures_say_people_behaved(figures: BehaviorFigures) -> None:
    answer = figures.behavior(SITE, "shop", days=1)
    # Scores 80, 70 and 40; the stays of 3 and 4 have none.
    assert answer["total_analyzed"] == 3
    assert answer["engagement"] == {
        "average_score": 63.3,
        "min_score": 40.0,
        "max_score": 80.0,
        "highly_engaged_count": 2,
        "highly_engaged_percent": 66.7,
        "moderately_engaged_count": 0,
        "low_engaged_count": 1,
    }
    assert answer["behavior_types"] == {"browsing": 1, "engaged": 1, "passing": 1}
    assert answer["postures"] == {"leaning": 1, "unknown": 1, "upright": 1}
    # (4 * 0.9 - 2 * 0.8) / 6, 0.1 and 0.
    assert answer["body_orientation"] == {
        "facing_camera": 1,
        "sideways": 2,
        "facing_away": 0,
        "avg_orientation": 0.14,
    }


def test_hours_and_zones_count_everybody_and_average_those_who_were_looked_at(
    figures: BehaviorFigures,
) -> None:
    noon = figures.by_hour(SITE, "shop", days=1)["hourly_engagement"][13]
    assert noon == {
        "hour": 13,
        "avg_engagement": 63.3,
        "visitor_count": 5,
        "engaged_count": 1,
        "browsing_count": 1,
        "passing_count": 1,
    }
    zones = {one["zone"]: one for one in figures.by_zone(SITE, "shop", days=1)["zones"]}
    assert zones["till"]["avg_engagement"] == 60.0
    assert zones["till"]["behavior_mix"] == {"engaged": 50.0, "passing": 50.0}
    assert zones["shelf"]["visitor_count"] == 3
    assert zones["shelf"]["avg_engagement"] == 70.0
    assert zones["shelf"]["behavior_mix"] == {"browsing": 100.0}
