"""What comes back of a backup: every row as it lay there, on either kind of database, or nothing at all."""

import random
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from backup_workers import SITE, die_in_the_restoring, some_stays, write_until_stopped
from filled_tables import ROWS, all_rows, fill_every_table
from sqlalchemy import text
from store_workers import exit_code, start

from postgres_server import PostgresServer
from sightline.errors import StoreError
from sightline.evidence.ledger import Head, chained
from sightline.pipeline.backup import restore_backup, write_backup
from sightline.store import alerts, ledger, stays, venues
from sightline.store.all_tables import ALL_TABLES
from sightline.store.backup_file import BackupFacts, seal_backup
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.engines import made_engine, parsed
from sightline.store.recount import differences
from sightline.store.schema import bring_up_to_date

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def back_up(database: Database, path: Path) -> Path:
    write_backup(database, path, clock=lambda: NOW)
    return path


@pytest.mark.parametrize("other", ["sqlite", "postgres"])
def test_every_row_comes_back_as_it_lay_there(
    other: str, url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with open_database(url) as database:
        with database.transaction() as connection:
            fill_every_table(connection)
            before = all_rows(connection)
        back_up(database, tmp_path / "b.db")
    assert {name: len(rows) for name, rows in before.items()} == {one.name: ROWS for one in ALL_TABLES}
    target = sqlite_url(tmp_path / "elsewhere.db")
    if other == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        target = server.empty()
    restore_backup(target, tmp_path / "b.db")
    with open_database(target) as restored:
        with restored.reading() as connection:
            assert all_rows(connection) == before
        back_up(restored, tmp_path / "again.db")
    with open_database(sqlite_url(tmp_path / "again.db")) as again, again.reading() as connection:
        assert all_rows(connection) == before


@pytest.fixture
def busy(url: str, database: Database, tmp_path: Path) -> Iterator[Database]:
    """Two processes write, each of a venue of its own, until the test is over with it."""
    writers = [start(write_until_stopped, url, venue, tmp_path / "stop") for venue in ("shop", "other")]
    yield database
    (tmp_path / "stop").touch()
    assert [exit_code(writer) for writer in writers] == [0, 0]


def entries_of(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(text("SELECT count(*) FROM ledger_entry")).scalar_one())


def wait_for_more(database: Database, than: int) -> int:
    until = time.monotonic() + 60
    while (found := entries_of(database)) <= than:
        assert time.monotonic() < until, "nobody writes"
        time.sleep(0.02)
    return found


@pytest.mark.slow
def test_backup_while_others_write_is_the_state_of_one_moment(
    busy: Database, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    written = wait_for_more(busy, 10)
    for number in range(2):
        back_up(busy, tmp_path / f"{number}.db")
        written = wait_for_more(busy, written)  # they were not held up for good
    (tmp_path / "stop").touch()
    counts = []
    for number in range(2):
        for target in (sqlite_url(tmp_path / f"restored{number}.db"), postgres_server.empty()):
            restore_backup(target, tmp_path / f"{number}.db")
            with open_database(target) as restored:
                counts.append(_consistent(restored))
    assert counts[::2] == counts[1::2], "both kinds hold the same"
    assert counts[0] < counts[2], "they wrote between the backups"


def _consistent(database: Database) -> int:
    """Check what must hold at every moment, and how many events there are."""
    with database.reading() as connection:
        for venue in ("shop", "other"):
            assert differences(SITE, connection, venue) == []
            links = ledger.chain(SITE, connection, venue)
            assert chained(links, Head.of_empty_chain()) == links
            seal = ledger.last_seal(SITE, connection, venue)
            assert (
                (seal.position, seal.head_hash) == (len(links), links[-1].entry_hash) if seal else not links
            )
        ask = "SELECT (SELECT count(*) FROM {}), (SELECT count(*) FROM {} WHERE {})"
        for pair in (
            ("event", "evidence", "event_id IN (SELECT id FROM event)"),  # claimed in one transaction
            ("event", "ledger_entry", "subject_id IN (SELECT id FROM event)"),
        ):
            one, other = connection.execute(text(ask.format(*pair))).one()
            assert one == other, pair
        return int(one)


def test_database_that_holds_data_is_left_alone_unless_told(
    database: Database, tmp_path: Path, url: str
) -> None:
    back_up(database, tmp_path / "b.db")
    with database.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", some_stays(random.Random(5), 50))
        venues.ensure_venue(SITE, connection, "opened-later")
        now = all_rows(connection)
    with pytest.raises(StoreError, match=r"holds \d+ rows already; .* say --replace"):
        restore_backup(url, tmp_path / "b.db")
    with database.reading() as connection:
        assert all_rows(connection) == now
    restore_backup(url, tmp_path / "b.db", replace=True)
    with database.reading() as connection:
        assert [venue.id for venue in venues.list_venues(SITE, connection)] == ["other", "shop"]
        assert connection.execute(text("SELECT count(*) FROM stay")).scalar() == 0


def test_restoring_that_is_killed_half_way_changes_nothing(
    database: Database, tmp_path: Path, url: str
) -> None:
    with database.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", some_stays(random.Random(5), 50))
    back_up(database, tmp_path / "b.db")
    with database.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", some_stays(random.Random(6), 50))
        now = all_rows(connection)
    killed = start(die_in_the_restoring, url, tmp_path / "b.db", 4)
    assert exit_code(killed) == -signal.SIGKILL
    with database.reading() as connection:
        assert all_rows(connection) == now


def test_numbers_that_were_told_are_not_given_again(database: Database, tmp_path: Path, url: str) -> None:
    def raised(into: Database) -> int:
        with into.transaction() as connection:
            return alerts.raise_alert(
                SITE, connection, venue_id="shop", alert_type="camera_lost", subject="till",
                severity="warning", title="Lost", message="It does not answer.", at=NOW,
            ).id  # fmt: skip

    told = raised(database)
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM alert"))
    back_up(database, tmp_path / "b.db")
    restore_backup(url, tmp_path / "b.db", replace=True)
    restore_backup(sqlite_url(tmp_path / "new.db"), tmp_path / "b.db")
    with open_database(sqlite_url(tmp_path / "new.db")) as elsewhere:
        assert raised(elsewhere) == told + 1
    assert raised(database) == told + 1


def test_backup_of_older_tables_is_brought_up_to_date(tmp_path: Path, new_url: str) -> None:
    old = tmp_path / "old.db"
    engine = made_engine(parsed(sqlite_url(old)))
    with engine.begin() as connection:
        bring_up_to_date(connection, "old", to="0002")
        connection.execute(
            text("INSERT INTO venue (id, name, timezone, created_at) VALUES ('s', 'Shop', 'UTC', 0)")
        )
    engine.dispose()
    seal_backup(old, BackupFacts("2025-01-01T00:00:00+00:00", "sightline 0.1.0", "0002", {"venue": 1}))
    before = old.read_bytes()
    restore_backup(new_url, old)
    with open_database(new_url) as database, database.reading() as connection:
        assert [venue.name for venue in venues.list_venues(SITE, connection)] == ["Shop"]
    assert old.read_bytes() == before


def test_backup_is_a_database_that_other_tools_read(database: Database, tmp_path: Path) -> None:
    back_up(database, tmp_path / "b.db")
    with closing(sqlite3.connect(f"{(tmp_path / 'b.db').as_uri()}?mode=ro", uri=True)) as file:
        assert file.execute("SELECT id FROM venue ORDER BY id").fetchall() == [("other",), ("shop",)]
        assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",)
