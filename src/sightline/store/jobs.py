"""Video jobs: what is to be analysed, leased by whoever analyses it, and what became of the rest.

A lease ends by itself, so a job whose worker was killed comes back; whoever settles a job must still hold it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
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

# Written out, not as parameters: SQLite takes a partial index only when it can read its condition.
_IS_OPEN = video_job.c.state.in_([literal_column(f"'{state}'") for state in (PENDING, PROCESSING)])


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


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLease:
    """Who analyses, and how long nobody else may take it without hearing more."""

    owner: str
    hold: timedelta


_PROGRESS = tuple(JobProgress.__slots__)
_PLAIN = tuple(name for name in StoredJob.__slots__ if name != "progress")


def add_job(scope: Scope, connection: Connection, job: StoredJob) -> None:
    """Store a new job.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, job.venue_id)
    row = {name: getattr(job, name) for name in _PLAIN} | _progress_row(job.progress)
    connection.execute(insert(video_job).values(row))


def get_job(scope: Scope, connection: Connection, job_id: str) -> StoredJob | None:
    """The job, or None when there is none in the scope."""
    query = select(video_job).where(video_job.c.id == job_id, visible(scope, video_job))
    row = connection.execute(query).one_or_none()
    return None if row is None else _stored(row)


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
    return [_stored(row) for row in connection.execute(query)], total


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
    return [_stored(row) for row in connection.execute(query)]


def any_due_job(scope: Scope, connection: Connection, *, now: datetime, lease: JobLease) -> bool:
    """Whether `lease_job` would find one; this one only reads."""
    return connection.execute(_next_one(scope, now, lease)).first() is not None


def lease_job(
    scope: Scope, connection: Connection, *, now: datetime, lease: JobLease, message: str
) -> StoredJob | None:
    """Take the job that is next, and count an attempt: highest priority first, then the oldest.

    That is one that waits, or one whose worker has not been heard of. Of one camera only one is analysed at a
    time.

    Args:
        now: times further away than any lease are of a clock that has been set back: they are over.
    """
    next_one = _next_one(scope, now, lease)
    if connection.dialect.name == "postgresql":
        next_one = next_one.with_for_update(skip_locked=True)
    taken = connection.execute(
        update(video_job)
        .where(video_job.c.id == next_one.scalar_subquery())
        .values(
            state=PROCESSING,
            message=message,
            leased_by=lease.owner,
            leased_until=now + lease.hold,
            attempts=video_job.c.attempts + 1,
            started_at=now,
            current_frame=None,
            due_at=None,
        )
        .returning(video_job)
    ).one_or_none()
    return None if taken is None else _stored(taken)


def _next_one(scope: Scope, now: datetime, lease: JobLease) -> Select[tuple[str]]:
    other = video_job.alias("other")
    over = or_(video_job.c.leased_until <= now, video_job.c.leased_until > now + lease.hold)
    camera_is_free = ~exists().where(
        other.c.venue_id == video_job.c.venue_id,
        other.c.camera_id == video_job.c.camera_id,
        other.c.id != video_job.c.id,
        other.c.state == PROCESSING,
        other.c.leased_until > now,
        other.c.leased_until <= now + lease.hold,
    )
    waits = and_(
        video_job.c.state == PENDING,
        or_(video_job.c.due_at.is_(None), video_job.c.due_at <= now),
        camera_is_free,
    )
    return (
        select(video_job.c.id)
        .where(visible(scope, video_job), _IS_OPEN, or_(waits, and_(video_job.c.state == PROCESSING, over)))
        .order_by(video_job.c.priority.desc(), video_job.c.created_at, video_job.c.id)
        .limit(1)
    )


def renew_lease(
    scope: Scope,
    connection: Connection,
    job_id: str,
    *,
    now: datetime,
    lease: JobLease,
    progress: JobProgress,
    message: str,
) -> StoredJob | None:
    """Hold on to a job and tell how far it is; None when it is not ours any more."""
    told = {name: value for name, value in _progress_row(progress).items() if value is not None}
    renewed = connection.execute(
        update(video_job)
        .where(_held(scope, job_id, lease.owner))
        .values(leased_until=now + lease.hold, message=message, **told)
        .returning(video_job)
    ).one_or_none()
    return None if renewed is None else _stored(renewed)


def settle_job(
    scope: Scope,
    connection: Connection,
    job_id: str,
    *,
    owner: str,
    state: str,
    message: str,
    now: datetime,
    **facts: Any,
) -> bool:
    """Say what became of a job; False, and nothing changed, when it is not ours any more.

    Args:
        facts: other columns that are known now.
    """
    values = {"state": state, "message": message, "finished_at": now, **facts} | _NOBODYS
    return (
        connection.execute(update(video_job).where(_held(scope, job_id, owner)).values(values)).rowcount > 0
    )


def put_back(
    scope: Scope,
    connection: Connection,
    job_id: str,
    *,
    owner: str,
    message: str,
    due_at: datetime,
    counts: bool,
) -> bool:
    """Let a job wait for another attempt; as `settle_job`.

    Args:
        counts: whether this attempt counts; not when nothing was wrong with the job.
    """
    attempts = video_job.c.attempts if counts else video_job.c.attempts - 1
    values = {"state": PENDING, "message": message, "due_at": due_at, "attempts": attempts} | _NOBODYS
    return (
        connection.execute(update(video_job).where(_held(scope, job_id, owner)).values(values)).rowcount > 0
    )


def end_leases(scope: Scope, connection: Connection, *, owner: str, now: datetime) -> int:
    """What an earlier life of `owner` held can be taken at once; how many jobs."""
    ended = connection.execute(
        update(video_job)
        .where(visible(scope, video_job), video_job.c.state == PROCESSING, video_job.c.leased_by == owner)
        .values(leased_until=now)
    )
    return ended.rowcount


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
            | _NOBODYS
        )
    )
    return connection.execute(again).rowcount > 0


_NOBODYS = {"leased_by": None, "leased_until": None, "cancel_asked": False}


def _held(scope: Scope, job_id: str, owner: str) -> ColumnElement[bool]:
    return and_(
        visible(scope, video_job),
        video_job.c.id == job_id,
        video_job.c.state == PROCESSING,
        video_job.c.leased_by == owner,
    )


def _of_venue(venue_id: str | None) -> list[ColumnElement[bool]]:
    return [] if venue_id is None else [video_job.c.venue_id == venue_id]


def _progress_row(progress: JobProgress) -> dict[str, Any]:
    return {name: getattr(progress, name) for name in _PROGRESS}


def _stored(row: Row[Any]) -> StoredJob:
    found = row._mapping
    progress = JobProgress(**{name: found[name] for name in _PROGRESS})
    return StoredJob(progress=progress, **{name: found[name] for name in _PLAIN})
