"""The file of a backup: whole under its name or not there, closed to others, refused when it was changed."""

import os
import random
import shutil
import signal
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from backup_workers import SITE, back_up_into_little_room, die_in_the_backup, some_stays
from store_workers import exit_code, start

from sightline.errors import ConfigError, StoreError
from sightline.pipeline.backup import Backup, read_backup, restore_backup, write_backup
from sightline.store import stays
from sightline.store.database import Database, sqlite_url

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def filled(database: Database) -> Database:
    with database.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", some_stays(random.Random(5), 3000))
    return database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "Käse 100%.db"


def back_up(database: Database, path: Path) -> Backup:
    path.parent.mkdir(exist_ok=True)
    return write_backup(database, path, clock=lambda: NOW)


def test_backup_says_what_is_in_it_and_only_its_owner_may_read_it(filled: Database, path: Path) -> None:
    made = back_up(filled, path)
    assert made.facts.made_at == "2026-03-02T09:00:00+00:00"
    assert (made.facts.rows["venue"], made.facts.rows["visitor"], made.facts.rows["alert"]) == (2, 40, 0)
    assert made.facts.rows["stay"] > 1500
    assert read_backup(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_deleted_rows_are_not_in_the_file(filled: Database, path: Path) -> None:
    with filled.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", [_stay_of("somebody-who-was-erased")])
    with filled.transaction() as connection:
        assert stays.erase_visitor(SITE, connection, "shop", "somebody-who-was-erased")
    back_up(filled, path)
    assert b"somebody-who-was-erased" not in path.read_bytes()


def _stay_of(name: str) -> stays.Stay:
    return stays.Stay(pseudo_id=name, at=NOW, zone="till")


def test_earlier_backup_is_replaced_and_something_else_is_not(filled: Database, path: Path) -> None:
    first = back_up(filled, path)
    with filled.transaction() as connection:
        stays.add_stays(SITE, connection, "other", some_stays(random.Random(6), 5))
    assert back_up(filled, path).facts.rows["stay"] > first.facts.rows["stay"]
    path.write_text("the accounts of last year")
    with pytest.raises(ConfigError, match="is no backup; choose another name"):
        back_up(filled, path)
    assert path.read_text() == "the accounts of last year"
    with pytest.raises(ConfigError, match="is a folder"):
        back_up(filled, path.parent)
    with pytest.raises(ConfigError, match="cannot be written"):
        write_backup(filled, path.parent / "nowhere" / "b.db", clock=lambda: NOW)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_database_itself_is_not_written_over(filled: Database, tmp_path: Path) -> None:
    beside = tmp_path / "same.db"
    beside.symlink_to(str(filled.engine.url.database))
    with pytest.raises(ConfigError, match="is the database itself"):
        back_up(filled, beside)


@pytest.mark.parametrize("before", ["count_rows", "seal_backup", "publish"])
def test_killed_backup_leaves_the_old_file_and_the_next_one_tidies_up(
    before: str, url: str, filled: Database, path: Path
) -> None:
    old = back_up(filled, path)
    with filled.transaction() as connection:
        stays.add_stays(SITE, connection, "other", some_stays(random.Random(6), 5))
    assert exit_code(start(die_in_the_backup, url, path, before)) == -signal.SIGKILL
    assert read_backup(path) == old
    assert len(list(path.parent.iterdir())) > 1, "it was killed before there was anything"
    assert back_up(filled, path).facts.rows["stay"] > old.facts.rows["stay"]
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_killed_first_backup_leaves_no_file_of_that_name(url: str, filled: Database, path: Path) -> None:
    path.parent.mkdir()
    assert exit_code(start(die_in_the_backup, url, path, "publish")) == -signal.SIGKILL
    assert not path.exists()


def test_full_disk_is_said_and_nothing_is_left(url: str, filled: Database, path: Path) -> None:
    path.parent.mkdir()
    assert exit_code(start(back_up_into_little_room, url, path, 200_000)) == 0
    assert list(path.parent.iterdir()) == []


def test_two_backups_under_one_name_do_not_mix(filled: Database, path: Path) -> None:
    path.parent.mkdir()

    def clock() -> datetime:  # asked in the middle of the first one
        with pytest.raises(StoreError, match="another backup is being written"):
            write_backup(filled, path, clock=lambda: NOW)
        return NOW

    made = write_backup(filled, path, clock=clock)
    assert read_backup(path) == made


@pytest.fixture
def whole(tmp_path_factory: pytest.TempPathFactory, filled: Database) -> Path:
    path = tmp_path_factory.mktemp("whole") / "b.db"
    back_up(filled, path)
    return path


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_file_that_was_cut_off_is_refused(share: float, whole: Path, tmp_path: Path) -> None:
    os.truncate(whole, int(whole.stat().st_size * share))
    with pytest.raises(StoreError, match=r"b\.db is not "):
        restore_backup(sqlite_url(tmp_path / "new.db"), whole)
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param("DELETE FROM stay WHERE id = 7", r"\d+ rows of stay, \d+ were saved", id="a lost row"),
        pytest.param("DELETE FROM venue WHERE id = 'shop'", "refers to a venue", id="an orphan"),
        pytest.param("DELETE FROM sightline_backup", "cannot be read", id="no facts"),
        pytest.param("DROP TABLE sightline_backup", "is not a backup that", id="a plain database"),
        pytest.param(
            "UPDATE sightline_backup SET facts = replace(facts, '\"format\": 1', '\"format\": 2')",
            "newer Sightline",
            id="a format to come",
        ),
        pytest.param(
            "UPDATE sightline_backup SET facts = replace(facts, '\"00', '\"99')",
            "made by a newer Sightline",
            id="tables to come",
        ),
    ],
)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_file_that_is_not_what_was_saved_is_refused(
    change: str, complaint: str, whole: Path, tmp_path: Path
) -> None:
    file = sqlite3.connect(whole, isolation_level=None)
    file.execute(change)
    file.close()
    with pytest.raises(StoreError, match=complaint):
        restore_backup(sqlite_url(tmp_path / "new.db"), whole)
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_changed_row_is_found_by_the_sum_that_was_told(whole: Path, tmp_path: Path) -> None:
    told = read_backup(whole).sha256
    shutil.copy(whole, tmp_path / "same.db")
    restore_backup(sqlite_url(tmp_path / "good.db"), tmp_path / "same.db", sha256=told.upper())
    with sqlite3.connect(whole) as file:
        file.execute("UPDATE stay SET posture = 'leaning' WHERE id = 7")
    file.close()
    with pytest.raises(StoreError, match="another file than was asked for"):
        restore_backup(sqlite_url(tmp_path / "new.db"), whole, sha256=told)


def test_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no backup at"):
        restore_backup(sqlite_url(tmp_path / "new.db"), tmp_path / "none.db")
