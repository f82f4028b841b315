"""`sightline db check`: figures that are wrong are found, told, and put right when asked to."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from sightline.cli.main import app
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.coverage import count_coverage
from sightline.store.database import open_database, sqlite_url
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_camera, ensure_venue
from sightline.store.visitor_tables import coverage_hour, visitor

SITE = Scope.site()
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A site of two venues, where a visitor and an hour of coverage of one are not what they should be."""
    with (
        open_database(sqlite_url(tmp_path / "sightline.db")) as database,
        database.transaction() as connection,
    ):
        for name in ("good", "bad"):
            ensure_venue(SITE, connection, name)
            ensure_camera(SITE, connection, name, "till", source_label="till.mp4")
            stays = [Stay(pseudo_id="ann", at=NINE + timedelta(hours=hours), zone="door") for hours in (0, 5)]
            add_stays(SITE, connection, name, stays)
            count_coverage(SITE, connection, name, "till", {NINE: 12})
        connection.execute(update(visitor).where(visitor.c.venue_id == "bad").values(visits=1))
        connection.execute(update(coverage_hour).where(coverage_hour.c.venue_id == "bad").values(minutes=60))
    return tmp_path


def check(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["db", "check", *words, "--data-dir", str(folder)])


def test_wrong_figures_are_told_and_fail_the_command(folder: Path) -> None:
    result = check(folder)
    assert result.exit_code == 1
    assert "good: right" in result.stdout
    assert "bad: 2 differ" in result.stdout
    assert "visits is 1 and should be 2" in result.stdout
    assert "minutes is 60 and should be 1" in result.stdout
    assert "--repair" in result.stdout
    assert check(folder).exit_code == 1


def test_repaired_they_are_right(folder: Path) -> None:
    assert check(folder, "--repair").exit_code == 0
    again = check(folder, "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout) == {"venues": 2, "differences": {}, "repaired": False}


def test_document_names_what_differs_by_venue(folder: Path) -> None:
    result = check(folder, "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert list(document["differences"]) == ["bad"]
    assert len(document["differences"]["bad"]) == 2
