"""A venue with days on either side of what is kept, and words for what goes of it."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from all_rows import all_rows
from sqlalchemy import Connection, insert

from sightline.domain.gap import Gap, GapReason
from sightline.domain.local_time import day_start
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.pipeline.event_retention import EventRetention
from sightline.store import coverage, gaps, stays, venues
from sightline.store.database import Database
from sightline.store.edge_tables import told_hour
from sightline.store.tables import event, run, track

SITE = Scope.site()
PARIS = ZoneInfo("Europe/Paris")
MIDNIGHT = day_start(datetime(2026, 10, 25, tzinfo=UTC).date(), PARIS)
"""Of the day on which clocks go back: it has 25 hours."""
NOW = MIDNIGHT + timedelta(days=3, hours=11)
DAYS = 3
NAMES = (f"v{number}" for number in count())


def retention(database: Database, **more: Any) -> EventRetention:
    return EventRetention(database, keep_days=DAYS, clock=lambda: NOW, **more)


def run_out(of: EventRetention) -> int:
    """Rounds until nothing is due."""
    return sum(iter(of.run, 0))


def add(database: Database, venue_id: str, told: list[Stay]) -> None:
    with database.transaction() as connection:
        venues.ensure_venue(SITE, connection, venue_id, timezone="Europe/Paris")
        stays.add_stays(SITE, connection, venue_id, told)


def settle(database: Database) -> str:
    """A venue with everything that ages, on two days that are over and two that stay."""
    venue_id = next(NAMES)
    add(database, venue_id, [])
    with database.transaction() as connection:
        venues.ensure_camera(SITE, connection, venue_id, "c1", source_label="x")
        for day in (-2, -1, 0, 1):
            put_day(connection, venue_id, MIDNIGHT + timedelta(days=day, hours=12))
    return venue_id


def put_day(connection: Connection, venue_id: str, noon: datetime) -> None:
    where = {"venue_id": venue_id, "camera_id": "c1"}
    minutes = {noon + timedelta(minutes=number): 9 for number in range(-60, 60)}
    coverage.add_coverage(SITE, connection, venue_id, "c1", minutes)
    gap = Gap(started_at=noon, ended_at=None, reason=GapReason.STALLED)
    number = gaps.open_gap(SITE, connection, venue_id, "c1", gap)
    gaps.close_gap(SITE, connection, number, noon + timedelta(minutes=5))
    stays.add_stays(SITE, connection, venue_id, [Stay(pseudo_id="ann", at=noon, zone="x", camera_id="c1")])
    run_id = f"{venue_id}-{noon.day}"
    put_run(connection, run_id, venue_id, noon - timedelta(hours=1), noon + timedelta(hours=1))
    connection.execute(
        insert(event).values(
            id=f"e-{run_id}", run_id=run_id, kind="queue", started_at=noon, ended_at=noon, score=1.0,
            details={}, state="current", created_at=noon, **where,
        )
    )  # fmt: skip
    told = {"hour_at": noon, "version": 1, **where}
    connection.execute(insert(told_hour).values(content=b"x" * 16, told_at=noon, **told))


def put_run(connection: Connection, run_id: str, venue_id: str, since: datetime, until: datetime) -> None:
    where = {"venue_id": venue_id, "camera_id": "c1"}
    connection.execute(
        insert(run).values(
            id=run_id, source_name="x", recorded_at=since, recorded_until=until, recorded_at_source="x",
            started_at=since, finished_at=until, software="x", analysis={}, frames=1, analysed_frames=1,
            warnings=[], visitors={}, **where,
        )
    )  # fmt: skip
    for number, last in ((1, since), (2, until)):
        connection.execute(
            insert(track).values(
                run_id=run_id, track_id=number, first_at=since, last_at=last, frames=1, role="customer",
                role_confidence=1.0, role_reason="x", **where,
            )
        )  # fmt: skip


def rows_of(database: Database, venue_id: str) -> dict[str, list[dict[str, Any]]]:
    found = {
        name: [row for row in rows if row.get("venue_id") == venue_id]
        for name, rows in all_rows(database).items()
    }
    return {name: rows for name, rows in found.items() if rows}
