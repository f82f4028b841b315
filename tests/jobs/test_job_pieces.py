"""A long job in pieces: how many, where they lie, and how it is told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import small_shop
from job_site import NOON, SHA, SITE

from sightline import job_wiring
from sightline.config.settings import Settings
from sightline.jobs.analysing import JobMeans, analyse_job
from sightline.pipeline.pieces import PieceDied
from sightline.pipeline.results import Analysis
from sightline.store import jobs
from sightline.store.jobs import StoredJob
from sightline.store.venues import ensure_venue
from sightline.wiring import Site

JOB = StoredJob(
    id="film",
    venue_id="shop",
    camera_id="till",
    source="upload",
    video_name="shop.mp4",
    state=jobs.PROCESSING,
    message="",
    created_by="local",
    created_at=NOON,
    sha256=SHA,
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    settings = Settings.model_validate({"venues": [{"id": "shop"}], "detector": {"name": "builtin"}})
    site = Site(settings, tmp_path / "data")
    with site.database.transaction() as connection:
        ensure_venue(SITE, connection, "shop", timezone="Europe/Paris")
    return site


@pytest.mark.parametrize(
    ("cores", "processes", "pieces"),
    [(2, 1, None), (4, 1, 2), (1, 1, None), (16, 2, 4), (3, 2, None)],
    ids=["a small machine", "twice that", "one core", "a large one", "no core is idle"],
)
def test_a_job_is_cut_by_the_cores_that_other_jobs_leave_idle(
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    processes: int,
    pieces: int | None,
) -> None:
    monkeypatch.setattr(job_wiring, "cores", lambda: cores)
    monkeypatch.setattr("sightline.vision.runtime.cores", lambda: cores)
    monkeypatch.setattr(job_wiring, "job_processes", lambda _cores: processes)
    cut = job_wiring._analysis_for(site, "shop", tmp_path / ".pieces", "till").means.pieces
    site.database.close()
    if pieces is None:
        assert cut is None
    else:
        assert cut is not None
        assert (cut.at_most, cut.least_s, cut.folder) == (pieces, 300, tmp_path / ".pieces")


def told(tmp_path: Path, run: Callable[..., Any]) -> list[dict[str, Any]]:
    """What is said of a job whose analysis is `run`, one document for every call."""
    video = small_shop.make_video(tmp_path / "shop.mp4")
    made = small_shop.analysis(tmp_path)
    with made.means.database.transaction() as connection:
        ensure_venue(SITE, connection, "shop", timezone="Europe/Paris")

    class Told(Analysis):
        def run(self, recording: Any, **asked: Any) -> Any:
            return run(super().run, recording, **asked)

    analysis = Told(**{name: getattr(made, name) for name in made.__slots__})
    said: list[dict[str, Any]] = []
    means = JobMeans(
        database=made.means.database,
        analysis_for=lambda _camera: analysis,
        zone=UTC,
        analysis_fps=made.means.analysis_fps,
    )
    analyse_job(JOB, video, means, said.append, datetime.now(UTC) + timedelta(minutes=1))
    made.means.database.close()
    return said


def test_progress_is_that_of_both_passes_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sightline.jobs.analysing.TOLD_EVERY_S", 0)

    def run(analyse: Callable[..., Any], recording: Any, **asked: Any) -> Any:
        for seconds in (10.0, 40.0, 79.8):
            asked["on_detected"](seconds)
        return analyse(recording, **asked)

    said = told(tmp_path, run)
    frames = [one["progress"]["current_frame"] for one in said if "progress" in one]
    assert frames[:4] == [0, 100, 400, 798]
    assert frames == sorted(frames)
    assert said[-1]["done"]["frames"] == 800


def test_a_job_whose_piece_died_is_tried_again(tmp_path: Path) -> None:
    def run(*_: Any, **__: Any) -> Any:
        raise PieceDied("shop.mp4: piece 1 of the video could not be detected; its process died 3 times")

    last = told(tmp_path, run)[-1]
    assert (last["again"], last["waits"]) == (True, False)
    assert last["failed"].startswith("shop.mp4: piece 1 of the video")


def test_pieces_of_a_job_go_with_its_folder(site: Site, tmp_path: Path) -> None:
    folder = job_wiring.job_folder(site)
    kept = folder.path / "shop" / "film"
    (kept / ".pieces" / "a").mkdir(parents=True)
    (kept / ".pieces" / "a" / "piece-000.npz").write_bytes(b"x")
    folder.remove("shop", "film")
    assert not kept.exists()
    site.database.close()
