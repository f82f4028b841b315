"""How a connection to each kind of database is set up, so that both keep the same promises.

A transaction that writes is the only one that does: what it reads stays true until it commits. A reader sees
one unchanging state and holds up no writer.
"""

import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from sightline.errors import ConfigError, StoreError
from sightline.store.columns import address_without_password

LOCK_TIMEOUT_MS = 30_000
"""How long a writer waits for another one. Transactions here last milliseconds."""

ABANDONED_MS = 300_000
"""PostgreSQL ends a writer that is silent for so long: its machine is gone, its lock stops all others."""

SITE_LOCK = 0x7369676874
"""Advisory locks are numbers; this one is "sight". PostgreSQL keeps them apart by database."""

CACHE_KIB = 4_096
"""Of SQLite's pages a connection keeps at most. A web process has up to 15 connections."""

LOG_PAGES = 8_000
"""Of 4 KiB: SQLite's write-ahead log grows to 32 MB before who writes has to write it back; in a process with
`store/write_back`, to three times as much."""

WRITES = "sightline_writes"
ALONE = "sightline_alone"

KEEPALIVE = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
    "application_name": "sightline",
}
"""What the address does not say otherwise: a server that is gone is noticed within a minute."""


def parsed(address: str) -> URL:
    """The address of a database, with its driver chosen.

    Raises:
        ConfigError: it is none, of an unknown kind, or of a database in memory.
    """
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise ConfigError(
            f"{address_without_password(address)!r} is not the address of a database; "
            "write sqlite:///path/to/sightline.db"
        ) from error
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise ConfigError(
            f"no such kind of database: {url.drivername}; use sqlite:///... or postgresql://... "
            "(its driver is always psycopg)"
        )
    if is_sqlite(url) and (not url.database or url.database == ":memory:"):
        raise ConfigError("an SQLite database needs a file: sqlite:///path/to/sightline.db")
    return url


def is_sqlite(url: URL) -> bool:
    """Whether the database is a file of this machine."""
    return url.get_backend_name() == "sqlite"


def told(url: URL) -> str:
    """The address as a person may read it: without user, password and options."""
    if is_sqlite(url):
        return url.render_as_string(hide_password=True)
    host = url.host or url.query.get("host") or "localhost"
    return f"postgresql://{host}{f':{url.port}' if url.port else ''}/{url.database or url.username or ''}"


def prepare_file(url: URL, *, create: bool) -> None:
    """Make the folder of an SQLite database.

    Raises:
        StoreError: the folder cannot be made; or, unless `create`, there is no such file.
    """
    path = Path(url.database or "")
    if not create and not path.is_file():
        raise StoreError(f"there is no database at {path}; check the data folder, or analyze a video first")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the folder {path.parent}: {error.strerror}") from error


def made_engine(url: URL) -> Engine:
    """A pool of connections that are set up; none is opened yet.

    Raises:
        ConfigError: the driver is not installed.
    """
    if is_sqlite(url):
        engine = create_engine(url)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    kept = {name: value for name, value in KEEPALIVE.items() if name not in url.query}
    try:
        # Asked before each use whether it still stands: the server may have been restarted meanwhile.
        engine = create_engine(url.update_query_dict(kept), pool_pre_ping=True)
    except ImportError as error:
        raise ConfigError("PostgreSQL needs its driver: pip install 'sightline[postgres]'") from error
    event.listen(engine, "connect", _set_up_postgres)
    event.listen(engine, "begin", _begin_postgres)
    return engine


def reading_engine(path: Path) -> Engine:
    """An SQLite file that is read where it lies and not touched, not even to make it ready for writers."""
    return create_engine(f"sqlite:///file:{quote(str(path))}?mode=ro&immutable=1&uri=true")


def begin_reading(connection: Connection) -> Connection:
    """`connection`, about to begin a transaction that sees one state and writes nothing."""
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return connection


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    """Settings of one new connection.

    synchronous=FULL, although WAL is consistent without it: with NORMAL a power cut loses the last commits.
    A ledger head may by then have left the site, and a chain shorter than its published head reads as
    tampering.

    A thousand stays change two thousand pages of a large site. A cache that holds them, and a log that is
    written back every few calls instead of at each, let pages that change again and again be written once. No
    power cut can tell the difference: what is committed is in the log, flushed.
    """
    connection.isolation_level = None  # transactions are begun by us, see _begin_sqlite
    connection.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    _keep_a_log(connection)


def _keep_a_log(connection: sqlite3.Connection) -> None:
    """Have the database keep a write-ahead log. While others open a new one, too, SQLite does not wait."""
    until = time.monotonic() + LOCK_TIMEOUT_MS / 1000
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get(ALONE, False):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITES, False) else "BEGIN")


def _set_up_postgres(connection: Any, _record: Any) -> None:
    """Settings of one new connection. Queries here take milliseconds: helpers and compiling cost more."""
    connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
    connection.execute("SET jit = off")
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.commit()


def _begin_postgres(connection: Connection) -> None:
    """A writer waits for the site's lock first; the statements after it see all that was committed before.

    One writer at a time is what SQLite gives, too: code that reads, decides and writes is right on both, and
    no two writers wait for each other in a circle.
    """
    if connection.get_execution_options().get(WRITES, False):
        connection.exec_driver_sql(
            f"SELECT set_config('idle_in_transaction_session_timeout', '{ABANDONED_MS}', true), "
            f"pg_advisory_xact_lock({SITE_LOCK})"
        )
