"""One analysis of a job, as its parent hears of it; with which rules, and what is left when it was ended."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from footage_made import write_video
from job_site import NOON, SITE

from sightline.config.settings import Settings
from sightline.domain.scope import Scope
from sightline.errors import (
    ConfigError,
    DiskFull,
    EvidenceError,
    ModelError,
    SourceRejected,
    SourceUnavailable,
    StoreError,
)
from sightline.job_wiring import _clear_away, camera_for_job, job_chores, job_folder
from sightline.jobs.analysing import JobMeans, analyse_job
from sightline.jobs.look import look_at
from sightline.pipeline.camera_lock import camera_lock
from sightline.pipeline.results import Analysis
from sightline.store import cameras, jobs
from sightline.store.jobs import StoredJob
from sightline.store.venues import ensure_camera, ensure_venue
from sightline.wiring import Site, analysis_of, detector_for


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("films") / "film.mp4", frames=30, fps=15)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    drawn = {
        "id": "till",
        "source": "till.mp4",
        "zones": [{"name": "till", "points": [[0, 0], [1, 0], [1, 1]]}],
    }
    settings = Settings.model_validate(
        {"venues": [{"id": "shop", "cameras": [drawn]}], "detector": {"name": "builtin"}}
    )
    site = Site(settings, tmp_path / "data")
    with site.database.transaction() as connection:
        ensure_venue(SITE, connection, "shop", timezone="Europe/Paris")
        ensure_venue(SITE, connection, "typed", timezone="Asia/Tokyo")
    yield site
    site.database.close()


def a_job(**facts: Any) -> StoredJob:
    given = {"camera_id": "upload", "created_at": NOON, "sha256": "c" * 64} | facts
    return StoredJob(
        id="film",
        venue_id="shop",
        source="upload",
        video_name="film.mp4",
        state=jobs.PROCESSING,
        message="",
        created_by="local",
        **given,
    )


def told(
    site: Site, file: Path, analysis_for: Callable[[str], Analysis], **facts: Any
) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    zone = camera_for_job(site, "shop", "upload").zone
    means = JobMeans(database=site.database, analysis_for=analysis_for, zone=zone, analysis_fps=5)
    analyse_job(a_job(**facts), file, means, said.append, NOON + timedelta(minutes=1))
    return said


def real_analysis(site: Site) -> Callable[[str], Analysis]:
    def made(camera_id: str) -> Analysis:
        choice = camera_for_job(site, "shop", camera_id)
        return analysis_of(site, choice, detector_for(site.settings), None, site.data_dir / "out")

    return made


def test_a_file_whose_time_nobody_knows_is_taken_as_recorded_when_it_came(site: Site, film: Path) -> None:
    first, *_, last = told(site, film, real_analysis(site))
    assert first["camera"] == "upload"
    assert first["progress"] == {
        "current_frame": 0, "total_frames": 30, "frames_to_process": 10, "fps": 15.0, "duration_s": 2.0,
    }  # fmt: skip
    done = last["done"]
    assert datetime.fromisoformat(done["recorded_at"]) == NOON
    assert (done["time_unknown"], done["frames"], done["analysed_frames"]) == (True, 30, 10)
    assert any("nobody said when" in warning for warning in done["warnings"])


def test_a_file_that_says_its_time_in_its_name_is_of_that_time_on_the_venues_clocks(
    site: Site, film: Path, tmp_path: Path
) -> None:
    named = Path(shutil.copy(film, tmp_path / "till_20260201_093000.mp4"))
    done = told(site, named, real_analysis(site), camera_id="till")[-1]["done"]
    assert datetime.fromisoformat(done["recorded_at"]) == datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
    assert (done["time_unknown"], done["camera_id"]) == (False, "till")


def test_a_job_is_told_what_could_not_be_looked_at(site: Site, film: Path, tmp_path: Path) -> None:
    asked = {"identity": {"enabled": True, "reid": False}, "behavior": {"enabled": True}}
    settings = Settings.model_validate(
        {**asked, "models": {"dir": str(tmp_path / "none")}, "detector": {"name": "builtin"}}
    )
    done = told(site, film, real_analysis(Site(settings, site.data_dir)))[-1]["done"]
    assert done["analysed_frames"] == 10
    for beginning in ("nobody's face is looked at: ", "how people behave is not looked at: "):
        assert sum(warning.startswith(beginning) for warning in done["warnings"]) == 1


@pytest.mark.parametrize(
    ("error", "again", "waits"),
    [
        (SourceUnavailable("busy"), True, True),
        (SourceRejected("there is no picture in it"), False, False),
        (ConfigError("there is no venue"), False, False),
        (ModelError("the model yolo11n is not here"), False, False),
        (DiskFull("/srv/data: no space"), True, False),
        (StoreError("/srv/data/sightline.db: locked"), True, False),
        (EvidenceError("/srv/data/x: missing"), True, False),
        (RuntimeError("/srv/data: surprise"), True, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_whatever_fails_is_told_with_whether_it_may_pass_and_without_a_path(
    site: Site, film: Path, error: Exception, again: bool, waits: bool
) -> None:
    def fails(_camera_id: str) -> Analysis:
        raise error

    last = told(site, film, fails)[-1]
    assert (last["again"], last["waits"]) == (again, waits)
    assert "/srv/data" not in last["failed"]


def test_a_file_that_is_no_video_is_told_so(site: Site, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film" * 99)
    last = told(site, tmp_path / "film.mp4", real_analysis(site))[-1]
    assert last == {"failed": "is not a video", "again": False, "waits": False}


def test_a_look_tells_how_long_a_file_is_or_why_it_is_none(film: Path, tmp_path: Path) -> None:
    look = look_at(film)
    assert (look.frames, look.fps, look.duration_s) == (30, 15.0, 2.0)
    (tmp_path / "none.mp4").write_bytes(bytes(4_000))
    with pytest.raises(SourceRejected, match=r"^is not a video$"):
        look_at(tmp_path / "none.mp4")


def test_a_camera_has_the_rules_of_the_site_file_else_those_stored_else_the_usual_ones(site: Site) -> None:
    zones = [{"name": "door", "kind": "entrance", "points": [[0, 0], [1, 0], [1, 1]]}]
    with site.database.transaction() as connection:
        stored = {"id": "door", "source": "rtsp://x/y", "zones": zones}
        cameras.put_camera(
            SITE,
            connection,
            venue_id="typed",
            camera_id="door",
            settings=stored,
            origin=cameras.TYPED,
            at=NOON,
        )
    assert [zone.name for zone in camera_for_job(site, "shop", "till").rules.zones] == ["till"]
    typed = camera_for_job(site, "typed", "door")
    assert ([zone.name for zone in typed.rules.zones], str(typed.zone)) == (["door"], "Asia/Tokyo")
    assert camera_for_job(site, "shop", "upload").rules.zones == ()
    with pytest.raises(ConfigError):
        camera_for_job(site, "nowhere", "upload")


def test_of_an_analysis_that_was_ended_nothing_is_left_but_what_is_known(site: Site) -> None:
    recordings = site.recordings_dir / "shop" / "upload"
    part = site.data_dir / "analysis" / "shop" / "upload" / "tracks.csv.part"
    for path in (recordings / "20260302T120000.000000Z.mp4", recordings / "x.mp4.part", part):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with camera_lock(site.data_dir, "shop", "upload"), pytest.raises(SourceUnavailable):
        _clear_away(site, "shop", "upload")
    assert part.exists(), "somebody else is writing"
    _clear_away(site, "shop", "upload")
    assert list(recordings.iterdir()) == []
    assert not part.exists()


def test_files_of_jobs_that_are_over_or_unknown_are_cleaned_up_by_the_worker(site: Site) -> None:
    folder = job_folder(site).path / "shop"
    with site.database.transaction() as connection:
        ensure_camera(Scope.site(), connection, "shop", "upload", source_label="x")
        for name, file_name in (("waits", "shop/waits/f.mp4"), ("over", None)):
            job = StoredJob(
                id=name, venue_id="shop", camera_id="upload", source="upload", video_name="f.mp4",
                state=jobs.FAILED, message="", created_at=NOON, created_by="local", file_name=file_name,
            )  # fmt: skip
            jobs.add_job(SITE, connection, job)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    for name in ("waits", "over", "unknown"):
        (folder / name).mkdir(parents=True)
        os.utime(folder / name, (long_ago, long_ago))
    (chore,) = job_chores(site)
    chore.do()
    assert [path.name for path in folder.iterdir()] == ["waits"]


@pytest.mark.slow
def test_an_analysis_ends_when_its_parent_is_gone_whatever_it_is_at(site: Site) -> None:
    with site.database.transaction() as connection:
        jobs.add_job(SITE, connection, a_job(file_name="film.mp4"))
    job_folder(site).path.mkdir()
    os.mkfifo(job_folder(site).path / "film.mp4")  # whoever opens it waits for ever
    part = [sys.executable, "-m", "sightline", "serve", "--only", "jobs", "--child", "--job", "film"]
    command = [*part, "--data-dir", str(site.data_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as analysing:
        with pytest.raises(subprocess.TimeoutExpired):
            analysing.wait(8)
        assert analysing.stdin is not None
        analysing.stdin.close()
        try:
            assert analysing.wait(60) == 1
        finally:
            analysing.kill()
