"""Stays of a person are found by their visits: all of them, and without a look at those of everybody else."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select, text
from store_stories import OPENING, SITE

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.recount import differences
from sightline.store.stays import add_stays, erase_visitor, remove_stays
from sightline.store.venues import ensure_venue
from sightline.store.visitor_tables import stay, visitor
from sightline.store.visitors import quarters_of

HOUR = timedelta(hours=1)


def tell(database: Database) -> None:
    """Ann comes three times, once beside Bob; each is of an analysis of its own."""
    people = [("ann", 0), ("ann", 2), ("ann", 30), ("bob", 2)]
    stays = [
        Stay(
            pseudo_id=who, at=OPENING + hours * HOUR + minutes * HOUR / 60, dwell=HOUR / 12, zone=zone,
            run_id=f"run-{who}", camera_id="till",
        )
        for who, hours in people
        for minutes, zone in [(0, "door"), (20, "till"), (25, "door")]
    ]  # fmt: skip
    with database.transaction() as connection:
        ensure_venue(SITE, connection, "shop", timezone="Europe/Paris")
        add_stays(SITE, connection, "shop", stays)


def left(connection: Connection) -> dict[str, int]:
    query = select(visitor.c.pseudo_id, func.count()).join(stay, stay.c.visitor_id == visitor.c.id)
    return {row[0]: row[1] for row in connection.execute(query.group_by(visitor.c.pseudo_id))}


def ann(connection: Connection) -> int:
    return int(connection.execute(select(visitor.c.id).where(visitor.c.pseudo_id == "ann")).scalar_one())


def test_a_history_holds_the_stays_of_one_person_from_a_moment_on(database: Database) -> None:
    tell(database)
    with database.reading() as connection:
        who = ann(connection)

        def hours(scope: Scope, since: float) -> list[tuple[str, float]]:
            found = quarters_of(scope, connection, "shop", who, since=OPENING + since * HOUR)
            return [(one.zone, (one.first_at - OPENING) / HOUR) for one in found]

        once = [("door", 0.0), ("till", 1 / 3), ("door", 5 / 12)]
        all_of_them = [(zone, pytest.approx(begin + at)) for begin in (0, 2, 30) for zone, at in once]
        assert hours(SITE, 0) == all_of_them
        assert hours(Scope.of("shop"), 0) == all_of_them
        assert hours(SITE, 2.1) == all_of_them[4:]
        assert hours(Scope.of("other"), 0) == []
        assert quarters_of(SITE, connection, "other", who, since=OPENING) == []


@pytest.mark.parametrize("astray", ["DELETE FROM visit", "UPDATE visit SET ended_at = started_at"])
def test_who_is_forgotten_is_forgotten_whole_even_if_visits_are_astray(
    database: Database, astray: str
) -> None:
    tell(database)
    with database.transaction() as connection:
        connection.execute(text(astray))
    with database.transaction() as connection:
        assert erase_visitor(SITE, connection, "shop", "ann")
        assert left(connection) == {"bob": 3}


def test_a_recount_asks_no_visit(database: Database) -> None:
    tell(database)
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM visit"))
        assert len([one for one in differences(SITE, connection, "shop") if one.startswith("visit ")]) == 4


QUESTIONS: dict[str, Callable[[Scope, Connection], Any]] = {
    "history": lambda scope, connection: quarters_of(scope, connection, "shop", 1, since=OPENING),
    "forget": lambda scope, connection: erase_visitor(scope, connection, "shop", "ann"),
    "analysed again": lambda scope, connection: remove_stays(
        scope, connection, venue_id="shop", run_ids=["run-ann"]
    ),
    "camera": lambda scope, connection: remove_stays(
        scope, connection, venue_id="shop", camera_id="till", start=OPENING, end=OPENING + HOUR
    ),
    "late": lambda scope, connection: add_stays(
        scope, connection, "shop", [Stay(pseudo_id="ann", at=OPENING - 99 * HOUR, zone="door")]
    ),
}


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[Connection, list[tuple[str, Any]]]]:
    """A small SQLite database, and what it is asked. PostgreSQL reads small tables whole."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and (" stay" in statement or " visit " in statement):
            statements.append((statement, parameters))

    with open_database(sqlite_url(tmp_path / "small.db")) as database:
        tell(database)
        event.listen(database.engine, "before_cursor_execute", note)
        with database.transaction() as connection:
            yield connection, statements
        event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "scope", [SITE, Scope.of("shop"), Scope.of("shop", "other")], ids=["site", "one venue", "two venues"]
)
@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_about_a_few_looks_through_the_stays_of_the_venue(
    asked: tuple[Connection, list[tuple[str, Any]]], name: str, scope: Scope
) -> None:
    connection, statements = asked
    QUESTIONS[name](scope, connection)

    assert statements
    for statement, parameters in list(statements):
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        for step in (row.detail for row in plan):
            if " stay " in f"{step} ":
                assert "key=?" in step or "run_id=?" in step or "at>? AND at<?" in step, (statement, step)
            assert not step.startswith(("SCAN stay", "SCAN visit", "SCAN visitor")), (statement, step)
