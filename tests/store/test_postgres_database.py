"""What is PostgreSQL's alone: the way to the server, its sorting, its locks, and its tables as migrated."""

import multiprocessing
import signal
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import inspect, text
from store_stories import SITE
from store_workers import die_in_the_middle, exit_code, start

from postgres_server import USER, PostgresServer
from sightline.errors import DiskFull, StoreError
from sightline.store import all_tables, venues
from sightline.store.database import Database, open_database, upgrade
from sightline.store.engines import made_engine, parsed

IDS = ["Zebra", "a", "B", "z", "_", "A-1", "A1", "10", "9", "a_b", "ab", "aB"]
NAMES = ["Zebra", "äpfel", "Ärmel", "z", "É", "e", "😀", "\uffee", "10", "9", "straße", "strasse"]


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    with open_database(postgres_url) as database:
        yield database


def test_address_without_a_driver_is_psycopgs(postgres_url: str) -> None:
    with open_database(postgres_url.replace("postgresql+psycopg", "postgresql")) as database:
        assert database.engine.driver == "psycopg"


def test_address_is_told_without_user_and_password(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    with open_database(postgres_url) as database:
        assert (
            database.name
            == f"postgresql://127.0.0.1:{postgres_server.port}/{postgres_url.rpartition('/')[2]}"
        )


def test_server_is_reached_through_its_socket_too(postgres_server: PostgresServer, postgres_url: str) -> None:
    beside = (
        postgres_url.replace(f"127.0.0.1:{postgres_server.port}", "", 1)
        + f"?host={postgres_server.folder}&port={postgres_server.port}"
    )
    with open_database(beside) as database, database.reading() as connection:
        assert venues.list_venues(SITE, connection) == []
        assert connection.execute(text("SELECT inet_client_addr()")).scalar() is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(("@", "x@"), "refuses this user or password", id="a wrong password"),
        pytest.param((f"{USER}:", "nobody:"), "refuses this user or password", id="an unknown user"),
        pytest.param(("/fresh", "/not_fresh"), r"no database 'not_fresh_\d+'.*createdb -h", id="no database"),
        pytest.param(("127.0.0.1", "nowhere.invalid"), "does not answer", id="an unknown host"),
    ],
)
def test_way_that_does_not_lead_there_is_explained(
    change: tuple[str, str], complaint: str, postgres_url: str
) -> None:
    with pytest.raises(StoreError, match=complaint) as raised:
        open_database(postgres_url.replace(*change, 1))
    secret = postgres_url.rpartition("@")[0].rpartition(":")[2]
    assert secret not in str(raised.value)


def test_server_that_is_down_is_named_and_found_again_without_opening_anew(
    postgres_server: PostgresServer, postgres: Database
) -> None:
    with postgres.transaction() as connection:
        venues.ensure_venue(SITE, connection, "shop")
    postgres_server.crash()
    try:
        with (
            pytest.raises(StoreError, match=r"127\.0\.0\.1:\d+/fresh_\d+: the server does not answer"),
            postgres.reading(),
        ):
            pass
    finally:
        postgres_server.start_again()
    with postgres.reading() as connection:
        assert [venue.id for venue in venues.list_venues(SITE, connection)] == ["shop"]


def test_connection_that_is_lost_in_the_middle_leaves_nothing(
    postgres_server: PostgresServer, postgres_url: str, postgres: Database
) -> None:
    def half() -> None:
        with postgres.transaction() as connection:
            venues.ensure_venue(SITE, connection, "half-made")
            with postgres_server.connect(postgres_url) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            venues.ensure_venue(SITE, connection, "more")

    with pytest.raises(StoreError, match="connection to the server was lost"):
        half()
    with postgres.reading() as connection:
        assert venues.list_venues(SITE, connection) == []


def test_lock_of_a_killed_writer_goes_with_it(postgres_url: str, postgres: Database) -> None:
    assert exit_code(start(die_in_the_middle, postgres_url)) == -signal.SIGKILL
    with postgres.transaction() as connection:
        assert venues.list_venues(SITE, connection) == []


def test_writer_sees_what_the_one_before_it_has_committed(postgres: Database) -> None:
    """The lock is waited for before anything is read, so nothing decided upon is old."""
    first_has_begun, second_waits = threading.Event(), threading.Event()
    counts: list[int] = []

    def second() -> None:
        first_has_begun.wait(30)
        second_waits.set()
        with postgres.transaction() as connection:
            counts.append(len(venues.list_venues(SITE, connection)))

    waiting = threading.Thread(target=second)
    waiting.start()
    with postgres.transaction() as connection:
        first_has_begun.set()
        second_waits.wait(30)
        _await_a_waiter(postgres)
        venues.ensure_venue(SITE, connection, "shop")
    waiting.join(30)
    assert counts == [1]


