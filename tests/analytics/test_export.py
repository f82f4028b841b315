"""`sightline export` from a real database, read back by other programs' readers."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from pyarrow import parquet
from typer.testing import CliRunner

from sightline.analytics.collector import MetricsCollector
from sightline.analytics.export import COLUMNS
from sightline.cli.database import app as database_app
from sightline.cli.export import export
from sightline.errors import ConfigError, StoreError
from sightline.store import database, engines
from sightline.store.schema import newest_version

START = datetime(2025, 10, 25, 10, 55, 36, tzinfo=UTC)
app = typer.Typer()
app.command()(export)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a shop in Paris: one interaction, and one wait with hostile video."""
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    with MetricsCollector(
        data / "m.json", database=data / "sightline.db", venue_id="shop", timezone="Europe/Paris"
    ) as collector:
        collector.add_interaction_time(100, 200, START, START + timedelta(seconds=30))
        hostile = {
            "segment_filename": '=HYPERLINK("http://evil")',
            "video_url": "@SUM(1)",
            "incident_id": "-1",
        }
        collector.add_unattended_time(
            300, START + timedelta(seconds=1), START + timedelta(seconds=60), hostile
        )
    return data


def run(site: Path, *arguments: str) -> str:
    result = CliRunner().invoke(
        app, ["--venue", "shop", "--data-dir", str(site), *arguments], catch_exceptions=False
    )
    assert result.exit_code == 0
    return str(result.stdout)


def test_json_holds_the_summary_and_every_event_with_its_people_and_video(site: Path) -> None:
    document = json.loads(run(site, "--format", "json"))
    assert document["executive_summary"]["events"]["interaction"]["count"] == 1
    interaction, wait = document["events"]
    assert interaction["started_at"] == "2025-10-25T12:55:36+02:00"
    assert [(one["track_id"], one["role"]) for one in interaction["people"]] == [
        (100, "staff"),
        (200, "customer"),
    ]
    assert interaction["video_evidence"] == {}
    assert wait["video_evidence"]["incident_id"] == "-1"


def test_csv_has_a_row_an_event_and_no_cell_that_a_spreadsheet_runs(site: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run(site, "--format", "csv"))))
    assert list(rows[0]) == list(COLUMNS)
    interaction, wait = rows
    assert (interaction["staff"], interaction["customers"]) == ("100", "200")
    assert (interaction["duration_s"], interaction["score"], interaction["confirmed_at"]) == (
        "30.0",
        "1.0",
        "",
    )
    assert wait["segment_filename"] == '\'=HYPERLINK("http://evil")'
    assert (wait["video_url"], wait["incident_id"]) == ("'@SUM(1)", "'-1")
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_parquet_reads_back_as_the_same_rows(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "shop.parquet"
    run(site, "--format", "parquet", "--out", str(out))
    rows: list[dict[str, Any]] = parquet.read_table(out).to_pylist()
    assert [row["kind"] for row in rows] == ["interaction", "unattended"]
    assert rows[0]["duration_s"] == 30.0
    assert rows[1]["segment_filename"] == '=HYPERLINK("http://evil")', "data, not a spreadsheet"
    assert [path.name for path in out.parent.iterdir()] == ["shop.parquet"]


def test_metrics_is_the_same_to_a_file_and_to_standard_output(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "analytics_metrics.json"
    run(site, "--format", "metrics", "--out", str(out))
    written, printed = json.loads(out.read_text()), json.loads(run(site, "--format", "metrics"))
    assert written["unattended_metrics"]["total_unattended_events"] == 1
    for document in (written, printed):
        document.pop("metadata")
    assert written == printed


@pytest.mark.parametrize("file_format", ["json", "csv"])
def test_file_is_the_text_that_would_be_printed(site: Path, tmp_path: Path, file_format: str) -> None:
    out = tmp_path / "export.txt"
    assert run(site, "--format", file_format, "--out", str(out)) == ""
    # The test runner reads line ends as \n; a terminal gets them as they are.
    assert out.read_bytes().decode().replace("\r\n", "\n") == run(site, "--format", file_format)


def test_venue_without_events_exports_empty(site: Path) -> None:
    with MetricsCollector(site / "m.json", database=site / "sightline.db", venue_id="empty"):
        pass
    for file_format in ("json", "csv", "metrics"):
        text = run(site, "--format", file_format, "--venue", "empty")
        if file_format == "csv":
            assert list(csv.reader(io.StringIO(text))) == [list(COLUMNS)]
        else:
            json.loads(text)


def test_unknown_venue_names_those_there_are(site: Path) -> None:
    with pytest.raises(ConfigError, match="no venue 'shpo'; there are: shop"):
        run(site, "--venue", "shpo")


def test_parquet_to_the_screen_and_an_unknown_format_are_refused(site: Path) -> None:
    with pytest.raises(ConfigError, match="--out"):
        run(site, "--format", "parquet")
    result = CliRunner().invoke(app, ["--venue", "shop", "--data-dir", str(site), "--format", "xls"])
    assert result.exit_code == 2


def test_folder_without_a_database_is_not_turned_into_one(site: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        run(site, "--data-dir", str(tmp_path / "elsewhere"))
    assert not (tmp_path / "elsewhere").exists()


WITHOUT_PYARROW = """
import sys
sys.modules["pyarrow"] = None
from pathlib import Path
from sightline.analytics.export import export_parquet
from sightline.domain.scope import Scope
from sightline.errors import ConfigError
try:
    export_parquet(None, Scope.site(), venue_id="shop", segments_dir=Path(), path=Path("x.parquet"))
except ConfigError as error:
    print(error)
"""


def test_missing_pyarrow_is_told_with_the_command_that_brings_it() -> None:
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYARROW], capture_output=True, text=True, check=True
    )
    assert "pip install 'sightline[parquet]'" in result.stdout


def test_database_command_says_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(database, "prepare_file", engines.prepare_file)  # without the copy of all other tests
    told = [
        CliRunner().invoke(database_app, ["upgrade", "--data-dir", "data"], catch_exceptions=False).stdout
        for _ in range(2)
    ]
    assert told == [
        f"Made a new database (version {newest_version()}).\n",
        f"The database is up to date (version {newest_version()}).\n",
    ]
