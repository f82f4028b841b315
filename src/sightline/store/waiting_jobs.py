"""Video jobs that nobody analyses now."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, or_, select

from sightline.domain.scope import Scope
from sightline.store.job_tables import video_job
from sightline.store.jobs import PENDING, PROCESSING
from sightline.store.statements import lease_over, visible


def count_waiting_jobs(
    scope: Scope, connection: Connection, *, now: datetime, hold: timedelta, most: int
) -> int:
    """How many jobs may be taken now, counted up to `most`: those due, and those whose lease is over.

    Args:
        hold: the longest a lease lasts; see `job_leases.lease_job`.
    """
    job = video_job.c
    due = and_(job.state == PENDING, or_(job.due_at.is_(None), job.due_at <= now))
    over = and_(job.state == PROCESSING, lease_over(job.leased_until, now=now, hold=hold))
    found = select(job.id).where(visible(scope, video_job), or_(due, over)).limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(found)).scalar_one())
