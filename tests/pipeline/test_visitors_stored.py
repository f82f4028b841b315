"""The visitors of a recording: stored with its run, once, under names that lead nowhere."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from small_shop import START, analyse, make_video

from sightline.domain.scope import Scope
from sightline.pipeline.visitor_stays import Pseudonyms
from sightline.store.database import open_database, sqlite_url
from sightline.store.recount import differences

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Analysed twice."""
    folder = tmp_path_factory.mktemp("shop")
    make_video(folder / "shop.mp4")
    analyse(folder)
    analyse(folder)
    return folder


def rows(folder: Path, query: str) -> list[tuple]:
    with sqlite3.connect(folder / "data" / "sightline.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def test_each_customer_is_a_visitor_for_as_long_as_they_were_seen(shop: Path) -> None:
    """Two customers: one from the start for 70 s, one in the line for 20 s. Staff is none."""
    found = rows(
        shop, "SELECT visitor_id, sum(dwell_ms) / 1000.0 FROM stay GROUP BY visitor_id ORDER BY 2 DESC"
    )
    assert [seconds for _, seconds in found] == [pytest.approx(70, abs=1), pytest.approx(20, abs=1)]
    spans = rows(shop, "SELECT (last_at - first_at) / 1e6 FROM track WHERE role <> 'staff' ORDER BY 1 DESC")
    assert [seconds for (seconds,) in spans] == [pytest.approx(seconds, abs=0.01) for _, seconds in found]


def test_the_one_in_the_line_was_in_its_zone_and_the_other_elsewhere(shop: Path) -> None:
    assert rows(shop, "SELECT DISTINCT zone FROM stay ORDER BY zone") == [("elsewhere",), ("line",)]


def test_capture_time_counts_not_the_time_of_the_analysis(shop: Path) -> None:
    ((first,),) = rows(shop, "SELECT min(at) FROM stay")
    assert datetime.fromtimestamp(first / 1e6, UTC) == START


def test_running_again_doubles_nobody_and_leaves_no_trace_of_the_first_run(shop: Path) -> None:
    assert rows(shop, "SELECT count(DISTINCT run_id) FROM stay") == [(1,)]
    assert rows(shop, "SELECT count(*) FROM visitor") == [(2,)]
    assert rows(shop, "SELECT count(*) FROM visitor WHERE lasting") == [(0,)]
    path = shop / "data" / "sightline.db"
    with open_database(sqlite_url(path)) as database, database.reading() as connection:
        assert differences(Scope.site(), connection, "shop") == []


def test_where_nobody_is_to_be_known_again_nothing_is_said_of_it(shop: Path) -> None:
    assert "reid" not in json.loads((shop / "out" / "summary.json").read_text())


def test_track_one_of_every_camera_day_and_run_is_somebody_else() -> None:
    names = Pseudonyms()
    told = {
        names.of(venue, camera, run, 1, at, UTC)
        for venue in ("shop", "other")
        for camera in ("till", "door")
        for run in ("run-1", "run-2")
        for at in (NOON, NOON + timedelta(days=1))
    }
    assert len(told) == 16
    assert all(len(name) <= 64 for name in told)


def test_a_name_holds_for_a_local_day_and_for_one_process() -> None:
    names = Pseudonyms()
    east = timezone(timedelta(hours=13))
    assert names.of("v", "c", "r", 1, NOON, UTC) == names.of("v", "c", "r", 1, NOON + timedelta(hours=1), UTC)
    assert names.of("v", "c", "r", 1, NOON, UTC) != names.of("v", "c", "r", 1, NOON, east)
    assert names.of("v", "c", "r", 1, NOON, UTC) != Pseudonyms().of("v", "c", "r", 1, NOON, UTC)
    assert "_key" not in repr(names)
