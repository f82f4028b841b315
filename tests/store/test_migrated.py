"""A database of the first version becomes one of the newest with all it held, also when that is cut short."""

import hashlib
import json
import signal
import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from migration_workers import (
    changes_of_an_upgrade,
    die_while_upgrading,
    fail_while_upgrading,
    make_old,
    upgrade_into_little_room,
)
from old_site import OPENING, SHOPS, old_figures, rows_of_the_first_version
from sqlalchemy import Connection, text
from store_stories import SITE
from store_workers import exit_code, start

from sightline.analytics.metrics_file import metrics_text
from sightline.analytics.summary import summarise
from sightline.store import live, venues
from sightline.store.covered_hours import covered_hours
from sightline.store.database import open_database, sqlite_url
from sightline.store.engines import made_engine, parsed
from sightline.store.events import list_events
from sightline.store.recount import differences
from sightline.store.schema import MIGRATIONS, bring_up_to_date, current_version, newest_version

VERSIONS = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))
RELEASED = {
    "0001": "e7c9fa41a27e5419f4ea60ab2022297b32cf12034703c585ddf74576ff68b64b",
    "0002": "124aebc0aacf0cd6b1e5fbaedf925802aefeb815e3e16e698e0a8733ce974b88",
    "0003": "fa94bcfe659e934beef594e24ca7b127d113bb33757755c812e2ea8309d85d43",
}
"""SHA-256 of the statements that SQLite keeps of the tables, by the version of them that left the house."""


@pytest.fixture
def old_url(new_url: str, tmp_path: Path) -> str:
    (tmp_path / "data").mkdir()
    make_old(new_url, "0001", rows_of_the_first_version())
    return new_url


def test_figures_stay_the_same_from_version_to_version(old_url: str) -> None:
    engine = made_engine(parsed(old_url))
    with engine.begin() as connection:
        before = old_figures(connection)
        assert before["rows"]["event"] == [(480,)]
    for version in VERSIONS[1:]:
        with engine.begin() as connection:
            bring_up_to_date(connection, "old", to=version)
        with engine.begin() as connection:
            assert current_version(connection, "old") == version
            assert old_figures(connection) == before, version
    engine.dispose()


