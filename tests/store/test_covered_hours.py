"""Coverage by the local hour: made of the minutes as they are told, and equal to a count of them."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select, text
from store_stories import SITE

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.coverage import add_coverage, count_coverage
from sightline.store.covered_hours import (
    CoveredHour,
    count_cameras_that_looked,
    covered_hours,
    is_watched,
    rebuild_coverage_hours,
)
from sightline.store.database import Database, open_database
from sightline.store.schema import MIGRATIONS
from sightline.store.tables import coverage
from sightline.store.venues import ensure_camera, ensure_venue
from sightline.store.visitor_tables import coverage_hour

MINUTE = timedelta(minutes=1)
NIGHT = datetime(2025, 10, 25, 22, tzinfo=UTC)
"""Midnight in Paris, three hours before the clock goes back."""
ZONES = ("Europe/Paris", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe")


def kept(database: Database, venue: str) -> dict[tuple[str, datetime], int]:
    table = coverage_hour.c
    with database.reading() as connection:
        rows = connection.execute(select(coverage_hour).where(table.venue_id == venue))
        return {(row.camera_id, row.hour_at): row.minutes for row in rows}


def counted(database: Database, venue: str, zone: ZoneInfo) -> dict[tuple[str, tuple[object, ...]], int]:
    """Minutes by camera and hour of the wall, straight from the minutes."""
    table = coverage.c
    query = select(coverage).where(table.venue_id == venue, table.frames_seen > 0)
    with database.reading() as connection:
        return Counter((row.camera_id, on_wall(row.minute_at, zone)) for row in connection.execute(query))


def on_wall(at: datetime, zone: ZoneInfo) -> tuple[object, ...]:
    wall = at.astimezone(zone)
    return wall.date(), wall.hour, wall.utcoffset()


def told(start: datetime, minutes: int, frames: int = 60) -> dict[datetime, int]:
    return {start + MINUTE * n: frames for n in range(minutes)}


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    calls=st.lists(
        st.tuples(
            st.sampled_from(["till", "door"]),
            st.integers(0, 600),
            st.integers(1, 90),
            st.sampled_from([0, 1, 60]),
            st.booleans(),
        ),
        max_size=8,
    ),
    zones=st.lists(st.sampled_from(ZONES[:3]), min_size=1, max_size=3),
)
def test_hours_equal_a_count_of_the_minutes_whatever_is_told_again(
    database: Database, calls: list[tuple[str, int, int, int, bool]], zones: list[str]
) -> None:
    with database.transaction() as connection:
        connection.execute(coverage.delete())
        connection.execute(coverage_hour.delete())
        ensure_venue(SITE, connection, "shop", timezone=zones[0])
        ensure_camera(SITE, connection, "shop", "door", source_label="door.mp4")
    for camera, minute, length, frames, replaced in calls:
        tell = add_coverage if replaced else count_coverage
        with database.transaction() as connection:
            tell(SITE, connection, "shop", camera, told(NIGHT + MINUTE * minute, length, frames))
    for name in zones:
        with database.transaction() as connection:
            ensure_venue(SITE, connection, "shop", timezone=name)

        zone = ZoneInfo(name)
        hours = {
            (camera, on_wall(hour, zone)): minutes
            for (camera, hour), minutes in kept(database, "shop").items()
        }
        assert hours == counted(database, "shop", zone)
        assert all(hour.astimezone(zone).minute == 0 for _, hour in kept(database, "shop"))


def test_both_hours_of_one_name_are_kept_apart(database: Database) -> None:
    with database.transaction() as connection:
        add_coverage(SITE, connection, "shop", "till", told(NIGHT + timedelta(hours=2), 90))

    assert list(kept(database, "shop").values()) == [60, 30]


def test_a_clock_that_goes_back_by_half_an_hour_makes_one_long_hour(database: Database) -> None:
    before = datetime(2025, 4, 5, 14, 0, tzinfo=UTC)
    with database.transaction() as connection:
        ensure_venue(SITE, connection, "shop", timezone="Australia/Lord_Howe")
        add_coverage(SITE, connection, "shop", "till", told(before, 90))
        span = {"venue_id": "shop", "start": before, "end": before + timedelta(hours=3)}
        assert [one.minutes for one in covered_hours(SITE, connection, **span)] == [90]
        add_coverage(SITE, connection, "shop", "till", told(before, 150))
        whole = covered_hours(
            SITE, connection, venue_id="shop", start=before, end=before + timedelta(hours=3)
        )
        rebuild_coverage_hours(SITE, connection, "shop")
        again = covered_hours(
            SITE, connection, venue_id="shop", start=before, end=before + timedelta(hours=3)
        )

    assert whole == again
    assert [one.minutes for one in whole] == [90, 60]


def test_an_hour_is_as_covered_as_its_best_camera(database: Database) -> None:
    with database.transaction() as connection:
        ensure_camera(SITE, connection, "shop", "door", source_label="door.mp4")
        add_coverage(SITE, connection, "shop", "till", told(NIGHT, 20))
        add_coverage(SITE, connection, "shop", "door", told(NIGHT, 45))
        end = NIGHT + timedelta(hours=1)
        hours = covered_hours(SITE, connection, venue_id="shop", start=NIGHT, end=end)
        cameras = count_cameras_that_looked(SITE, connection, venue_id="shop", start=NIGHT, end=end)

    assert hours == [CoveredHour(hour_at=NIGHT, minutes=45)]
    assert cameras == 2


def test_a_minute_without_a_picture_makes_no_watched_venue(database: Database) -> None:
    with database.transaction() as connection:
        add_coverage(SITE, connection, "shop", "till", told(NIGHT, 5, frames=0))
        assert not is_watched(SITE, connection, "shop")
        add_coverage(SITE, connection, "shop", "till", told(NIGHT, 1))
        assert is_watched(SITE, connection, "shop")
        add_coverage(SITE, connection, "shop", "till", told(NIGHT, 1, frames=0))
        assert not is_watched(SITE, connection, "shop")


def test_hours_of_another_venue_are_neither_seen_nor_counted(database: Database) -> None:
    with database.transaction() as connection:
        add_coverage(SITE, connection, "shop", "till", told(NIGHT, 5))
        other = Scope.of("other")
        span = {"venue_id": "shop", "start": NIGHT, "end": NIGHT + timedelta(hours=1)}
        assert covered_hours(other, connection, **span) == []
        assert count_cameras_that_looked(other, connection, **span) == 0
        assert not is_watched(other, connection, "shop")
        with pytest.raises(StoreError):
            rebuild_coverage_hours(other, connection, "shop")


def test_a_database_from_before_there_were_hours_gets_them(file_url_of_0003: str) -> None:
    with open_database(file_url_of_0003) as database:
        hours = kept(database, "shop")
    assert sorted(hours.values()) == [15, 60, 60]
    assert min(hour for _, hour in hours) == NIGHT + timedelta(hours=1)


@pytest.fixture
def file_url_of_0003(new_url: str) -> str:
    """A database as the version before left it: 135 minutes in the night in which the clock goes back."""
    engine = create_engine(new_url)
    if engine.dialect.name == "sqlite":
        Path(str(engine.url.database)).parent.mkdir(parents=True)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.execute(
            text(
                "INSERT INTO venue (id, name, timezone, created_at)"
                " VALUES ('shop', 'Shop', 'Europe/Paris', 0)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO camera (venue_id, id, name, source_label, created_at)"
                " VALUES ('shop', 'till', 'till', 'till', 0)"
            )
        )
        where = {"venue_id": "shop", "camera_id": "till"}
        minutes = told(NIGHT + timedelta(hours=1), 135) | told(NIGHT + timedelta(hours=9), 5, frames=0)
        rows = [where | {"minute_at": at, "frames_seen": frames} for at, frames in minutes.items()]
        connection.execute(insert(coverage), rows)
    engine.dispose()
    return new_url
