"""Opening the database, and its transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Connection, Engine

from sightline.errors import SightlineError, StoreError
from sightline.store.engines import (
    ALONE,
    WRITES,
    begin_reading,
    is_sqlite,
    made_engine,
    parsed,
    prepare_file,
    told,
)
from sightline.store.failures import translated
from sightline.store.schema import bring_up_to_date, current_version, newest_version


class Database:
    """A pool of connections to one migrated database. Safe to share between threads, not between processes.

    Open it with `open_database`.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def name(self) -> str:
        """The address as a person may read it, without its password."""
        return told(self.engine.url)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection that writes: everything in the block is stored, or nothing is.

        The lock of all writers is taken at the start: what the block reads stays true until it commits, so
        "read, decide, write" needs no retry. On SQLite that is BEGIN IMMEDIATE, on PostgreSQL an advisory
        lock.

        Raises:
            DiskFull: nothing of the block was stored.
            StoreError: the database is locked for longer than the timeout, damaged, away, or refuses a row.
        """
        with translated(self.engine.url), self.engine.connect() as connection:
            connection = connection.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection

    @contextmanager
    def aside(self) -> Iterator[Connection]:
        """A connection that writes without the lock of all writers: for one statement that reads nothing.

        Renewing a lease must not wait for a long write. On SQLite there is no writing without that lock.

        Raises:
            DiskFull, StoreError: as `transaction`, and after 2 s of waiting for a row that is locked.
        """
        with translated(self.engine.url), self.engine.connect() as connection:
            if connection.dialect.name != "postgresql":
                connection = connection.execution_options(**{WRITES: True})
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("SET LOCAL lock_timeout = 2000")
                    connection.exec_driver_sql("SET LOCAL statement_timeout = 3000")
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one unchanging state of the database for as long as the block lasts."""
        with translated(self.engine.url), self.engine.connect() as connection:
            yield begin_reading(connection)

    def copy_to(self, path: Path) -> None:
        """Copy an SQLite database as it is at this moment into an empty file; nobody is held up.

        What was deleted is not in the copy.

        Raises:
            DiskFull, StoreError: the copy is not whole.
        """
        with translated(self.engine.url), self.engine.connect() as connection:
            alone = connection.execution_options(**{ALONE: True})  # VACUUM may not stand in a transaction
            alone.exec_driver_sql("VACUUM INTO ?", (str(path),))

    def close(self) -> None:
        """Give back all connections. The object must not be used afterwards."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_database(url: str, *, create: bool = True) -> Database:
    """Open a database and bring its tables up to date.

    Args:
        url: `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user:password@host/name`.
        create: whether a missing SQLite file (and its folder), or the tables in an empty database, may be
            made.

    Raises:
        ConfigError: `url` is not one, or its driver is not installed.
        StoreError: the database is missing, away, damaged, not ours, or written by a newer Sightline.
        DiskFull: no space for the tables.
    """
    database, _, _ = _open(url, create=create)
    return database


def upgrade(url: str) -> tuple[str | None, str]:
    """Bring the database at `url` up to date: version before (None when there was none) and after.

    Raises: as `open_database`.
    """
    database, before, after = _open(url, create=True)
    database.close()
    return before, after


def sqlite_url(path: Path) -> str:
    """The address of the SQLite file at `path`."""
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def _open(url: str, *, create: bool) -> tuple[Database, str | None, str]:
    address = parsed(url)
    if is_sqlite(address):
        prepare_file(address, create=create)
    database = Database(made_engine(address))
    try:
        before = _migrate(database, create=create or is_sqlite(address))
    except SightlineError:
        database.close()
        raise
    return database, before, newest_version()


def _migrate(database: Database, *, create: bool) -> str | None:
    with database.reading() as connection:
        before = current_version(connection, database.name)
    if before is None and not create:
        raise StoreError(f"{database.name} is empty; check the address, or analyze a video first")
    if before != newest_version():
        with database.transaction() as connection:
            # Asked again now that no one else writes: two processes may open a new database at once.
            if current_version(connection, database.name) != newest_version():
                bring_up_to_date(connection, database.name)
    return before