def _await_a_waiter(database: Database) -> None:
    with database.reading() as connection:
        for _ in range(3000):
            waits = connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar()
            if waits:
                return
            connection.execute(text("SELECT pg_sleep(0.01)"))
    raise AssertionError("nobody waits for the lock")


def test_what_only_reads_may_not_write(postgres: Database) -> None:
    with pytest.raises(StoreError, match="read-only transaction"), postgres.reading() as connection:
        venues.ensure_venue(SITE, connection, "shop")
    with postgres.transaction() as connection:
        venues.ensure_venue(SITE, connection, "shop")


def test_full_disk_of_the_server_is_said(postgres: Database) -> None:
    """The server itself says so, by the code that it gives when it cannot make a file longer."""

    def write() -> None:
        with postgres.transaction() as connection:
            venues.ensure_venue(SITE, connection, "shop")
            connection.execute(
                text("DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$")
            )

    with pytest.raises(DiskFull, match=r"fresh_\d+: the disk is full"):
        write()
    with postgres.reading() as connection:
        assert venues.list_venues(SITE, connection) == []


def test_error_quotes_no_row(postgres: Database) -> None:
    with postgres.transaction() as connection:
        venues.ensure_venue(SITE, connection, "shop", name="Secret Lane")
    with pytest.raises(StoreError) as raised, postgres.transaction() as connection:
        connection.execute(text("INSERT INTO venue SELECT * FROM venue"))
    assert "pk_venue" in str(raised.value)
    assert "shop" not in str(raised.value)


def test_database_that_holds_no_unicode_is_refused(postgres_server: PostgresServer) -> None:
    url = postgres_server.url("latin")
    with postgres_server.connect(postgres_server.url("postgres")) as connection:
        connection.execute(
            "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER 'libc' TEMPLATE template0"
        )
    with pytest.raises(StoreError, match=r"text as LATIN1.*createdb -E UTF8"):
        open_database(url)
    postgres_server.drop(url)


def test_text_sorts_by_code_point_whatever_the_language_of_the_database(postgres: Database) -> None:
    with postgres.transaction() as connection:
        for venue_id, name in zip(IDS, NAMES, strict=True):
            venues.ensure_venue(SITE, connection, venue_id, name=name)
        assert connection.execute(text("SELECT 'a' < 'B'")).scalar(), "else this shows nothing"
        assert [venue.id for venue in venues.list_venues(SITE, connection)] == sorted(IDS)
        names = connection.execute(text("SELECT name FROM venue ORDER BY name")).scalars().all()
        assert names == sorted(NAMES)


def test_every_text_column_sorts_by_code_point(postgres: Database) -> None:
    with postgres.reading() as connection:
        others = connection.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND collation_name IS DISTINCT FROM 'C'"
                " AND data_type IN ('text', 'character varying') AND table_name <> 'alembic_version'"
            )
        ).all()
    assert others == []


def test_migrations_make_every_key_check_and_index(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    """The tables as migrated, and as the queries see them, in the words of the server's own catalogue."""
    plain = postgres_server.empty()
    engine = made_engine(parsed(plain))
    with engine.begin() as connection:
        all_tables.metadata.create_all(connection)
    engine.dispose()
    migrated, expected = (_catalogue(postgres_server, url) for url in (postgres_url, plain))
    assert migrated == expected
    assert len(migrated) > 250
    postgres_server.drop(plain)


def _catalogue(server: PostgresServer, url: str) -> set[tuple[object, ...]]:
    with server.connect(url) as connection:
        found: set[tuple[object, ...]] = set()
        for question in (
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace",
            "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
            "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default"
            " FROM information_schema.columns WHERE table_schema = 'public'",
        ):
            found.update(row for row in connection.execute(question) if row[0] != "alembic_version")
        return found


def test_wanted_indexes_are_there_under_their_names(postgres: Database) -> None:
    with postgres.reading() as connection:
        seen = inspect(connection)
        for table in all_tables.ALL_TABLES:
            made = {index["name"] for index in seen.get_indexes(table.name)}
            assert {index.name for index in table.indexes} <= made, table.name


def test_two_processes_that_open_an_empty_database_migrate_it_once(postgres_server: PostgresServer) -> None:
    url = postgres_server.empty()
    context = multiprocessing.get_context("forkserver")
    openers = [context.Process(target=upgrade, args=(url,)) for _ in range(3)]
    for opener in openers:
        opener.start()
    assert [exit_code(opener) for opener in openers] == [0, 0, 0]
    with postgres_server.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchall() == [(1,)]
    postgres_server.drop(url)
