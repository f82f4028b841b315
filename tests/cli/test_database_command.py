"""`sightline db` as a person types it."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sightline.cli.main import app, exit_code_of
from sightline.errors import ConfigError, StoreError
from sightline.pipeline.serving_lock import serving_lock

Typed = Callable[..., Result]


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    def command(*words: str, data_dir: str = "data") -> Result:
        return CliRunner().invoke(app, [*words, "--data-dir", str(tmp_path / data_dir)])

    assert command("venue", "add", "shop").exit_code == 0
    return command


def venues_of(typed: Typed, data_dir: str) -> list[str]:
    listed = json.loads(typed("venue", "list", "--json", data_dir=data_dir).stdout)
    return [one["id"] for one in listed["venues"]]


def test_site_is_backed_up_and_restored_elsewhere(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "monday.db"
    saved = typed("db", "backup", str(file))
    assert saved.exit_code == 0, saved.output
    assert f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file}" in saved.stdout.splitlines()
    assert "copy them as well" in saved.stderr
    restored = typed("db", "restore", str(file), data_dir="new")
    assert "Restored" in restored.stdout
    assert venues_of(typed, "new") == ["shop"]


def test_document_says_what_was_saved_and_restored(typed: Typed, tmp_path: Path) -> None:
    saved = json.loads(typed("db", "backup", str(tmp_path / "b.db"), "--json").stdout)
    assert (saved["rows"]["venue"], saved["size_bytes"]) == (1, (tmp_path / "b.db").stat().st_size)
    again = typed(
        "db", "restore", str(tmp_path / "b.db"), "--replace", "--checksum", saved["sha256"], "--json"
    )
    assert json.loads(again.stdout) == saved


def test_data_that_is_there_is_thrown_away_only_when_told(typed: Typed, tmp_path: Path) -> None:
    typed("db", "backup", str(tmp_path / "b.db"))
    typed("venue", "add", "later")
    refused = typed("db", "restore", str(tmp_path / "b.db"))
    assert isinstance(refused.exception, StoreError)
    assert venues_of(typed, "data") == ["later", "shop"]
    assert typed("db", "restore", str(tmp_path / "b.db"), "--replace").exit_code == 0
    assert venues_of(typed, "data") == ["shop"]


def test_nothing_is_restored_under_a_site_that_runs(typed: Typed, tmp_path: Path) -> None:
    typed("db", "backup", str(tmp_path / "b.db"))
    with serving_lock(tmp_path / "data", ["worker"]):
        refused = typed("db", "restore", str(tmp_path / "b.db"), "--replace")
    assert isinstance(refused.exception, ConfigError)
    assert "stop that one first" in str(refused.exception)


def test_another_file_than_was_saved_is_refused(typed: Typed, tmp_path: Path) -> None:
    typed("db", "backup", str(tmp_path / "b.db"))
    refused = typed("db", "restore", str(tmp_path / "b.db"), "--checksum", "0" * 64, data_dir="new")
    assert isinstance(refused.exception, StoreError)
    assert "another file" in str(refused.exception)


def test_no_database_is_made_to_be_backed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["db", "backup", str(tmp_path / "b.db"), "--data-dir", str(tmp_path / "none")]
    assert exit_code_of(words) == 1
    assert "there is no database at" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_site_moves_to_postgresql_by_backup_and_restore(
    typed: Typed, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("db", "backup", str(tmp_path / "b.db"))
    config = tmp_path / "sightline.yaml"
    config.write_text("database_url: env:SHOP_DATABASE\n")
    monkeypatch.setenv("SHOP_DATABASE", postgres_url.replace("+psycopg", ""))
    moved = typed("db", "restore", str(tmp_path / "b.db"), "--config", str(config), data_dir="data")
    assert moved.exit_code == 0, moved.exception
    listed = typed("venue", "list", "--json", "--config", str(config), data_dir="data")
    assert [one["id"] for one in json.loads(listed.stdout)["venues"]] == ["shop"]


def test_way_to_a_server_that_is_down_is_explained_without_its_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "sightline.yaml"
    config.write_text("database_url: postgresql://me:hunter2@127.0.0.1:1/shop\n")
    assert exit_code_of(["db", "upgrade", "--config", str(config), "--data-dir", str(tmp_path / "d")]) == 1
    said = capsys.readouterr().err
    assert "postgresql://127.0.0.1:1/shop: the server does not answer" in said
    assert "hunter2" not in said
