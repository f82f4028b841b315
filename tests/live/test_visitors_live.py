"""The visitors of a live camera: in the database when they have left, once, also after a kill."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from camera_stories import VENUE, open_shop, pictures, who_is_there
from sqlalchemy import func, select
from test_live_watch import Watching
from test_store_writer import camera
from test_told_live import Killed

from sightline.domain.event import Role
from sightline.domain.scope import Scope
from sightline.pipeline.store_writer import StoreWriter
from sightline.store.database import Database
from sightline.store.recount import differences
from sightline.store.runs import list_tracks
from sightline.store.tables import track
from sightline.store.visitor_tables import stay, visitor

SITE = Scope.site()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_shop(tmp_path) as database:
        yield database


def stored(database: Database) -> tuple[int, float, list[str]]:
    """How many visitors there are, the seconds they stayed, and in what the figures differ from a recount."""
    with database.reading() as connection:
        people = connection.execute(select(func.count()).select_from(visitor)).scalar_one()
        dwell = connection.execute(select(func.sum(stay.c.dwell_ms))).scalar_one() or 0
        return people, float(dwell) / 1000, differences(SITE, connection, VENUE)


def test_told_twice_each_visitor_is_stored_once(database: Database) -> None:
    watching = Watching(who_is_there)
    watching.see(*pictures(60))
    watching.watch.finish()
    writer = StoreWriter(database, every_s=0.01)
    one = camera(writer)
    for report in watching.told.reports * 2:
        one.book.report(report)
    one.book.finish(datetime.now(UTC))
    assert writer.close() == 0

    with database.reading() as connection:
        tracks = list_tracks(SITE, connection, "run 1")
    customers = [one for one in tracks if one.role is not Role.STAFF]
    assert len(customers) < len(tracks)
    seconds = sum((one.last_at - one.first_at).total_seconds() for one in customers)
    assert customers
    assert stored(database) == (len(customers), pytest.approx(seconds, abs=0.01), [])


def test_after_a_kill_the_visitors_are_those_of_the_tracks(database: Database, tmp_path: Path) -> None:
    Killed(database, tmp_path, 5).recover()
    with database.reading() as connection:
        rows = connection.execute(select(track.c.role)).all()
    customers = sum(row.role != "staff" for row in rows)
    assert customers
    found, _, wrong = stored(database)
    assert (found, wrong) == (customers, [])
