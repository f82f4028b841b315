"""A backup of the database into one file while the site runs, and back into a database of either kind."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sightline.domain.scope import Scope
from sightline.errors import ConfigError, StoreError
from sightline.pipeline.software import SOFTWARE
from sightline.store.backup_file import BackupFacts, read_facts, reading_backup, seal_backup
from sightline.store.database import Database, open_database, sqlite_url, upgrade
from sightline.store.every_row import (
    count_rows,
    counters,
    each_batch,
    go_on_counting,
    put_batch,
    remove_every_row,
)
from sightline.store.schema import known_version, newest_version
from sightline.video.disk import PART_SUFFIX, publish, writing

SITE = Scope.site()


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole backup on the disk."""

    path: Path
    facts: BackupFacts
    size_bytes: int
    sha256: str


def write_backup(database: Database, path: Path, *, clock: Callable[[], datetime]) -> Backup:
    """Write the state of this moment to `path`; writers go on meanwhile.

    It is written beside and put in place when it is whole and checked: whatever happens, at `path` is what
    was there before, or all of the new one. Only its owner may read it.

    Raises:
        ConfigError: `path` cannot be written, is the database itself, or holds something else.
        DiskFull: no room; nothing is left behind.
        StoreError: the database is away or damaged, or another backup is being written there.
    """
    path = path.absolute()
    _demand_free(database, path)
    with writing(path), _beside(path) as part:
        if database.engine.dialect.name == "sqlite":
            database.copy_to(part)
        else:
            _copy_rows(database, part)
        with reading_backup(part) as copy:
            rows = count_rows(SITE, copy)
        made_at = clock().astimezone(UTC).isoformat(timespec="seconds")
        facts = BackupFacts(made_at, SOFTWARE, newest_version(), rows)
        seal_backup(part, facts)
        backup = Backup(path, facts, part.stat().st_size, _sha256(part))
        publish(part, path)
    return backup


def read_backup(path: Path) -> Backup:
    """A backup that was written earlier, every page of it checked.

    Raises:
        StoreError: it is none, or not whole any more.
    """
    facts = read_facts(path)
    return Backup(path, facts, path.stat().st_size, _sha256(path))


def restore_backup(url: str, path: Path, *, replace: bool = False, sha256: str | None = None) -> Backup:
    """Fill the database at `url` with what the backup holds: all of it, or nothing is changed.

    Args:
        url: of SQLite or PostgreSQL, whichever the backup was made of.
        replace: throw away what the database holds.
        sha256: of the file, as `sightline db backup` told it.

    Raises:
        StoreError: the backup is none, not whole, of a newer version, or another file than `sha256` says; the
            database is away, or holds data and `replace` is false.
        DiskFull: no room; nothing was changed.
    """
    backup = read_backup(path)
    if sha256 is not None and backup.sha256 != sha256.lower():
        raise StoreError(f"{path} is another file than was asked for: its SHA-256 is {backup.sha256}")
    if not known_version(backup.facts.tables_version):
        raise StoreError(
            f"{path} was made by a newer Sightline ({backup.facts.software}); update Sightline, then restore"
        )
    with _brought_up_to_date(backup) as file, open_database(url) as database, reading_backup(file) as source:
        wanted = count_rows(SITE, source)
        with database.transaction() as connection:
            there = sum(count_rows(SITE, connection).values())
            if there and not replace:
                raise StoreError(
                    f"{database.name} holds {there:,} rows already; restore into an empty database, "
                    "or say --replace to throw them away"
                )
            remove_every_row(SITE, connection)
            for name, rows in each_batch(SITE, source):
                put_batch(SITE, connection, name, rows)
            if count_rows(SITE, connection) != wanted:
                raise StoreError(f"{database.name} did not take every row of {path}; nothing was changed")
            go_on_counting(SITE, connection, counters(SITE, source))
    return backup


def _copy_rows(database: Database, part: Path) -> None:
    with (
        open_database(sqlite_url(part)) as copy,
        database.reading() as source,
        copy.transaction() as connection,
    ):
        for name, rows in each_batch(SITE, source):
            put_batch(SITE, connection, name, rows)
        if count_rows(SITE, connection) != count_rows(SITE, source):
            raise StoreError(f"not every row of {database.name} came over; try again")
        go_on_counting(SITE, connection, counters(SITE, source))


@contextmanager
def _brought_up_to_date(backup: Backup) -> Iterator[Path]:
    """The file itself; of an older version of the tables, a copy that is brought up to this one."""
    if backup.facts.tables_version == newest_version():
        yield backup.path
        return
    with tempfile.TemporaryDirectory(prefix="sightline-restore-") as folder:
        copy = Path(folder) / "backup.db"
        with writing(copy):
            shutil.copyfile(backup.path, copy)
        upgrade(sqlite_url(copy))
        yield copy


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """An empty file of our own in the same folder, removed unless it was put in place."""
    part = path.with_name(f".{path.name}{PART_SUFFIX}")
    file = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _locked(file) or not _is_at(file, part):
            raise StoreError(f"another backup is being written to {path}; wait for it")
        _clear(part)  # of one that was killed
        os.ftruncate(file, 0)
        os.fchmod(file, 0o600)
        try:
            yield part
        finally:
            if _is_at(file, part):
                _clear(part)
                part.unlink()
    finally:
        os.close(file)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(file: int, part: Path) -> bool:
    """Whether the open file still has that name: one that was put in place meanwhile is not ours to touch."""
    return part.exists() and os.path.samestat(os.fstat(file), part.stat())


def _clear(part: Path) -> None:
    """Remove what SQLite had beside the file: it would be taken for a part of the new one."""
    for suffix in ("-wal", "-shm", "-journal"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)


def _demand_free(database: Database, path: Path) -> None:
    own = database.engine.url.database
    if database.engine.dialect.name == "sqlite" and own and path.exists() and path.samefile(own):
        raise ConfigError(f"{path} is the database itself; give the backup another name")
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; say the name of a file")
    if path.exists() and path.stat().st_size > 0:
        try:
            read_facts(path)
        except StoreError as error:
            raise ConfigError(f"{path} is there and is no backup; choose another name ({error})") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
