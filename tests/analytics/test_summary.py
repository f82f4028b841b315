"""`summary.json`: what adds up, and what is unknown rather than zero."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sightline.analytics.summary import summarise
from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import coverage, events, runs, venues
from sightline.store.database import Database

SITE = Scope.site()
NOON = datetime(2025, 10, 25, 10, 0, tzinfo=UTC)
"""12:00 in Paris."""


def document(database: Database, **options: Any) -> dict[str, Any]:
    with database.reading() as connection:
        return summarise(SITE, connection, venue_id="shop", **options).document()


def tell(database: Database, kind: EventKind, offset_s: float, length_s: float, camera: str = "till") -> None:
    start = NOON + timedelta(seconds=offset_s)
    happened = ServiceEvent(
        kind=kind,
        started_at=start,
        ended_at=start + timedelta(seconds=length_s),
        participants=(Participant(1, Role.CUSTOMER, 1.0, ""),),
        score=1.0,
    )
    with database.transaction() as connection:
        events.add_event(SITE, connection, venue_id="shop", camera_id=camera, happened=happened)


def watch(database: Database, minutes: int, camera: str = "till") -> None:
    with database.transaction() as connection:
        seen = {NOON + timedelta(minutes=number): 300 for number in range(minutes)}
        coverage.add_coverage(SITE, connection, "shop", camera, seen)


def analysed(database: Database, run_id: str, hour: int, visitors: dict[str, int | None]) -> None:
    with database.transaction() as connection:
        run = runs.StoredRun(
            id=run_id,
            venue_id="shop",
            camera_id="till",
            source_name="a.mp4",
            source_sha256=None,
            recorded_at=NOON + timedelta(hours=hour),
            recorded_until=NOON + timedelta(hours=hour + 1),
            recorded_at_source="option",
            started_at=NOON,
            finished_at=NOON,
            software="sightline",
            analysis={},
            frames=1,
            analysed_frames=1,
            warnings=(),
            visitors=visitors,
        )
        runs.replace_run(SITE, connection, run, [])


def test_nothing_seen_is_unknown_and_not_zero(database: Database) -> None:
    nothing = {"count": 0, "min_s": None, "max_s": None, "avg_s": None}
    assert document(database) == {
        "venue_id": "shop",
        "timezone": "Europe/Paris",
        "events": {kind.value: nothing for kind in EventKind},
        "visitors": None,
        "coverage": {"minutes_observed": None, "cameras": {}},
        "days": {},
        "hours": {},
    }


def test_durations_and_counts_are_those_of_the_events(database: Database) -> None:
    for offset, length in ((0, 10), (60, 20.5), (4000, 31)):
        tell(database, EventKind.INTERACTION, offset, length)
    tell(database, EventKind.QUEUE, 0, 8)
    watch(database, 90)
    found = document(database)
    assert found["events"]["interaction"] == {"count": 3, "min_s": 10.0, "max_s": 31.0, "avg_s": 20.5}
    assert found["coverage"] == {"minutes_observed": 90, "cameras": {"till": 90}}
    assert found["days"] == {
        "2025-10-25": {"minutes_observed": 90, "interaction": 3, "unattended": 0, "queue": 1, "security": 0}
    }
    hours = found["hours"]
    assert {hour: (one["minutes_observed"], one["interaction"]) for hour, one in hours.items()} == {
        "2025-10-25 12:00:00": (60, 2),
        "2025-10-25 13:00:00": (30, 1),
    }


def test_watched_hour_without_events_is_zero_and_an_unwatched_one_is_null(database: Database) -> None:
    watch(database, 1)
    tell(database, EventKind.QUEUE, 7200, 10)
    hours = document(database)["hours"]
    assert hours["2025-10-25 12:00:00"]["queue"] == 0
    assert hours["2025-10-25 14:00:00"] == {
        "minutes_observed": None,
        "interaction": None,
        "unattended": None,
        "queue": 1,
        "security": None,
    }
    assert "2025-10-25 13:00:00" not in hours


def test_visitors_of_recordings_add_up_and_an_unknown_bound_stays_unknown(database: Database) -> None:
    analysed(database, "a", 0, {"count": 3, "low": 2, "high": 5})
    assert document(database)["visitors"] == {"count": 3, "low": 2, "high": 5}
    analysed(database, "b", 1, {"count": 4, "low": 4, "high": None})
    assert document(database)["visitors"] == {"count": 7, "low": 6, "high": None}


def test_one_camera_is_counted_alone(database: Database) -> None:
    with database.transaction() as connection:
        venues.ensure_camera(SITE, connection, "shop", "door", source_label="")
    tell(database, EventKind.QUEUE, 0, 10)
    tell(database, EventKind.QUEUE, 0, 20, camera="door")
    watch(database, 2)
    watch(database, 3, camera="door")
    found = document(database, camera_id="door")
    assert (found["events"]["queue"]["count"], found["events"]["queue"]["max_s"]) == (1, 20.0)
    assert found["coverage"] == {"minutes_observed": 3, "cameras": {"door": 3}}
    assert document(database)["coverage"]["minutes_observed"] == 5


def test_unknown_venue_is_named(database: Database) -> None:
    with database.reading() as connection, pytest.raises(StoreError, match="no venue 'shop'"):
        summarise(Scope.of("other"), connection, venue_id="shop")
