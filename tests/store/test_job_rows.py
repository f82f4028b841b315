"""Video jobs as rows: who takes which, for how long, and what becomes of them."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from sqlalchemy import text

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import job_leases, job_processors, jobs
from sightline.store.database import Database
from sightline.store.job_leases import JobLease
from sightline.store.jobs import JobProgress, StoredJob

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOLD = timedelta(seconds=30)
SITE, SHOP, OTHER = Scope.site(), Scope.of("shop"), Scope.of("other")
ANNA, BEN = JobLease(owner="anna", hold=HOLD), JobLease(owner="ben", hold=HOLD)


def a_job(name: str, *, after_s: float = 0, **facts: object) -> StoredJob:
    job = StoredJob(
        id=name,
        venue_id="shop",
        camera_id=name,
        source="upload",
        video_name=f"{name}.mp4",
        state=jobs.PENDING,
        message="waits",
        created_at=NOON + timedelta(seconds=after_s),
        created_by="local",
        file_name=f"{name}/{name}.mp4",
        sha256="5" * 64,
    )
    return replace(job, **facts)  # type: ignore[arg-type]


def put(database: Database, *made: StoredJob) -> None:
    with database.transaction() as connection:
        for job in made:
            jobs.add_job(SITE, connection, job)


def take(database: Database, lease: JobLease = ANNA, *, now: datetime = NOON) -> str | None:
    with database.transaction() as connection:
        expected = job_leases.any_due_job(SITE, connection, now=now, lease=lease)
        job = job_leases.lease_job(SITE, connection, now=now, lease=lease, message="is being analysed")
    assert expected is (job is not None)
    return None if job is None else job.id


def read(database: Database, name: str) -> StoredJob:
    with database.reading() as connection:
        job = jobs.get_job(SITE, connection, name)
    assert job is not None
    return job


def settle(database: Database, name: str, owner: str, state: str) -> bool:
    with database.transaction() as connection:
        return job_leases.settle_job(
            SITE, connection, name, owner=owner, state=state, message="over", now=NOON + HOLD
        )


def test_a_job_is_read_as_it_was_written(database: Database) -> None:
    job = a_job(
        "film",
        size_bytes=3_000_000_000,
        recorded_at=NOON,
        time_unknown=True,
        priority=-3,
        url="https://youtu.be/x",
        progress=JobProgress(total_frames=1_000, fps=25.0, duration_s=40.0),
    )
    put(database, job)
    assert read(database, "film") == job


def test_the_highest_priority_goes_first_and_then_the_oldest(database: Database) -> None:
    dice = random.Random(4)
    made = [a_job(f"j{n}", after_s=dice.randrange(5), priority=dice.randrange(3)) for n in range(12)]
    put(database, *made)
    taken = [take(database) for _ in made]
    expected = sorted(made, key=lambda job: (-job.priority, job.created_at, job.id))
    assert taken == [job.id for job in expected]
    assert take(database) is None


def test_a_leased_job_is_hidden_until_its_lease_ends_and_its_tries_are_counted(database: Database) -> None:
    put(database, a_job("film"))
    assert take(database) == "film"
    assert take(database, BEN, now=NOON + HOLD / 2) is None
    assert take(database, BEN, now=NOON + HOLD) == "film"
    held = read(database, "film")
    assert (held.attempts, held.leased_by, held.state) == (2, "ben", jobs.PROCESSING)
    assert not settle(database, "film", "anna", jobs.COMPLETED), "it is not hers any more"
    assert settle(database, "film", "ben", jobs.COMPLETED)
    assert take(database, now=NOON + 10 * HOLD) is None


def test_news_of_a_job_renews_its_lease_and_keeps_what_was_known(database: Database) -> None:
    put(database, a_job("film", progress=JobProgress(total_frames=900, fps=25.0)))
    take(database)
    with database.transaction() as connection:
        told = job_leases.renew_lease(
            SITE,
            connection,
            "film",
            now=NOON + HOLD * 0.9,
            lease=ANNA,
            progress=JobProgress(current_frame=40),
            message="goes on",
        )
        strangers = job_leases.renew_lease(
            SITE, connection, "film", now=NOON, lease=BEN, progress=JobProgress(), message="mine"
        )
    assert told is not None
    assert told.progress == JobProgress(current_frame=40, total_frames=900, fps=25.0)
    assert strangers is None
    assert take(database, BEN, now=NOON + HOLD * 1.5) is None


def test_a_lease_of_a_clock_that_was_set_back_is_over(database: Database) -> None:
    put(database, a_job("film"))
    take(database, now=NOON + timedelta(days=300))
    assert take(database, BEN, now=NOON) == "film"


def test_who_read_the_clock_a_moment_before_another_took_it_does_not_take_it_too(database: Database) -> None:
    put(database, a_job("film"), a_job("again", camera_id="film", after_s=1))
    assert take(database, now=NOON + timedelta(milliseconds=5)) == "film"
    assert take(database, BEN, now=NOON) is None


def test_of_one_camera_one_job_at_a_time_is_taken(database: Database) -> None:
    put(database, *(a_job(f"j{n}", camera_id="till", after_s=n) for n in range(2)), a_job("door", after_s=9))
    assert take(database) == "j0"
    assert take(database, BEN) == "door"
    assert take(database, BEN) is None
    settle(database, "j0", "anna", jobs.COMPLETED)
    assert take(database, BEN) == "j1"


def test_a_job_that_is_put_back_waits_and_the_attempt_counts_only_if_it_was_one(database: Database) -> None:
    put(database, a_job("film"))
    for counts in (True, False):
        later = NOON + timedelta(hours=1)
        assert take(database, now=NOON if counts else later) == "film"
        with database.transaction() as connection:
            back = job_leases.put_back(
                SITE, connection, "film", owner="anna", message="later", due_at=later, counts=counts
            )
        assert back
        assert read(database, "film").attempts == 1
    assert take(database, now=NOON) is None


def test_the_next_life_of_a_worker_has_its_job_back_at_once(database: Database) -> None:
    put(database, a_job("film"), a_job("other"))
    take(database)
    take(database, BEN)
    with database.transaction() as connection:
        assert job_leases.end_leases(SITE, connection, owner="anna", now=NOON) == 1
    assert take(database) == "film"
    assert take(database) is None, "the other one is in good hands"


def test_what_waits_can_be_removed_and_what_runs_be_asked_to_stop(database: Database) -> None:
    put(database, a_job("runs"), a_job("waits", after_s=1))
    take(database)
    with database.transaction() as connection:
        assert not jobs.ask_to_cancel(SITE, connection, "waits")
        assert not jobs.remove_pending(SITE, connection, "runs")
        assert not jobs.remove_pending(OTHER, connection, "waits")
        assert not jobs.ask_to_cancel(OTHER, connection, "runs")
        assert jobs.remove_pending(SHOP, connection, "waits")
        assert jobs.ask_to_cancel(SHOP, connection, "runs")
        assert jobs.get_job(SITE, connection, "waits") is None
    assert read(database, "runs").cancel_asked
    settle(database, "runs", "anna", jobs.CANCELLED)
    assert not read(database, "runs").cancel_asked


def test_only_a_failed_job_is_tried_again_and_then_as_if_it_were_new(database: Database) -> None:
    put(database, a_job("film"))
    for state, again in ((None, False), (jobs.FAILED, True), (jobs.COMPLETED, False)):
        if state is not None:
            take(database, now=NOON + HOLD)
            settle(database, "film", "anna", state)
        with database.transaction() as connection:
            assert not jobs.retry_job(OTHER, connection, "film", message="again")
            assert jobs.retry_job(SHOP, connection, "film", message="again") is again
        if again:
            job = read(database, "film")
            assert (job.state, job.attempts, job.finished_at) == (jobs.PENDING, 0, None)


def test_a_venue_sees_counts_and_changes_its_own_jobs_only(database: Database) -> None:
    put(database, a_job("mine"), a_job("theirs", venue_id="other"))
    with database.transaction() as connection:
        assert [job.id for job in jobs.list_jobs(SHOP, connection, limit=9)[0]] == ["mine"]
        assert jobs.list_jobs(SHOP, connection, venue_id="other", limit=9) == ([], 0)
        assert jobs.count_jobs(SHOP, connection)[jobs.PENDING] == 1
        assert jobs.get_job(SHOP, connection, "theirs") is None
        assert jobs.jobs_of_file(SHOP, connection, "other", "5" * 64) == []
        taken = job_leases.lease_job(OTHER, connection, now=NOON, lease=ANNA, message="")
        assert taken is not None
        assert taken.id == "theirs"
        assert job_leases.end_leases(SHOP, connection, owner="anna", now=NOON) == 0
        with pytest.raises(StoreError):
            jobs.add_job(SHOP, connection, a_job("new", venue_id="other"))


def test_lists_come_newest_first_a_page_at_a_time(database: Database) -> None:
    made = [a_job(f"j{n}", after_s=n % 3, state=jobs.FAILED if n % 2 else jobs.PENDING) for n in range(9)]
    put(database, *made)
    expected = sorted(made, key=lambda job: (-job.created_at.timestamp(), job.id))
    with database.reading() as connection:
        page, total = jobs.list_jobs(SITE, connection, limit=4, offset=3)
        failed, of_them = jobs.list_jobs(SITE, connection, state=jobs.FAILED, limit=9)
    assert (page, total) == (expected[3:7], 9)
    assert (failed, of_them) == ([job for job in expected if job.state == jobs.FAILED], 4)


def test_workers_side_by_side_never_take_the_same_job(database: Database) -> None:
    put(database, *(a_job(f"j{n}") for n in range(40)))

    def take_all(number: int) -> list[str]:
        mine = []
        while True:
            with database.transaction() as connection:
                lease = JobLease(owner=f"w{number}", hold=HOLD)
                job = job_leases.lease_job(SITE, connection, now=NOON, lease=lease, message="")
            if job is None:
                return mine
            mine.append(job.id)

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take_all, range(4)))
    assert sorted(chain.from_iterable(taken)) == sorted(f"j{n}" for n in range(40))


def test_a_look_for_work_reads_an_index_of_open_jobs_only(database: Database) -> None:
    if database.engine.dialect.name != "sqlite":
        pytest.skip("SQLite tells its plan in words")
    with database.reading() as connection:
        query = str(
            job_leases._next_one(SITE, NOON, ANNA).compile(
                database.engine, compile_kwargs={"literal_binds": True}
            )
        )
        plan = " ".join(row[-1] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))
    assert "ix_video_job_open" in plan, plan
    assert "ix_video_job_under_way" in plan, plan
    assert "CORRELATED" not in plan, "busy cameras are looked up once, not for each job that waits"


def test_a_fetched_file_is_kept_by_who_holds_the_job_only(database: Database) -> None:
    put(database, a_job("j", source="url", url="https://youtu.be/x"))
    told = {"now": NOON, "message": "is being analysed", "file_name": "shop/j/x.mp4", "sha256": "b" * 64}
    progress = JobProgress(total_frames=50, fps=25.0, duration_s=2.0)
    with database.transaction() as connection:
        assert job_leases.lease_job(SITE, connection, now=NOON, lease=ANNA, message="") is not None
        for scope, owner in ((SITE, "ben"), (Scope.of("other"), ANNA.owner)):
            kept = job_leases.keep_fetched(
                scope, connection, "j", owner=owner, size_bytes=7, progress=progress, **told
            )
            assert kept is None
        kept = job_leases.keep_fetched(
            SITE, connection, "j", owner=ANNA.owner, size_bytes=7, progress=progress, **told
        )
    assert kept is not None
    assert (kept.file_name, kept.sha256, kept.size_bytes) == ("shop/j/x.mp4", "b" * 64, 7)
    assert (kept.progress, kept.started_at, kept.attempts) == (progress, NOON, 1)


def test_processes_are_heard_of_until_they_say_goodbye(database: Database) -> None:
    with database.transaction() as connection:
        assert job_processors.last_heard_of(SHOP, connection) is None
        job_processors.tell_alive(SITE, connection, "anna", now=NOON)
        job_processors.tell_alive(SITE, connection, "anna", now=NOON + HOLD)
        job_processors.tell_alive(SITE, connection, "ben", now=NOON)
        assert job_processors.last_heard_of(SHOP, connection) == NOON + HOLD
        job_processors.tell_gone(SITE, connection, "anna")
        assert job_processors.last_heard_of(SHOP, connection) == NOON
        with pytest.raises(StoreError):
            job_processors.tell_alive(SHOP, connection, "me", now=NOON)
        with pytest.raises(StoreError):
            job_processors.tell_gone(SHOP, connection, "ben")
