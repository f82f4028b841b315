"""SQLite's log is written back beside those who write, and none of them has to wait for it."""

import contextlib
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from store_stories import OPENING, SITE
from structlog.testing import capture_logs

from sightline.domain.stay import Stay
from sightline.store import write_back
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.engines import LOG_PAGES
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_venue
from sightline.store.write_back import LONGEST_LOG_PAGES, WriteBack


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "sightline.db"


@pytest.fixture
def site(file: Path) -> Iterator[Database]:
    with open_database(sqlite_url(file)) as database:
        with database.transaction() as connection:
            ensure_venue(SITE, connection, "shop")
        yield database


def tell(database: Database, stays: int, first: int = 0) -> None:
    told = [
        Stay(pseudo_id=f"p{number}", at=OPENING + timedelta(seconds=number), zone="door")
        for number in range(first, first + stays)
    ]
    with database.transaction() as connection:
        add_stays(SITE, connection, "shop", told)


def in_the_file(file: Path, folder: Path) -> int:
    """How many stays the database file holds without its log; -1 for a copy taken amid a write."""
    copy = folder / "alone.db"
    shutil.copyfile(file, copy)
    with contextlib.closing(sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as alone:
        try:
            (count,) = alone.execute("SELECT count(*) FROM stay").fetchone()
        except sqlite3.DatabaseError:
            return -1
    return int(count)


def autocheckpoint(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one())


def test_only_where_a_thread_does_it_is_the_log_left_alone(site: Database) -> None:
    assert autocheckpoint(site) == LOG_PAGES
    WriteBack(site)
    assert autocheckpoint(site) == LONGEST_LOG_PAGES


def test_what_was_written_gets_into_the_file_without_who_wrote_it(
    site: Database, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_back, "CHANGES", 100)
    stop = threading.Event()
    thread = threading.Thread(target=WriteBack(site).run, args=(stop,))
    thread.start()
    try:
        before = in_the_file(file, tmp_path)
        tell(site, 10)
        assert in_the_file(file, tmp_path) == before
        tell(site, 200, first=10)
        until = time.monotonic() + 60
        while in_the_file(file, tmp_path) < 210 and time.monotonic() < until:
            time.sleep(0.02)
        assert in_the_file(file, tmp_path) == 210
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()


def test_after_all_of_it_is_written_back_the_log_begins_anew(site: Database, file: Path) -> None:
    one = WriteBack(site)
    log = file.with_name(f"{file.name}-wal")
    tell(site, 500)
    assert one.write_back()
    longest = log.stat().st_size
    for turn in range(1, 6):
        tell(site, 50, first=1_000 * turn)
        assert one.write_back()
    assert log.stat().st_size == longest


def test_what_a_reader_still_needs_stays_in_the_log_until_it_has_read(
    site: Database, file: Path, tmp_path: Path
) -> None:
    one = WriteBack(site)
    tell(site, 5)
    with site.reading() as reader:
        count = reader.exec_driver_sql("SELECT count(*) FROM stay").scalar_one()
        tell(site, 5, first=5)
        assert not one.write_back()
        assert reader.exec_driver_sql("SELECT count(*) FROM stay").scalar_one() == count == 5
    assert one.write_back()
    assert in_the_file(file, tmp_path) == 10


def test_a_log_that_cannot_be_written_back_ends_nothing(
    site: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sightline.errors import DiskFull

    monkeypatch.setattr(write_back, "CHANGES", 1)
    failed = threading.Event()
    one = WriteBack(site)

    def full() -> bool:
        failed.set()
        raise DiskFull("no space left")

    monkeypatch.setattr(one, "write_back", full)
    stop = threading.Event()
    thread = threading.Thread(target=one.run, args=(stop,))
    with capture_logs() as logged:
        thread.start()
        tell(site, 1)
        assert failed.wait(60)
        failed.clear()
        tell(site, 1, first=1)
        assert failed.wait(60)
        stop.set()
        thread.join(60)
    assert {one["reason"] for one in logged} == {"no space left"}


def test_postgresql_is_left_to_itself(postgres_url: str) -> None:
    with open_database(postgres_url) as database:
        stop = threading.Event()
        thread = threading.Thread(target=WriteBack(database).run, args=(stop,))
        thread.start()
        with database.transaction() as connection:
            ensure_venue(SITE, connection, "shop")
        tell(database, 1)
        stop.set()
        thread.join(60)
        assert not thread.is_alive()
