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
from sightline.store.presences import people_of_each
from sightline.store.stay_search import zones_between
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_camera, ensure_venue

PARIS = ZoneInfo("Europe/Paris")
WEEK = Window.of_days(7, date(2025, 3, 30), PARIS)
NOON = datetime(2025, 3, 26, 12, tzinfo=PARIS)
SPAN: dict[str, Any] = {"venue_id": "shop", "start": WEEK.start, "end": WEEK.end}

READERS: dict[str, Callable[[Scope, Connection], Any]] = {
    "presence": partial(figures.presence, venue_id="shop", window=WEEK),
    "weeks": partial(figures.presence_by_week, venue_id="shop", window=WEEK),
    "days": partial(figures.presence_by_day, venue_id="shop", window=Window.of_days(1, NOON.date(), PARIS)),
    "observed stretch": lambda scope, connection: people_of_each(
        scope, connection, "shop", [(WEEK.start, WEEK.end)]
    )[0],
    "names of zones": partial(zones_between, venue_id="shop", span=(WEEK.start, WEEK.end)),
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


def test_days_read_at_once_are_those_read_one_by_one(database: Database) -> None:
    """Somebody who comes again and again, somebody who was marked, and days without anybody."""
    told = [Stay(pseudo_id="a", at=NOON - timedelta(days=n), zone="door") for n in (0, 1, 3, 9)]
    told += [Stay(pseudo_id="a", at=NOON + timedelta(hours=5), zone="till")]
    told += [Stay(pseudo_id="b", at=NOON, zone="till", is_repeat=True)]
    with database.transaction() as connection:
        for one in told:
            add_stays(SITE, connection, "shop", [one])
    days = [Window.of_days(1, WEEK.first + timedelta(days=number), PARIS) for number in range(WEEK.days)]
    with database.reading() as connection:
        at_once = figures.presence_by_day(SITE, connection, "shop", WEEK)
        one_by_one = [figures.presence(SITE, connection, "shop", day) for day in days]

    assert at_once == one_by_one
    assert sorted(one.people for one in at_once) == [0, 0, 0, 0, 0, 1, 2]
    assert max(one.returned for one in at_once) == 2


def test_of_a_stretch_that_nobody_observed_no_number_is_told(database: Database) -> None:
    tell(database)
    hour = timedelta(hours=1)
    stretches = [(NOON + n * hour, NOON + (n + 1) * hour) for n in (-1, 0, 1)]
    with database.transaction() as connection:
        add_coverage(SITE, connection, "shop", "till", {NOON + hour: 60})
    with database.reading() as connection:
        found = people_of_each(SITE, connection, "shop", stretches)
        assert people_of_each(SITE, connection, "shop", []) == []

    assert found == [None, 1, 0]
