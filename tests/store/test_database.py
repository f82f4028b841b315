"""Opening, migrating, and what happens when another process, the disk or the file is in the way."""

import re
import signal
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, create_mock_engine, insert, inspect, text
from sqlalchemy.exc import StatementError
from store_stories import SITE
from store_workers import count_up, die_in_the_middle, exit_code, fill_the_disk, open_it, start

from sightline.errors import ConfigError, StoreError
from sightline.store import all_tables, engines, tables, venues
from sightline.store import database as opening
from sightline.store.database import Database, open_database, sqlite_url, upgrade
from sightline.store.schema import MIGRATIONS, newest_version


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """For what concerns the file of an SQLite database."""
    return sqlite_url(tmp_path / "data" / "sightline.db")


def test_empty_place_becomes_a_database_of_the_newest_version(
    new_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "prepare_file", engines.prepare_file)  # without the copy of all other tests
    assert upgrade(new_url) == (None, newest_version())
    assert upgrade(new_url) == (newest_version(), newest_version())


def test_migrations_make_the_tables_that_the_queries_use(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, all_tables.metadata) == []


def test_migrations_make_every_key_check_and_index_on_sqlite(file_url: str) -> None:
    """What the comparison does not look at: primary and foreign keys, checks, the partial index."""
    with open_database(file_url) as database, database.reading() as connection:
        made = {
            row.name: _squeezed(row.sql)
            for row in connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        }
    with sqlite3.connect(":memory:") as blank:
        wanted = _created_by_metadata()
        for statement in wanted:
            blank.execute(statement)
        expected = {
            name: _squeezed(sql)
            for name, sql in blank.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        }
    blank.close()
    made.pop("alembic_version")
    assert made == expected


def _created_by_metadata() -> list[str]:
    statements: list[str] = []
    engine = create_mock_engine(
        "sqlite://", lambda sql, *_: statements.append(str(sql.compile(dialect=engine.dialect)))
    )
    all_tables.metadata.create_all(engine, checkfirst=False)
    return statements


def _squeezed(sql: str) -> list[str]:
    """The pieces of a CREATE statement, order of constraints and blanks aside."""
    return sorted(
        re.sub(r"[\s\"]+", " ", piece).strip(" ()")
        for piece in sql.split(",\n")
        for piece in re.split(r",|\(|\)", piece)
    )


def test_database_of_a_newer_sightline_is_refused_and_left_alone(url: str) -> None:
    with open_database(url) as database, database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer Sightline .*9999.*update Sightline"):
        open_database(url)
    with pytest.raises(StoreError, match="newer"):
        upgrade(url)


