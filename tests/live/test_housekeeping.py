"""The worker's rounds over a real site: footage, wanted clips, things that go wrong with one of them."""

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from footage_made import write_video
from kept_footage import KEEP, NOW, SITE, VENUE, KeptFootage, ago
from sqlalchemy import event, insert, update

from sightline.evidence.site_key import site_signer
from sightline.evidence.verification import verify_site
from sightline.pipeline.disk_alerts import DiskAlerts
from sightline.pipeline.housekeeping import Housekeeping
from sightline.store import recordings
from sightline.store.evidence import StoredEvidence, list_evidence
from sightline.store.tables import evidence, evidence_part
from sightline.video.frames import read_frames
from sightline.video.recorder import Recorder
from sightline.video.source import open_file

FIRST = ago(minutes=10)
DAY = 86_400.0


class Clock:
    """Monotonic seconds that go on when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Worker:
    """A site with forty seconds of each camera, and its housekeeping."""

    def __init__(self, footage: KeptFootage) -> None:
        self.footage, self.database = footage, footage.database
        self.segments = footage.data_dir / "segments"
        self.monotonic = Clock()
        self.woken = 0
        self.keeping = Housekeeping(
            footage.database,
            recordings_dir=footage.recordings,
            segments_dir=self.segments,
            keys_dir=footage.data_dir / "keys",
            software="sightline test",
            retention=footage.retention(share=1.0),
            alerts=DiskAlerts(footage.database, keep=KEEP, disk_share=1.0, clock=lambda: NOW),
            on_sealed=self._wake,
            clock=lambda: NOW,
            monotonic=self.monotonic,
        )

    def _wake(self) -> None:
        self.woken += 1

    def round(self, *, after_s: float = 2.0) -> None:
        self.monotonic.now += after_s
        self.keeping.round()

    def evidence(self, camera: str) -> list[StoredEvidence]:
        with self.database.reading() as connection:
            return list_evidence(SITE, connection, venue_id=VENUE, camera_id=camera)

    def states(self, camera: str) -> list[str]:
        return [one.state for one in self.evidence(camera)]

    def want(self, camera: str, start_s: float, end_s: float) -> None:
        self.footage.want(camera, FIRST + timedelta(seconds=start_s), FIRST + timedelta(seconds=end_s))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with footage of two cameras. To be copied, not used."""
    folder = tmp_path_factory.mktemp("recorded")
    video = write_video(folder / "shop.mp4", frames=400, fps=10, gop=20)
    site = KeptFootage(folder / "data")
    for camera in ("till", "door"):
        recorder = Recorder(site.recordings, recorded_at=FIRST, name=f"{VENUE}/{camera}", segment_s=10)
        with recorder:
            for _ in read_frames(open_file(video), recorded_at=FIRST, analysis_fps=1, recorder=recorder):
                pass
        with site.database.transaction() as connection:
            recordings.put_segments(SITE, connection, VENUE, camera, recorder.segments)
    site.database.close()
    return folder / "data"


@pytest.fixture
def worker(recorded: Path, tmp_path: Path) -> Iterator[Worker]:
    shutil.copytree(recorded, tmp_path / "data")
    footage = KeptFootage(tmp_path / "data")
    yield Worker(footage)
    footage.database.close()


def test_what_is_recorded_to_its_end_is_sealed_and_what_is_not_waits(worker: Worker) -> None:
    worker.want("till", 3, 9)
    worker.want("door", 12, 20)
    worker.want("door", 30, 45)
    with worker.database.transaction() as connection:  # as of a claim that was made just now
        connection.execute(update(evidence).values(created_at=NOW))
    worker.round()

    assert worker.states("till") == ["sealed"]
    assert worker.states("door") == ["sealed", "wanted"]
    assert worker.woken == 1, "what is sealed goes out at once"
    key = site_signer(worker.database, SITE, worker.footage.data_dir / "keys").public
    (report,) = verify_site(worker.database, SITE, segments_dir=worker.segments, own_key=key, pinned_key=key)
    assert report.findings == ()
    assert report.checked["clips"] == 2


def test_trouble_with_one_camera_does_not_keep_the_others_waiting(worker: Worker) -> None:
    folder = worker.segments / VENUE / "till"
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way of the folder")
    worker.want("till", 3, 9)
    worker.want("door", 3, 9)
    worker.round()
    assert (worker.states("till"), worker.states("door")) == (["wanted"], ["sealed"])

    folder.unlink()
    worker.round(after_s=1.9)
    assert worker.states("till") == ["wanted"], "not tried again at once"
    worker.round(after_s=0.2)
    assert worker.states("till") == ["sealed"]


def test_a_clip_that_breaks_the_program_does_not_keep_the_others_waiting(worker: Worker) -> None:
    worker.want("till", 3, 9)
    worker.want("till", 12, 18)
    first = worker.evidence("till")[0]
    with worker.database.transaction() as connection:
        named = update(evidence_part).where(evidence_part.c.evidence_id == first.id)
        connection.execute(named.values(file_name="no\0name.mp4"))
    for _ in range(3):
        worker.round()
    assert worker.states("till") == ["wanted", "sealed"]


def test_footage_that_is_gone_is_said_to_be_missing(worker: Worker) -> None:
    for path in (worker.footage.recordings / VENUE / "till").iterdir():
        path.unlink()
    worker.want("till", 3, 9)
    worker.want("door", 3, 9)
    worker.round()
    assert (worker.states("till"), worker.states("door")) == (["missing"], ["sealed"])


def test_leftovers_of_a_kill_are_looked_for_at_the_start_and_once_a_day(worker: Worker) -> None:
    folder = worker.segments / VENUE / "till"
    folder.mkdir(parents=True)
    left = folder / "segment_7_20260310_115000_manual.mp4.part"
    left.touch()
    worker.round()
    assert not left.exists()

    left.touch()
    worker.want("till", 3, 9)
    worker.round()
    assert worker.states("till") == ["sealed"]
    assert left.exists(), "a round looks at what is ripe, not at the whole folder"
    worker.round(after_s=DAY)
    assert not left.exists()


def test_old_footage_goes_each_minute(worker: Worker) -> None:
    worker.round()
    old = worker.footage.record("till", ago(days=4), 100)
    worker.round(after_s=50)
    assert old in worker.footage.files
    worker.round(after_s=10)
    assert old not in worker.footage.files


def test_a_quiet_round_costs_the_same_after_months(worker: Worker) -> None:
    worker.round(after_s=DAY)
    young = _steps(worker)
    _add_history(worker, 2_000, FIRST)
    old = _steps(worker)
    assert old <= young * 1.5 + 200, f"{old} steps of the database instead of {young}"


def _steps(worker: Worker) -> int:
    """How much work a round without anything to do is for SQLite, in virtual machine instructions."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    def watch(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(count, 1)

    event.listen(worker.database.engine, "checkout", watch)
    worker.round(after_s=2)
    event.remove(worker.database.engine, "checkout", watch)
    return counted


def _add_history(worker: Worker, count: int, until: datetime) -> None:
    sealed = [
        {
            "id": f"old-{number}",
            "venue_id": VENUE,
            "camera_id": "till",
            "incident_id": f"i-{number}",
            "reason": "manual",
            "wanted_from": until - timedelta(minutes=number + 2),
            "wanted_until": until - timedelta(minutes=number + 1),
            "state": "sealed",
            "created_at": until,
        }
        for number in range(count)
    ]
    with worker.database.transaction() as connection:
        connection.execute(insert(evidence), sealed)
