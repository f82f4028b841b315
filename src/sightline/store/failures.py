"""The one place where the errors of a database become ours."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneLeft

from sightline.errors import DiskFull, SightlineError, StoreError
from sightline.store.engines import LOCK_TIMEOUT_MS, is_sqlite, told

DISK_FULL_CODES = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_TRUNCATE,
}
"""SQLite says FULL for ENOSPC only; quotas and size limits come as failed writes."""

# Codes of PostgreSQL, appendix A of its manual.
DISK_FULL = "53100"
LOCK_NOT_AVAILABLE = "55P03"
CONNECTION_ENDED = re.compile(r"08|57P0|25P03")
AT_CONNECTING = re.compile(
    "connection failed|connection timeout|connection attempts failed|failed to resolve|bad value"
    "|invalid connection option"
)
"""While a connection is made there is no code; the client's own words are English everywhere."""


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turns the library's errors into ours, cause kept. No message holds a password.

    Raises:
        DiskFull: nothing of the block was stored.
        StoreError: everything else that the database refuses.
    """
    name = (url.database or "") if is_sqlite(url) else told(url)
    try:
        yield
    except NoneLeft as error:
        raise StoreError(f"{name}: too much is asked of the database at once; try again shortly") from error
    except DBAPIError as error:
        raise (_of_sqlite(error, name) if is_sqlite(url) else _of_postgres(error, url)) from error


def _no_room(name: str) -> DiskFull:
    return DiskFull(
        f"no room to write to {name}: the disk is full or a size limit is reached; "
        "nothing was stored, free some space and run again"
    )


def _of_sqlite(error: DBAPIError, name: str) -> SightlineError:
    if getattr(error.orig, "sqlite_errorcode", None) in DISK_FULL_CODES:
        return _no_room(name)
    return StoreError(f"{name}: {error.orig}")


def _of_postgres(error: DBAPIError, url: URL) -> SightlineError:
    name, cause = told(url), error.orig
    code = getattr(cause, "sqlstate", None) or ""
    # The first line only: the lines after it quote the row.
    said = getattr(getattr(cause, "diag", None), "message_primary", None) or _first_line(cause)
    if code == DISK_FULL:
        return _no_room(name)
    if code == LOCK_NOT_AVAILABLE:
        return StoreError(
            f"{name}: the database is locked: another process has been writing for "
            f"{LOCK_TIMEOUT_MS / 1000:g} s"
        )
    if not code and AT_CONNECTING.search(str(cause)):
        return StoreError(f"{name}: {_why_not_connected(str(cause), url)}")
    if error.connection_invalidated or CONNECTION_ENDED.match(code) or not code:
        return StoreError(f"{name}: the connection to the server was lost ({said}); try again")
    return StoreError(f"{name}: {said}")


def _why_not_connected(said: str, url: URL) -> str:
    last = _first_line(said.rpartition("FATAL:")[2].strip() or said)
    if "password authentication failed" in said or "no password supplied" in said:
        return f"the server refuses this user or password ({last})"
    if re.search(r'database ".*" does not exist', said):
        user = f" -U {url.username}" if url.username else ""
        where = f" -h {url.host} -p {url.port or 5432}" if url.host else ""
        return (
            f"there is no database {url.database!r} on this server; "
            f"make it with: createdb{where}{user} -E UTF8 -T template0 {url.database}"
        )
    if "FATAL:" in said:
        return f"the server refuses the connection ({last})"
    return f"the server does not answer; is it running, and is the address right? ({last})"


def _first_line(cause: object) -> str:
    return (str(cause).strip().splitlines() or ["no reason given"])[0]
