"""What was deleted leaves no bytes behind in the files of the database.

A row that is deleted stays readable in the file for whoever looks past SQL: SQLite leaves copies on pages
that were split, and the pages as they were in its log; PostgreSQL leaves the row until its table is vacuumed.
"""

from collections.abc import Sequence

from sqlalchemy import Table

from sightline.errors import StoreError
from sightline.store.database import Database
from sightline.store.engines import ALONE, LOCK_TIMEOUT_MS, is_sqlite
from sightline.store.failures import translated

READERS_MS = 5_000
"""How long those who read an older state are waited for: whoever asked waits, too, and it is tried again."""


def overwrite_deleted(database: Database, tables: Sequence[Table]) -> None:
    """Write the database anew without what was deleted before this call, and empty its log.

    On SQLite all of it, for which others who write wait: a gigabyte takes about a quarter of a minute. On
    PostgreSQL the tables that are named; its own log and its replicas keep earlier pages for as long as the
    server is set up to.

    Raises:
        StoreError: others held the database for too long, or the server refuses; to be done again.
        DiskFull: no room for a second copy.
    """
    engine = database.engine
    with translated(engine.url), engine.connect() as connection:
        if not is_sqlite(engine.url):
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            alone.exec_driver_sql("VACUUM " + ", ".join(f'"{table.name}"' for table in tables))
            return
        alone = connection.execution_options(**{ALONE: True})
        alone.exec_driver_sql("VACUUM")
        alone.exec_driver_sql(f"PRAGMA busy_timeout = {READERS_MS}")
        try:
            busy, _, _ = alone.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        finally:
            alone.exec_driver_sql(f"PRAGMA busy_timeout = {LOCK_TIMEOUT_MS}")
    if busy:
        raise StoreError(f"{database.name}: somebody reads an older state; its log cannot be emptied yet")
