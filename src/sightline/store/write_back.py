"""SQLite's log is written back into the database file beside those who write, instead of by one of them.

By itself SQLite does so at the end of the transaction with which the log has become long: every few calls of
a thousand stays, one waits for ten thousand pages. A process that takes many stays has a thread for it.
Without one (the command line, cameras, the worker), SQLite goes on as ever. PostgreSQL has its own process.
"""

import sqlite3
import threading
from typing import Any

import structlog
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

from sightline.errors import SightlineError
from sightline.store.database import Database
from sightline.store.engines import ALONE, LOG_PAGES, is_sqlite
from sightline.store.failures import translated

CHANGES = LOG_PAGES
"""Rows that change before the log is written back. Each changes a page, more or less."""

LONGEST_LOG_PAGES = 3 * LOG_PAGES
"""At 96 MB who writes does the rest after all: the log begins anew only with a write that finds all of it
written back, and who writes without a pause never leaves the thread the time to get to the end."""

PASSES = 4
"""What is committed during one pass is written back by the next."""

SEEN = "sightline_changes"

log = structlog.get_logger()


class WriteBack:
    """Writes back the log of one process's database, whenever this process has written enough.

    Made before the database is used by several threads. `run` is for a thread of its own; where the database
    is not SQLite, it has nothing to do.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due = threading.Event()
        self._lock = threading.Lock()
        self._changes = 0
        if is_sqlite(database.engine.url):
            database.engine.dispose()  # connections that are there already would go by the shorter log
            event.listen(database.engine, "connect", _leave_the_log)
            event.listen(database.engine, "checkin", self._count)

    def run(self, stop: threading.Event) -> None:
        """Write back when it is due, until told to stop. Nothing that goes wrong ends it."""
        while not stop.is_set():
            if not self._due.wait(1.0):
                continue
            self._due.clear()
            try:
                self.write_back()
            except SightlineError as error:
                log.warning("the log of the database could not be written back", reason=str(error))

    def write_back(self) -> bool:
        """Write back what no reader still needs the log for; whether that is all of it.

        Raises:
            DiskFull, StoreError: not everything could be written; the log keeps it.
        """
        engine = self._database.engine
        with translated(engine.url), engine.connect() as connection:
            alone = connection.execution_options(**{ALONE: True})
            for _ in range(PASSES):
                busy, logged, written = alone.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
                if not busy and logged == written:
                    return True
        return False

    def _count(self, connection: sqlite3.Connection | None, record: ConnectionPoolEntry) -> None:
        """Count what a connection changed that is given back: by then it has committed."""
        if connection is None:
            return
        seen, record.info[SEEN] = record.info.get(SEEN, 0), connection.total_changes
        with self._lock:
            self._changes += connection.total_changes - seen
            if self._changes < CHANGES:
                return
            self._changes = 0
        self._due.set()


def _leave_the_log(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG_PAGES}")
