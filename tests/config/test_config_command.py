"""`sightline config check|schema` as typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sightline.cli.config import app

EXAMPLE = Path(__file__).parents[2] / "examples" / "sightline.yaml"


def test_a_right_file_ends_with_0_and_its_counts() -> None:
    result = CliRunner().invoke(app, ["check", str(EXAMPLE)])
    assert result.exit_code == 0
    assert "venues: 1, cameras: 2" in result.stdout


def test_a_wrong_file_ends_with_2_and_its_lines_on_standard_error(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("analysis_fps: 5\nzonse: []\ntracker: {name: x}\n")
    result = CliRunner().invoke(app, ["check", str(file)])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert [line.split(":")[1] for line in result.stderr.splitlines()] == ["2", "3"]


def test_json_is_one_document_on_standard_output(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("zonse: []\n")
    result = CliRunner().invoke(app, ["check", str(file), "--json"])
    assert result.exit_code == 2
    document = json.loads(result.stdout)
    assert document["ok"] is False
    assert len(document["problems"]) == 1


def test_without_a_name_the_file_is_sightline_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sightline.yaml").write_text("analysis_fps: 2\n")
    assert CliRunner().invoke(app, ["check"]).exit_code == 0


def test_the_schema_is_json() -> None:
    result = CliRunner().invoke(app, ["schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"] == "sightline.yaml"
