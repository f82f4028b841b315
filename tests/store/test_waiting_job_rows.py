"""How many jobs nobody analyses, and processes that are heard of no more."""

from datetime import UTC, datetime, timedelta

import pytest

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import job_processors, jobs
from sightline.store.database import Database
from sightline.store.jobs import StoredJob
from sightline.store.waiting_jobs import count_waiting_jobs

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOLD, SECOND = timedelta(seconds=30), timedelta(seconds=1)
SITE, SHOP, OTHER = Scope.site(), Scope.of("shop"), Scope.of("other")


def a_job(name: str, state: str, **facts: datetime) -> StoredJob:
    return StoredJob(
        id=name,
        venue_id="shop",
        camera_id=name,
        source="upload",
        video_name="film.mp4",
        state=state,
        message="",
        created_at=NOON,
        created_by="local",
        **facts,  # type: ignore[arg-type]
    )


def waiting(database: Database, scope: Scope = SITE, *, most: int = 100) -> int:
    with database.reading() as connection:
        return count_waiting_jobs(scope, connection, now=NOON, hold=HOLD, most=most)


def test_jobs_wait_that_are_due_or_whose_worker_was_not_heard_of(database: Database) -> None:
    with database.transaction() as connection:
        for job in (
            a_job("new", jobs.PENDING),
            a_job("due", jobs.PENDING, due_at=NOON),
            a_job("later", jobs.PENDING, due_at=NOON + SECOND),
            a_job("held", jobs.PROCESSING, leased_until=NOON + SECOND),
            a_job("held by one with a later clock", jobs.PROCESSING, leased_until=NOON + HOLD + SECOND),
            a_job("over", jobs.PROCESSING, leased_until=NOON),
            a_job("clock set back", jobs.PROCESSING, leased_until=NOON + 2 * HOLD + SECOND),
            a_job("done", jobs.COMPLETED),
            a_job("failed", jobs.FAILED),
        ):
            jobs.add_job(SITE, connection, job)
    assert waiting(database) == waiting(database, SHOP) == 4
    assert waiting(database, OTHER) == 0
    assert waiting(database, most=3) == 3


def test_processes_that_were_not_heard_of_for_long_are_forgotten(database: Database) -> None:
    with database.transaction() as connection:
        for number in range(3):
            job_processors.tell_alive(SITE, connection, f"task-{number}", now=NOON + number * SECOND)
        assert job_processors.forget_silent(SITE, connection, before=NOON + 2 * SECOND) == 2
        assert job_processors.last_heard_of(SITE, connection) == NOON + 2 * SECOND
        with pytest.raises(StoreError):
            job_processors.forget_silent(SHOP, connection, before=NOON)
