"""Video jobs: what is to be analysed, and what became of the rest. Who analyses is in `store.job_leases`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    delete,
    func,
    insert,
    select,
    update,
)

from sightline.domain.scope import Scope
from sightline.store.job_tables import video_job
from sightline.store.statements import demand, visible
from sightline.store.tables import run

PENDING, PROCESSING = "pending", "processing"
COMPLETED, FAILED, CANCELLED = "completed", "failed", "cancelled"
STATES = (PENDING, PROCESSING, COMPLETED, FAILED, CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """How far an analysis has come. Frames are counted as in the file.

    Attributes:
        total_frames, fps, duration_s: as the file announces them; None where it does not.
        frames_to_process: how many of its pictures will be looked at.
    """

    current_frame: int | None = None
    total_frames: int | None = None
    frames_to_process: int | None = None
    fps: float | None = None
    duration_s: float | None = None

    def row(self) -> dict[str, Any]:
        """The progress as columns of the table `video_job`."""
        return {name: getattr(self, name) for name in JobProgress.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJob:
    """One file to analyse.

    Attributes:
        source: `upload` or `url`.
        video_name: as its sender called it; never a path of ours.
        file_name: of the file, below the folder of jobs; None when there is none (any more).
        recorded_at: as its sender said; when it is done, as it was taken.
        time_unknown: nobody knows when it was recorded, `recorded_at` is when it came.
        attempts: how often it was begun.
        due_at: a pending one is not taken before.
        cancel_asked: whoever analyses it is to stop.
        run_id: the analysis, when it is done; `result` what it came to.
    """

    id: str
    venue_id: str
    camera_id: str
    source: str
    video_name: str
    state: str
    message: str
    created_at: datetime
    created_by: str
    url: str | None = None
    file_name: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    recorded_at: datetime | None = None
    time_unknown: bool = False
    priority: int = 0
    attempts: int = 0
    due_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    leased_by: str | None = None
    leased_until: datetime | None = None
    cancel_asked: bool = False
    progress: JobProgress = field(default_factory=JobProgress)
    run_id: str | None = None
    visitors_detected: int | None = None
    result: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """The job that a row of the table `video_job` holds."""
        facts = dict(row._mapping)
        progress = JobProgress(**{name: facts.pop(name) for name in JobProgress.__slots__})
        return cls(progress=progress, **facts)

    def row(self) -> dict[str, Any]:
        """The job as a row of the table `video_job`."""
        row = {name: getattr(self, name) for name in StoredJob.__slots__ if name != "progress"}
        return row | self.progress.row()


def add_job(scope: Scope, connection: Connection, job: StoredJob) -> None:
    """Store a new job.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, job.venue_id)
    connection.execute(insert(video_job).values(job.row()))


def get_job(scope: Scope, connection: Connection, job_id: str) -> StoredJob | None:
    """The job, or None when there is none in the scope."""
    query = select(video_job).where(video_job.c.id == job_id, visible(scope, video_job))
    row = connection.execute(query).one_or_none()
    return None if row is None else StoredJob.of(row)


def list_jobs(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str | None = None,
    state: str | None = None,
    limit: int,
    offset: int = 0,
) -> tuple[list[StoredJob], int]:
    """A page of the jobs, newest first, and how many there are in all."""
    chosen = [visible(scope, video_job)]
    if venue_id is not None:
        chosen.append(video_job.c.venue_id == venue_id)
    if state is not None:
        chosen.append(video_job.c.state == state)
    total = connection.execute(select(func.count()).select_from(video_job).where(*chosen)).scalar_one()
    query = (
        select(video_job)
        .where(*chosen)
        .order_by(video_job.c.created_at.desc(), video_job.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [StoredJob.of(row) for row in connection.execute(query)], total


def count_jobs(scope: Scope, connection: Connection, *, venue_id: str | None = None) -> dict[str, int]:
    """How many jobs are in each state, none left out."""
    query = (
        select(video_job.c.state, func.count())
        .where(visible(scope, video_job), *_of_venue(venue_id))
        .group_by(video_job.c.state)
    )
    counts = {row.state: row[1] for row in connection.execute(query)}
    return dict.fromkeys(STATES, 0) | counts


def count_visitors_detected(scope: Scope, connection: Connection, *, venue_id: str | None = None) -> int:
    """Visitors of all completed jobs; an analysis whose place a later one has taken does not count."""
    query = (
        select(func.coalesce(func.sum(video_job.c.visitors_detected), 0))
        .join(run, run.c.id == video_job.c.run_id)
        .where(visible(scope, video_job), video_job.c.state == COMPLETED, *_of_venue(venue_id))
    )
    return int(connection.execute(query).scalar_one())


def jobs_of_file(scope: Scope, connection: Connection, venue_id: str, sha256: str) -> list[StoredJob]:
    """The jobs of a venue over one and the same file, newest first."""
    query = (
        select(video_job)
        .where(video_job.c.venue_id == venue_id, video_job.c.sha256 == sha256, visible(scope, video_job))
        .order_by(video_job.c.created_at.desc(), video_job.c.id)
    )
    return [StoredJob.of(row) for row in connection.execute(query)]


def remove_pending(scope: Scope, connection: Connection, job_id: str) -> bool:
    """Forget a job that nobody has begun; False when it is not (any more) one."""
    gone = delete(video_job).where(
        video_job.c.id == job_id, video_job.c.state == PENDING, visible(scope, video_job)
    )
    return connection.execute(gone).rowcount > 0


def ask_to_cancel(scope: Scope, connection: Connection, job_id: str) -> bool:
    """Tell whoever analyses a job to stop; False when nobody does."""
    asked = (
        update(video_job)
        .where(video_job.c.id == job_id, video_job.c.state == PROCESSING, visible(scope, video_job))
        .values(cancel_asked=True, message="is being cancelled")
    )
    return connection.execute(asked).rowcount > 0


def retry_job(scope: Scope, connection: Connection, job_id: str, *, message: str) -> bool:
    """Let a failed job wait again, as if it were new; False when it has not failed."""
    again = (
        update(video_job)
        .where(video_job.c.id == job_id, video_job.c.state == FAILED, visible(scope, video_job))
        .values(
            {"state": PENDING, "message": message, "attempts": 0, "due_at": None}
            | {"started_at": None, "finished_at": None, "current_frame": None}
            | {"leased_by": None, "leased_until": None, "cancel_asked": False}
        )
    )
    return connection.execute(again).rowcount > 0


def _of_venue(venue_id: str | None) -> list[ColumnElement[bool]]:
    return [] if venue_id is None else [video_job.c.venue_id == venue_id]
