"""One job, analysed from its file to its sealed clips, in a process of its own, which may die of the file.

It tells its parent how far it is: JSON documents, one a line. The last one says how it ended:
`{"done": {...}}` or `{"failed": SENTENCE, "again": bool, "waits": bool}`.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, tzinfo
from math import ceil
from pathlib import Path
from typing import Any

import structlog

from sightline.domain.scope import Scope
from sightline.errors import (
    ConfigError,
    DiskFull,
    ModelError,
    SightlineError,
    SourceRejected,
    SourceUnavailable,
)
from sightline.jobs.figures import figures_of_run
from sightline.jobs.look import Look, describe
from sightline.jobs.placing import Placement, place
from sightline.pipeline.loop import TimedFrame
from sightline.pipeline.pieces import PieceDied
from sightline.pipeline.recording import Recording, find_recording
from sightline.pipeline.results import Analysis
from sightline.store.database import Database
from sightline.store.job_runs import runs_between, runs_of_file
from sightline.store.jobs import JobProgress, StoredJob
from sightline.store.runs import StoredRun

log = structlog.get_logger()

TOLD_EVERY_S = 0.5

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMeans:
    """With what a job is analysed.

    Attributes:
        analysis_for: everything for one camera of the job's venue, by its id.
        zone: of the venue.
        analysis_fps: pictures per second that are looked at.
    """

    database: Database
    analysis_for: Callable[[str], Analysis]
    zone: tzinfo
    analysis_fps: float


def analyse_job(job: StoredJob, file: Path, means: JobMeans, tell: Tell, now: datetime) -> None:
    """Analyse the file of a job and tell how it goes and ends. Foreseen or not, nothing is raised."""
    try:
        tell({"done": _analysed(job, file, means, tell, now)})
    except SourceUnavailable:
        waits = "waits: its camera is being analysed or watched by another process"
        tell({"failed": waits, "again": True, "waits": True})
    except (SourceRejected, ConfigError, ModelError) as error:
        sentence = _without_paths(str(error), file)
        tell({"failed": sentence, "again": False, "waits": False})
    except PieceDied as error:
        tell({"failed": str(error), "again": True, "waits": False})
    except DiskFull:
        tell({"failed": "there is no room on the disk for its recordings", "again": True, "waits": False})
    except MemoryError:
        tell({"failed": "it needs more memory than a job may have", "again": False, "waits": False})
    except SightlineError as error:
        log.error("job failed", job=job.id, reason=str(error))  # noqa: TRY400  foreseen: one line
        tell({"failed": "its results could not be stored; the log says why", "again": True, "waits": False})
    except Exception:  # the top of this process: the parent must hear of it
        log.exception("job failed", job=job.id)
        tell({"failed": "something went wrong here; the log says what", "again": True, "waits": False})


def _analysed(job: StoredJob, file: Path, means: JobMeans, tell: Tell, now: datetime) -> dict[str, Any]:
    look = describe(file)
    found = find_recording(
        file, venue_id=job.venue_id, camera_id=job.camera_id, zone=means.zone, given=job.recorded_at, now=now
    )
    unknown = found.start.source == "file time"
    placement = _placed(job, means.database, found, look, time_unknown=unknown)
    warning = found.start.warning
    if unknown:
        warning = "nobody said when it was recorded, and it does not say itself: taken as when it came"
    start = replace(found.start, at=placement.at, warning=warning)
    recording = replace(found, camera_id=placement.camera_id, start=start)
    progress = JobProgress(
        current_frame=0,
        total_frames=look.frames,
        frames_to_process=_frames_to_process(look, means.analysis_fps),
        fps=look.fps,
        duration_s=look.duration_s,
    )
    tell({"camera": placement.camera_id, "progress": asdict(progress)})
    teller = _FrameTeller(tell, progress)
    result = means.analysis_for(placement.camera_id).run(
        recording,
        on_frame=teller.frame,
        on_detected=teller.detected,
        on_sealed=lambda done, all_of_them: tell({"sealed": [done, all_of_them]}),
    )
    return {
        **figures_of_run(means.database, job.venue_id, result.analysed.run_id),
        "run_id": result.analysed.run_id,
        "clips_verified": sum(row.verified for row in result.rows),
        "problems": list(result.problems),
        "time_unknown": unknown,
        "note": placement.note,
        "reid": result.analysed.reid,
    }


def _placed(
    job: StoredJob, database: Database, found: Recording, look: Look, *, time_unknown: bool
) -> Placement:
    scope = Scope.of(job.venue_id)
    with database.reading() as connection:

        def between(camera_id: str, since: datetime, until: datetime) -> list[StoredRun]:
            return runs_between(scope, connection, job.venue_id, camera_id, since, until)

        return place(
            camera_id=job.camera_id,
            at=job.created_at if time_unknown else found.start.at,
            length=timedelta(seconds=look.duration_s or 0),
            sha256=job.sha256 or "",
            time_unknown=time_unknown,
            of_file=runs_of_file(scope, connection, job.venue_id, job.sha256) if job.sha256 else (),
            between=between,
        )


class _FrameTeller:
    """Tells of every picture, but not more often than anybody reads; in pieces, of both passes as one."""

    def __init__(self, tell: Tell, progress: JobProgress) -> None:
        self._tell = tell
        self._progress = progress
        self._told = time.monotonic()
        self._most = 0

    def frame(self, frame: TimedFrame) -> None:
        self._at(frame.index + 1)

    def detected(self, seconds: float) -> None:
        self._at(int(seconds * (self._progress.fps or 0)))

    def _at(self, frame: int) -> None:
        self._most = max(self._most, frame)
        if time.monotonic() - self._told < TOLD_EVERY_S:
            return
        self._told = time.monotonic()
        self._tell({"progress": asdict(replace(self._progress, current_frame=self._most))})


def _frames_to_process(look: Look, analysis_fps: float) -> int | None:
    """About as many as will be looked at: the first of each slot of time (`video.sampling`)."""
    if look.frames is None or analysis_fps >= look.fps:
        return look.frames
    return min(look.frames, ceil(look.frames / look.fps * analysis_fps))


def _without_paths(sentence: str, file: Path) -> str:
    """A sentence for the sender of the file, to whom our folders are nobody's business."""
    return sentence.replace(f"{file}: ", "").replace(str(file), file.name)
