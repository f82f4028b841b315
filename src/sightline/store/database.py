"""Opening the database, its transactions, and the one place where its errors become ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from sightline.errors import ConfigError, DiskFull, SightlineError, StoreError
from sightline.store.schema import bring_up_to_date, current_version, newest_version

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another one. Transactions here last milliseconds."""

WRITES = "sightline_writes"

DISK_FULL_CODES = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_TRUNCATE,
}
"""SQLite says FULL for ENOSPC only; quotas and size limits come as failed writes."""


class Database:
    """A pool of connections to one migrated database. Safe to share between threads, not between processes.

    Open it with `open_database`.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def name(self) -> str:
        """The address as a person may read it, without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection that writes: everything in the block is stored, or nothing is.

        On SQLite the write lock is taken at the start (BEGIN IMMEDIATE): what the block reads stays
        true until it commits, so "read, decide, write" needs no retry.

        Raises:
            DiskFull: nothing of the block was stored.
            StoreError: the database is locked for longer than the timeout, damaged, or refuses a row.
        """
        with translated(self.engine.url), self.engine.connect() as connection:
            connection = connection.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one unchanging state of the database for as long as the block lasts."""
        with translated(self.engine.url), self.engine.connect() as connection:
            yield connection

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
        url: `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql+psycopg://...`.
        create: whether a missing SQLite file (and its folder) may be made.

    Raises:
        ConfigError: `url` is not one, or its driver is not installed.
        StoreError: the file is missing, damaged, not ours, or written by a newer Sightline.
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
    parsed = _parsed(url)
    _prepare_file(parsed, create=create)
    try:
        engine = create_engine(parsed)
    except NoSuchModuleError as error:
        raise ConfigError(
            f"no such kind of database: {parsed.drivername}; use sqlite or postgresql"
        ) from error
    except ImportError as error:
        raise ConfigError(f"{parsed.drivername} needs: pip install 'sightline[postgres]'") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    database = Database(engine)
    try:
        before = _migrate(database)
    except SightlineError:
        database.close()
        raise
    return database, before, newest_version()


def _migrate(database: Database) -> str | None:
    with database.reading() as connection:
        before = current_version(connection, database.name)
    if before != newest_version():
        with database.transaction() as connection:
            # Asked again now that no one else writes: two processes may open a new database at once.
            if current_version(connection, database.name) != newest_version():
                bring_up_to_date(connection)
    return before


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            f"{url!r} is not the address of a database; write sqlite:///path/to/sightline.db"
        ) from error


def _prepare_file(url: URL, *, create: bool) -> None:
    if url.get_backend_name() != "sqlite":
        return
    if not url.database or url.database == ":memory:":
        raise ConfigError("an SQLite database needs a file: sqlite:///path/to/sightline.db")
    path = Path(url.database)
    if not create and not path.is_file():
        raise StoreError(f"there is no database at {path}; check the data folder, or analyze a video first")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the folder {path.parent}: {error.strerror}") from error


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    """Settings of one new connection.

    synchronous=FULL, although WAL is consistent without it: with NORMAL a power cut loses the last commits.
    A ledger head may by then have left the site, and a chain shorter than its published head reads as
    tampering.
    """
    connection.isolation_level = None  # transactions are begun by us, see _begin_sqlite
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turns the library's errors into ours, cause kept."""
    name = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlite_errorcode", None) in DISK_FULL_CODES:
            raise DiskFull(
                f"no room to write to {name}: the disk is full or a size limit is reached; "
                "nothing was stored, free some space and run again"
            ) from error
        raise StoreError(f"{name}: {error.orig}") from error
