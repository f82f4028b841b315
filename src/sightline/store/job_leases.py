"""Who analyses which video job: taken for a while, held by news of it, settled or put back.

A lease ends by itself, so a job whose worker was killed comes back; whoever settles a job must still hold it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from sightline.domain.scope import Scope
from sightline.store.job_tables import video_job
from sightline.store.jobs import PENDING, PROCESSING, JobProgress, StoredJob
from sightline.store.statements import lease_over, visible

# Written out, not as parameters: SQLite takes a partial index only when it can read its condition.
_PROCESSING: ColumnElement[str] = literal_column(f"'{PROCESSING}'")
_IS_OPEN = video_job.c.state.in_([literal_column(f"'{state}'") for state in (PENDING, PROCESSING)])


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLease:
    """Who analyses, and how long nobody else may take it without hearing more."""

    owner: str
    hold: timedelta


_NOBODYS = {"leased_by": None, "leased_until": None, "cancel_asked": False}


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
    return None if taken is None else StoredJob.of(taken)


def _next_one(scope: Scope, now: datetime, lease: JobLease) -> Select[tuple[str]]:
    other = video_job.alias("other")
    over = lease_over(video_job.c.leased_until, now=now, hold=lease.hold)
    # Found once, not for each job that waits: all of them may be of one camera.
    busy = select(other.c.venue_id, other.c.camera_id).where(
        other.c.state == _PROCESSING,
        ~lease_over(other.c.leased_until, now=now, hold=lease.hold),
    )
    camera_is_free = tuple_(video_job.c.venue_id, video_job.c.camera_id).not_in(busy)
    waits = and_(
        video_job.c.state == PENDING,
        or_(video_job.c.due_at.is_(None), video_job.c.due_at <= now),
        camera_is_free,
    )
    return (
        select(video_job.c.id)
        .where(visible(scope, video_job), _IS_OPEN, or_(waits, and_(video_job.c.state == _PROCESSING, over)))
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
    told = {name: value for name, value in progress.row().items() if value is not None}
    renewed = connection.execute(
        update(video_job)
        .where(_held(scope, job_id, lease.owner))
        .values(leased_until=now + lease.hold, message=message, **told)
        .returning(video_job)
    ).one_or_none()
    return None if renewed is None else StoredJob.of(renewed)


def keep_fetched(
    scope: Scope,
    connection: Connection,
    job_id: str,
    *,
    owner: str,
    now: datetime,
    message: str,
    file_name: str,
    sha256: str,
    size_bytes: int,
    progress: JobProgress,
) -> StoredJob | None:
    """A job has got its file, and its analysis begins now; None, and nothing changed, when it is not ours."""
    kept = connection.execute(
        update(video_job)
        .where(_held(scope, job_id, owner))
        .values(
            message=message,
            started_at=now,
            file_name=file_name,
            sha256=sha256,
            size_bytes=size_bytes,
            **progress.row(),
        )
        .returning(video_job)
    ).one_or_none()
    return None if kept is None else StoredJob.of(kept)


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


def _held(scope: Scope, job_id: str, owner: str) -> ColumnElement[bool]:
    return and_(
        visible(scope, video_job),
        video_job.c.id == job_id,
        video_job.c.state == PROCESSING,
        video_job.c.leased_by == owner,
    )
