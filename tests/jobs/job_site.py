"""A database with a venue, a folder of jobs, and a runner whose analyses are small scripts."""

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sightline.domain.scope import Scope
from sightline.jobs.desk import JobDesk, JobRhythm
from sightline.jobs.fetching import FetchMeans
from sightline.jobs.job_folder import JobFolder
from sightline.jobs.runner import JobRunner
from sightline.store import jobs
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.jobs import StoredJob
from sightline.store.runs import StoredRun, replace_run
from sightline.store.venues import ensure_camera, ensure_venue

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SITE = Scope.site()
QUICK = JobRhythm(look=0.02, progress=0.05, hold=5.0, silent=20.0, waiting=0.0, pause=0.0, alive=0.0)
SHA = "a" * 64

DONE = {
    "camera_id": "upload",
    "recorded_at": NOON.isoformat(),
    "frames": 200,
    "analysed_frames": 40,
    "visitors": {"count": 3, "low": 3, "high": 4},
    "total_events": 7,
    "unique_visitors": 3,
    "events": {"queue": 2},
    "run_id": "r1",
    "time_unknown": False,
    "note": "",
}


def script(text: str) -> list[str]:
    """A process that runs `text`; `say(**document)` tells one line."""
    head = "import json, os, sys, time\ndef say(**told): print(json.dumps(told), flush=True)\n"
    return [sys.executable, "-S", "-c", head + text]


def saying(**told: Any) -> list[str]:
    return script(f"say(**json.loads({json.dumps(told)!r}))")


def a_run(name: str = "r1", **facts: Any) -> StoredRun:
    run = StoredRun(
        id=name,
        venue_id="shop",
        camera_id="upload",
        source_name="film.mp4",
        source_sha256=SHA,
        recorded_at=NOON,
        recorded_until=NOON + timedelta(minutes=1),
        recorded_at_source="container",
        started_at=NOON,
        finished_at=NOON,
        software="test",
        analysis={},
        frames=200,
        analysed_frames=40,
        warnings=(),
        visitors={"count": 3, "low": 3, "high": 3},
    )
    return replace(run, **facts)


@dataclass
class JobSite:
    """`commands` are the processes that the next analyses are; the last one is used again."""

    database: Database
    folder: JobFolder
    commands: list[list[str]] = field(default_factory=lambda: [saying(done=DONE)])
    cleared: list[tuple[str, str]] = field(default_factory=list)
    fetching: FetchMeans = field(default_factory=lambda: FetchMeans(longest_bytes=1_000_000))
    memory_bytes: int | None = None
    now: datetime = NOON

    def runner(self, owner: str = "anna", rhythm: JobRhythm = QUICK) -> JobRunner:
        def command(_job: str) -> Sequence[str]:
            return self.commands.pop(0) if len(self.commands) > 1 else self.commands[0]

        desk = JobDesk(self.database, self.folder, owner=owner, rhythm=rhythm, clock=lambda: self.now)
        return JobRunner(
            desk,
            command=command,
            fetching=self.fetching,
            memory_bytes=self.memory_bytes,
            clear_away=lambda *camera: self.cleared.append(camera),
        )

    def work(self, times: int = 1) -> StoredJob:
        """Let a runner take `times` jobs; the job `film` as it is then."""
        runner = self.runner()
        for _ in range(times):
            assert runner.one(threading.Event())
        return self.read()

    def put(self, **facts: Any) -> Path:
        """A job `film` with a file."""
        job = StoredJob(
            id="film",
            venue_id="shop",
            camera_id="upload",
            source="upload",
            video_name="film.mp4",
            state=jobs.PENDING,
            message="waits",
            created_at=NOON,
            created_by="local",
            file_name="shop/film/film.mp4",
            sha256=SHA,
        )
        with self.database.transaction() as connection:
            jobs.add_job(SITE, connection, replace(job, **facts))
        file = self.folder.file("shop/film/film.mp4")
        file.parent.mkdir(parents=True)
        file.write_bytes(b"film")
        return file

    def read(self) -> StoredJob:
        with self.database.reading() as connection:
            job = jobs.get_job(SITE, connection, "film")
        assert job is not None
        return job

    def put_run(self, run: StoredRun) -> None:
        with self.database.transaction() as connection:
            ensure_camera(SITE, connection, run.venue_id, run.camera_id, source_label="film.mp4")
            replace_run(SITE, connection, run, [])


@contextmanager
def job_site(folder: Path) -> Iterator[JobSite]:
    with open_database(sqlite_url(folder / "sightline.db")) as database:
        with database.transaction() as connection:
            ensure_venue(SITE, connection, "shop")
        yield JobSite(database, JobFolder(folder / "jobs"))
