"""People are to be known again and the key is missing: said at once, before any work, with the way out."""

from pathlib import Path

import pytest
from footage_made import write_video

from sightline.cli.main import exit_code_of

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text("identity: {enabled: true}\ndetector: {name: builtin}\ndata_dir: data\n")
    return path


def the_error(captured: Captured) -> str:
    said = captured.readouterr().err
    assert "Traceback" not in said
    return " ".join(said.split())


def test_analyze_does_not_begin(config: Path, tmp_path: Path, capsys: Captured) -> None:
    film = write_video(tmp_path / "till_20260302_090000.mp4", frames=20, fps=10)
    data = tmp_path / "data"
    assert exit_code_of(["analyze", str(film), "--config", str(config), "--data-dir", str(data)]) == 2
    said = the_error(capsys)
    assert "SIGHTLINE_IDENTITY_KEY" in said
    assert "openssl rand" in said
    assert not {"recordings", "analysis", "keys"} & {one.name for one in data.iterdir()}


def test_serve_does_not_begin(config: Path, tmp_path: Path, capsys: Captured) -> None:
    given = ["--config", str(config), "--data-dir", str(tmp_path / "data"), "--port", "0"]
    assert exit_code_of(["serve", *given]) == 2
    assert "SIGHTLINE_IDENTITY_KEY" in the_error(capsys)
