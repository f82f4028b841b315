"""What the figures read: of their own venue only, and by an index."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, event
from store_stories import SITE

from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store import figures
from sightline.store.coverage import add_coverage
from sightline.store.covered_hours import count_cameras_that_looked, covered_hours, is_watched
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_camera, ensure_venue

PARIS = ZoneInfo("Europe/Paris")
WEEK = Window.of_days(7, date(2025, 3, 30), PARIS)
NOON = datetime(2025, 3, 26, 12, tzinfo=PARIS)
SPAN: dict[str, Any] = {"venue_id": "shop", "start": WEEK.start, "end": WEEK.end}

READERS: dict[str, Callable[[Scope, Connection], Any]] = {
    "presence": partial(figures.presence, venue_id="shop", window=WEEK),
    "weeks": partial(figures.presence_by_week, venue_id="shop", window=WEEK),
    "labels": partial(figures.people_by_label, venue_id="shop", window=WEEK),
    "known labels": partial(figures.people_by_label, venue_id="shop", window=WEEK, fully_known=True),
    "hours": partial(figures.stays_by_hour, venue_id="shop", window=WEEK),
    "zones": partial(figures.stays_by_zone, venue_id="shop", window=WEEK),
    "people by zone": partial(figures.people_by_zone, venue_id="shop", window=WEEK),
    "people by hour": partial(figures.people_by_hour, venue_id="shop", window=WEEK),
    "first hour": partial(figures.first_hour_of_stays, venue_id="shop"),
    "covered hours": partial(covered_hours, **SPAN),
    "cameras": partial(count_cameras_that_looked, **SPAN),
    "watched": partial(is_watched, venue_id="shop"),
}


def tell(database: Database) -> None:
    """Both venues are told of one person, and looked at for a minute."""
    for venue in ("shop", "other"):
        one = Stay(pseudo_id="a", at=NOON, zone="door", gender="F", age_bracket="20-29")
        with database.transaction() as connection:
            ensure_venue(SITE, connection, venue, timezone="Europe/Paris")
            ensure_camera(SITE, connection, venue, "till", source_label="till.mp4")
            add_stays(SITE, connection, venue, [one])
            add_coverage(SITE, connection, venue, "till", {NOON: 60})


@pytest.mark.parametrize("name", READERS)
def test_who_may_not_see_a_venue_finds_nothing_there(database: Database, name: str) -> None:
    tell(database)
    empty = figures.Presence()
    with database.reading() as connection:
        assert READERS[name](SITE, connection) not in ([], {}, None, 0, False, empty, [empty])
        assert READERS[name](Scope.of("shop"), connection) == READERS[name](SITE, connection)
        assert READERS[name](Scope.of("other"), connection) in ([], {}, None, 0, False, empty, [empty])


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[Connection, list[tuple[str, Any]]]]:
    """A connection to a small SQLite database, and what it was asked. PostgreSQL reads small tables whole."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            statements.append((statement, parameters))

    with open_database(sqlite_url(tmp_path / "small.db")) as database:
        tell(database)
        with database.reading() as connection:
            event.listen(database.engine, "before_cursor_execute", note)
            yield connection, statements
            event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("scope", [SITE, Scope.of("shop", "other")], ids=["site", "two venues"])
@pytest.mark.parametrize("name", READERS)
def test_no_figure_looks_through_a_whole_table(
    asked: tuple[Connection, list[tuple[str, Any]]], name: str, scope: Scope
) -> None:
    connection, statements = asked
    READERS[name](scope, connection)

    assert statements
    for statement, parameters in list(statements):
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        steps = [row.detail for row in plan]
        assert any(step.startswith("SEARCH") for step in steps), steps
        assert not [step for step in steps if re.match(r"SCAN (stay|vis|hour|cov)", step)], steps
        if name.startswith("people by"):
            assert any("COVERING INDEX" in step for step in steps), steps


def test_people_are_counted_once_however_many_days_they_come(database: Database) -> None:
    days = [Stay(pseudo_id="a", at=NOON - timedelta(days=n), zone="door") for n in (0, 1, 3, 9)]
    with database.transaction() as connection:
        for one in days:
            add_stays(SITE, connection, "shop", [one])
    with database.reading() as connection:
        found = figures.presence(SITE, connection, "shop", WEEK)

    assert (found.people, found.returned, found.visits) == (1, 1, 2)
