"""Several programs tell of the same people at once, and some are killed: nothing is lost or counted twice."""

import signal
import time

import pytest
from sqlalchemy import func, select
from stay_workers import SITE, VENUES, batches, die_while_posting, post_all, post_and_take_away, shop_day
from store_workers import exit_code, start

from sightline.store import recount
from sightline.store.database import Database, open_database
from sightline.store.stays import add_stays
from sightline.store.visitor_tables import stay, visitor


def processes_on(url: str) -> int:
    """SQLite is written to by one at a time; on PostgreSQL they could do so at once."""
    return 2 if url.startswith("sqlite") else 3


def assert_recounted(database: Database) -> None:
    with database.reading() as connection:
        for venue_id in VENUES:
            assert recount.differences(SITE, connection, venue_id) == []


def assert_each_stay_once(database: Database) -> None:
    with database.reading() as connection:
        for venue_id in VENUES:
            query = (
                select(visitor.c.pseudo_id, stay.c.at, stay.c.event_id)
                .join(visitor, visitor.c.id == stay.c.visitor_id)
                .where(stay.c.venue_id == venue_id)
            )
            found = sorted(tuple(row) for row in connection.execute(query))
            assert found == sorted((one.pseudo_id, one.at, one.event_id) for one in shop_day(venue_id))


@pytest.mark.slow
def test_processes_that_post_the_same_stays_at_once_store_each_of_them_once(
    database: Database, url: str
) -> None:
    workers = [start(post_all, url, seed) for seed in range(processes_on(url))]
    assert [exit_code(one) for one in workers] == [0] * len(workers)
    assert_each_stay_once(database)
    assert_recounted(database)


@pytest.mark.slow
def test_rollups_stand_when_some_post_and_others_take_away(database: Database, url: str) -> None:
    workers = [start(post_and_take_away, url, seed) for seed in range(processes_on(url))]
    assert [exit_code(one) for one in workers] == [0] * len(workers)
    assert_recounted(database)


@pytest.mark.slow
def test_killed_before_its_commit_a_program_leaves_what_it_had_committed(
    database: Database, url: str
) -> None:
    assert exit_code(start(die_while_posting, url, 7, 5)) == -signal.SIGKILL
    with database.reading() as connection:
        for venue_id in VENUES:
            whole = {one.event_id for name, some in batches(7)[:5] if name == venue_id for one in some}
            count = select(func.count()).where(stay.c.venue_id == venue_id)
            assert connection.execute(count).scalar_one() == len(whole)
    assert_recounted(database)
    post_all(url, 8)
    assert_each_stay_once(database)
    assert_recounted(database)


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.05, 0.3])
def test_killed_at_any_moment_and_told_again_each_stay_is_there_once(
    database: Database, url: str, after_s: float
) -> None:
    worker = start(post_all, url, 3)
    time.sleep(after_s)
    worker.kill()
    worker.join(60)
    assert_recounted(database)
    post_all(url, 4)
    assert_each_stay_once(database)
    assert_recounted(database)


def test_a_venue_that_is_written_to_from_one_connection_is_seen_whole_from_another(
    database: Database, url: str
) -> None:
    """A reader beside an open transaction sees nothing of it, neither stays nor what is made of them."""
    with open_database(url) as reader, database.transaction() as connection:
        add_stays(SITE, connection, "shop", shop_day("shop"))
        with reader.reading() as outside:
            assert outside.execute(select(func.count()).select_from(stay)).scalar_one() == 0
            assert recount.differences(SITE, outside, "shop") == []
    assert_recounted(database)