def test_old_rows_are_read_as_if_they_were_written_today(old_url: str) -> None:
    engine = made_engine(parsed(old_url))
    with engine.begin() as connection:
        told = {shop: _by_kind(connection, shop) for shop in SHOPS}
        hours = {shop: _minutes_by_hour(connection, shop) for shop in SHOPS}
    engine.dispose()
    with open_database(old_url) as database:
        with database.reading() as connection:
            for shop in SHOPS:
                summary = summarise(SITE, connection, venue_id=shop)
                found = {
                    kind.value: (lasted.count, lasted.total // timedelta(microseconds=1))
                    for kind, lasted in summary.kinds.items()
                    if lasted.count
                }
                assert found == told[shop]
                day = timedelta(days=1)
                covered = covered_hours(
                    SITE, connection, venue_id=shop, start=_at(OPENING) - day, end=_at(OPENING) + 9 * day
                )
                assert {one.hour_at: one.minutes for one in covered} == hours[shop]
                assert differences(SITE, connection, shop) == []
                events = list_events(SITE, connection, venue_id=shop, limit=1000)
                assert len(events) == 216
                assert not any(event.ongoing for event in events)
            assert live.unfinished_runs(SITE, connection) == []
            cameras = venues.list_cameras(SITE, connection, "shop")
            assert [camera.source_label for camera in cameras] == ["door.mp4", "till.mp4"]
        pieces = metrics_text(database, venue_id="shop", segments_dir=Path("/nowhere"), now=_at(OPENING))
        metrics = json.loads("".join(pieces))
        assert metrics["interaction_metrics"]["total_interactions"] == told["shop"]["interaction"][0]
        assert metrics["queue_metrics"]["total_queue_events"] == told["shop"]["queue"][0]
        with database.transaction() as connection:  # rows are numbered after those that are there
            _new_rows_find_a_number(connection)


def _at(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _by_kind(connection: Connection, shop: str) -> dict[str, tuple[int, int]]:
    """How many there were and how long they lasted in all, in microseconds."""
    found: dict[str, tuple[int, int]] = {}
    query = text("SELECT kind, ended_at - started_at FROM event WHERE venue_id = :shop AND state = 'current'")
    for kind, lasted in connection.execute(query, {"shop": shop}):
        count, total = found.get(kind, (0, 0))
        found[kind] = (count + 1, total + lasted)
    return found


def _minutes_by_hour(connection: Connection, shop: str) -> dict[datetime, int]:
    """Of the camera that looked most, by the instant at which the local hour began."""
    zone = ZoneInfo(SHOPS[shop])
    query = text("SELECT camera_id, minute_at FROM coverage WHERE venue_id = :shop AND frames_seen > 0")
    counted: Counter[tuple[datetime, str]] = Counter()
    for camera, minute in connection.execute(query, {"shop": shop}):
        wall = _at(minute).astimezone(zone)
        counted[_at(minute) - timedelta(minutes=wall.minute), camera] += 1
    most: dict[datetime, int] = {}
    for (hour, _), minutes in counted.items():
        most[hour] = max(most.get(hour, 0), minutes)
    return most


def _new_rows_find_a_number(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # The rows above came with their numbers; what the database would have counted by itself is set right.
        connection.execute(text("SELECT setval('ledger_entry_id_seq', (SELECT max(id) FROM ledger_entry))"))
    highest = connection.execute(text("SELECT max(id) FROM ledger_entry")).scalar_one()
    entry = text(
        "INSERT INTO ledger_entry (venue_id, at, action, subject_kind, subject_id, actor, facts)"
        " VALUES ('shop', 0, 'a', 'k', 's', 'me', '{}') RETURNING id"
    )
    assert connection.execute(entry).scalar_one() == highest + 1


def test_upgrade_that_is_killed_in_the_middle_of_a_migration_loses_nothing(
    old_url: str, new_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    engine = made_engine(parsed(old_url))
    with engine.begin() as connection:
        before = old_figures(connection)
    changes = _changes(request, tmp_path)
    stops = [number for number, statement in enumerate(changes) if "alembic_version" in statement]
    assert len(stops) == len(VERSIONS) - 1
    # All of it is one transaction: in the middle of some, before the last is noted, and before the commit.
    middles = [(one + other) // 2 for one, other in zip([0, *stops], stops, strict=False)][::5]
    for number in sorted({*middles, stops[-1], len(changes)}):
        assert exit_code(start(die_while_upgrading, old_url, number)) == -signal.SIGKILL, number
        with engine.begin() as connection:
            assert current_version(connection, "old") == "0001", number
            assert old_figures(connection) == before, number
    engine.dispose()
    with open_database(old_url) as database, database.reading() as connection:
        assert current_version(connection, "old") == newest_version()
        assert old_figures(connection) == before


def _changes(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """What an upgrade from the first version does, told by one of the same kind elsewhere."""
    if request.node.callspec.params["new_url"] == "sqlite":
        make_old(sqlite_url(tmp_path / "twin.db"), "0001", rows_of_the_first_version())
        return changes_of_an_upgrade(sqlite_url(tmp_path / "twin.db"))
    server = request.getfixturevalue("postgres_server")
    twin = server.empty()
    make_old(twin, "0001", rows_of_the_first_version())
    changes = changes_of_an_upgrade(twin)
    server.drop(twin)
    return changes


@pytest.mark.parametrize("before", [5, 40])
def test_upgrade_that_fails_leaves_the_old_version_and_can_be_tried_again(old_url: str, before: int) -> None:
    engine = made_engine(parsed(old_url))
    with engine.begin() as connection:
        figures = old_figures(connection)
    assert exit_code(start(fail_while_upgrading, old_url, before)) == 0
    with engine.begin() as connection:
        assert current_version(connection, "old") == "0001"
        assert old_figures(connection) == figures
    engine.dispose()
    with open_database(old_url) as database, database.reading() as connection:
        assert old_figures(connection) == figures


@pytest.mark.parametrize("new_url", ["sqlite"], indirect=True)
def test_upgrade_on_a_full_disk_is_said_and_goes_through_when_there_is_room(
    old_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "sightline.db"
    for more in (0, 4096, 40_000):
        assert exit_code(start(upgrade_into_little_room, old_url, 8192 + more)) == 0
        with sqlite3.connect(path) as file:
            assert file.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        file.close()
    with open_database(old_url) as database, database.reading() as connection:
        assert current_version(connection, "old") == newest_version()
        assert differences(SITE, connection, "shop") == []


@pytest.mark.parametrize("version", sorted(RELEASED))
def test_tables_of_a_released_version_stay_as_they_were_released(version: str, tmp_path: Path) -> None:
    path = tmp_path / "released.db"
    make_old(sqlite_url(path), version)
    with sqlite3.connect(path) as file:
        made = file.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'"
            " ORDER BY type, name"
        ).fetchall()
    file.close()
    text_of_all = "\n".join(" ".join(sql.split()) for (sql,) in made)
    assert hashlib.sha256(text_of_all.encode()).hexdigest() == RELEASED[version]
