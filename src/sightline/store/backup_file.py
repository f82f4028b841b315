"""The file that a backup is: an SQLite database of all tables, whatever the site's own database is.

One table more says when it was made and how many rows there must be, and marks it as whole: it is added last.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from sightline.errors import DiskFull, StoreError
from sightline.store.engines import parsed, reading_engine
from sightline.store.failures import DISK_FULL_CODES, translated

FORMAT = 1


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """What a backup says of itself.

    Attributes:
        made_at: ISO 8601, UTC.
        software: that made it.
        tables_version: of the tables in it.
        rows: how many each table holds.
    """

    made_at: str
    software: str
    tables_version: str
    rows: Mapping[str, int]
    format: int = FORMAT


@contextmanager
def reading_backup(path: Path) -> Iterator[Connection]:
    """A connection that reads the file where it lies and changes nothing.

    Raises:
        StoreError: it cannot be read.
    """
    engine = reading_engine(path)
    try:
        with translated(parsed(f"sqlite:///{path}")), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def seal_backup(path: Path, facts: BackupFacts) -> None:
    """Check every page and reference of a finished copy, and write into it that it is whole.

    Raises:
        StoreError: the copy is damaged: so is what it was made of.
        DiskFull: no room for the last page.
    """
    with _complaints(path), closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = DELETE")  # one file, that can be moved
        _check(file, path)
        file.execute("BEGIN")
        file.execute("CREATE TABLE sightline_backup (facts TEXT NOT NULL)")
        file.execute("INSERT INTO sightline_backup VALUES (?)", (json.dumps(asdict(facts), sort_keys=True),))
        file.execute("COMMIT")


def read_facts(path: Path) -> BackupFacts:
    """What the backup at `path` says of itself, every page of it checked.

    Raises:
        StoreError: no such file, not one that `sightline db backup` wrote, or not whole any more.
    """
    if not path.is_file():
        raise StoreError(f"there is no backup at {path}")
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with _complaints(path), closing(sqlite3.connect(address, uri=True)) as file:
        named = file.execute("SELECT name FROM sqlite_master WHERE name = 'sightline_backup'").fetchone()
        if named is None:
            raise StoreError(f"{path} is not a backup that `sightline db backup` wrote")
        _check(file, path)
        facts = _read(file.execute("SELECT facts FROM sightline_backup").fetchall(), path)
        for table, wanted in facts.rows.items():
            name = table.replace('"', '""')
            (found,) = file.execute(f'SELECT count(*) FROM "{name}"').fetchone()  # noqa: S608
            if found != wanted:
                raise StoreError(
                    f"{path} is not whole: {found} rows of {table}, {wanted} were saved; use another backup"
                )
    return facts


def _read(rows: list[tuple[str]], path: Path) -> BackupFacts:
    try:
        ((written,),) = rows
        told: dict[str, Any] = json.loads(written)
        if told["format"] != FORMAT:
            raise StoreError(f"{path} is a backup of a newer Sightline; update Sightline")
        return BackupFacts(**told)
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path} is not whole: what it says of itself cannot be read") from error


def _check(file: sqlite3.Connection, path: Path) -> None:
    (verdict,) = file.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise StoreError(f"{path} is not whole: {verdict.splitlines()[-1]}")
    orphan = file.execute("PRAGMA foreign_key_check").fetchone()
    if orphan is not None:
        raise StoreError(
            f"{path} is not whole: a row of {orphan[0]} refers to a {orphan[2]} that is not there"
        )


@contextmanager
def _complaints(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in DISK_FULL_CODES:
            raise DiskFull(f"no space left for {path}; free some space and run again") from error
        raise StoreError(f"{path} is not a whole backup: {error}; use another one") from error
