"""Pieces as people ask for them: real processes, a real model, the words of the command line."""

from pathlib import Path

import pytest
import small_shop
from typer.testing import CliRunner

from sightline.cli.main import app
from sightline.config.settings import Settings
from sightline.wiring import PIECES, Site, analysis_of, choose_camera, detector_for, pieces_for

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MODEL = "yolox_nano"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_shop.make_video(tmp_path_factory.mktemp("film") / "shop.mp4")


def test_a_model_finds_the_same_in_pieces(shared: Path, tmp_path: Path) -> None:
    film = shared / "videos" / "pets09-s2l1.mp4"
    settings = Settings.model_validate(
        {
            "analysis_fps": 0.5,
            "detector": {"name": MODEL},
            "models": {"dir": shared / "models"},
        }
    )
    tracks = []
    for at_most in (1, 2):
        site = Site(settings, tmp_path / str(at_most))
        choice = choose_camera(settings, film)
        pieces = pieces_for(
            site, choice.camera, None, at_most=at_most, folder=site.data_dir / PIECES / "till", least_s=20
        )
        assert (pieces is None) == (at_most == 1)
        analysis = analysis_of(site, choice, detector_for(settings), None, site.data_dir / "out", pieces)
        detected: list[float] = []
        result = analysis.run(
            small_shop.recording(film), on_frame=lambda _: None, on_detected=detected.append
        )
        assert result.analysed.analysed_frames == 40
        assert not (site.data_dir / PIECES).exists()
        tracks.append((site.data_dir / "out" / "tracks.csv").read_bytes())
        site.database.close()
        assert bool(detected) == (at_most == 2)
    assert tracks[0] == tracks[1] != b""


def test_who_asks_for_pieces_of_a_detector_that_learns_is_told(tmp_path: Path, film: Path) -> None:
    words = ["analyze", str(film), "--pieces", "2", "--detector", "builtin"]
    done = CliRunner().invoke(
        app, [*words, "--data-dir", str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    assert "builtin learns the scene from picture to picture; the video stays in one piece" in done.output


def test_the_benchmark_notices_what_is_not_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from pieces import unlike

    def event(start_s: float, end_s: float, name: str, kind: str = "queue") -> dict[str, str]:
        at = [f"2026-03-02T09:00:{second:06.3f}+00:00" for second in (start_s, end_s)]
        return {"kind": kind, "start": at[0], "end": at[1], "event_id": name}

    whole = [event(1, 5, "a"), event(10, 20, "b")]
    assert unlike(whole, [event(1.2, 5, "a"), event(10, 19.8, "b")]) == []
    found = unlike(whole, [event(1.3, 5, "a"), event(10, 20, "other"), event(30, 31, "c")])
    assert [one.partition("+00:00")[2] for one in found] == [
        ": 0.3 s off",
        ": another id",
        ": only in pieces",
    ]
    (missing, extra) = unlike(whole[:1], [event(1, 5, "a", "unattended")])
    assert missing.endswith(": missing")
    assert extra.endswith(": only in pieces")