def test_another_programs_database_is_refused(new_url: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    theirs = create_engine(new_url)
    with theirs.begin() as connection:
        connection.execute(text("CREATE TABLE invoices (id INTEGER)"))
    theirs.dispose()
    with pytest.raises(StoreError, match=r"another program.*invoices"):
        open_database(new_url)


def test_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("these are not tables " * 100)
    with pytest.raises(StoreError, match=r"notes\.db: file is not a database"):
        open_database(sqlite_url(path))


def test_missing_database_is_not_made_when_only_reading_was_meant(new_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no database at|empty_\d+ is empty"):
        open_database(new_url, create=False)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        pytest.param("sightline.db", "not the address of a database", id="a bare path"),
        pytest.param("sqlite://", "needs a file", id="a database in memory"),
        pytest.param("oracle8://shop", "no such kind of database: oracle8", id="an unknown kind"),
        pytest.param("postgresql+asyncpg://h/d", r"kind.*\+asyncpg; use .*psycopg", id="another driver"),
    ],
)
def test_wrong_address_is_explained(address: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        open_database(address)


def test_odd_letters_in_the_path_do_no_harm(tmp_path: Path) -> None:
    folder = tmp_path / "100% Käse & co?"
    upgrade(sqlite_url(folder / "sight line.db"))
    assert (folder / "sight line.db").is_file()


def test_crash_in_the_middle_of_a_transaction_leaves_nothing(database: Database) -> None:
    def make_half() -> None:
        with database.transaction() as connection:
            venues.ensure_venue(SITE, connection, "half-made")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_half()
    with database.reading() as connection:
        assert venues.get_venue(SITE, connection, "half-made") is None


def test_killed_writer_leaves_nothing_and_no_lock(url: str, database: Database) -> None:
    assert exit_code(start(die_in_the_middle, url)) == -signal.SIGKILL
    with database.transaction() as connection:
        assert [venue.id for venue in venues.list_venues(SITE, connection)] == ["other", "shop"]
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"


def test_reader_sees_one_state_while_another_writes(database: Database) -> None:
    with database.reading() as reading:
        before = venues.list_venues(SITE, reading)
        with database.transaction() as writing:
            venues.ensure_venue(SITE, writing, "new")
        assert venues.list_venues(SITE, reading) == before
    with database.reading() as reading:
        assert len(venues.list_venues(SITE, reading)) == len(before) + 1


def test_two_processes_writing_lose_nothing_of_each_other(url: str) -> None:
    with open_database(url) as database, database.transaction() as connection:
        venues.ensure_venue(SITE, connection, "counter", name="0")
    writers = [start(count_up, url, 60) for _ in range(2)]
    assert [exit_code(writer) for writer in writers] == [0, 0]
    with open_database(url) as database, database.reading() as connection:
        counter = venues.get_venue(SITE, connection, "counter")
    assert counter is not None
    assert counter.name == "120"


def test_several_processes_may_open_a_new_database_at_once(new_url: str) -> None:
    openers = [start(open_it, new_url) for _ in range(5)]
    assert [exit_code(opener) for opener in openers] == [0] * 5


def test_full_disk_is_said_and_nothing_half_written_stays(file_url: str) -> None:
    with open_database(file_url) as database, database.transaction() as connection:
        venues.ensure_venue(SITE, connection, "shop")
    assert exit_code(start(fill_the_disk, file_url, 600_000)) == 0
    with open_database(file_url) as database, database.reading() as connection:
        assert [venue.id for venue in venues.list_venues(SITE, connection)] == ["shop"]
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"


def test_no_room_for_a_new_database_is_said_and_room_makes_it_good(file_url: str) -> None:
    assert exit_code(start(fill_the_disk, file_url, 8192)) == 0
    assert upgrade(file_url)[1] == newest_version()


def test_locked_database_is_named_after_the_wait(
    url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sightline.store.engines.LOCK_TIMEOUT_MS", 50)
    with (
        open_database(url) as other,
        database.transaction(),
        pytest.raises(StoreError, match=r"(sightline\.db|fresh_\d+): .*database is locked"),
        other.transaction(),
    ):
        pass


def test_foreign_keys_are_watched(database: Database) -> None:
    with pytest.raises(StoreError, match=r"(?i)foreign key"), database.transaction() as connection:
        connection.execute(
            insert(tables.camera).values(
                venue_id="nowhere", id="c", name="c", source_label="", created_at=datetime.now(UTC)
            )
        )


def test_times_come_back_to_the_microsecond_in_utc(database: Database) -> None:
    moment = datetime(2026, 3, 29, 3, 0, 0, 123457, tzinfo=timezone(timedelta(hours=2)))
    with database.transaction() as connection:
        venues.ensure_venue(SITE, connection, "timed", at=moment)
        stored = venues.get_venue(SITE, connection, "timed")
    assert stored is not None
    assert stored.created_at == moment
    assert stored.created_at.utcoffset() == timedelta(0)


def test_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="no time zone"), database.transaction() as connection:
        venues.ensure_venue(SITE, connection, "timed", at=datetime(2026, 3, 29))  # noqa: DTZ001


def test_events_of_a_venue_and_time_are_found_by_an_index(database: Database) -> None:
    explain = "EXPLAIN QUERY PLAN"
    with database.reading() as connection:
        if connection.dialect.name == "postgresql":
            explain = "EXPLAIN"
            connection.execute(text("SET LOCAL enable_seqscan = off"))  # the table is empty
        plan = connection.execute(
            text(
                f"{explain} SELECT * FROM event "
                "WHERE venue_id = 'shop' AND started_at >= 0 ORDER BY started_at"
            )
        ).all()
        assert any("ix_event_venue_id_started_at" in str(row) for row in plan), plan
        assert "uq_evidence_of_event" in {
            index["name"] for index in inspect(connection).get_indexes("evidence")
        }


def test_migrations_are_named_by_their_version_in_order() -> None:
    """The newest version is told by the names of the files, without loading Alembic."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(MIGRATIONS))
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert sorted(revisions, reverse=True) == revisions
    assert scripts.get_current_head() == newest_version() == revisions[0]
    for script in scripts.walk_revisions():
        assert Path(script.path).name.partition("_")[0] == script.revision
