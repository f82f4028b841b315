"""What becomes of a job: whatever its process does, and whatever people want meanwhile."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from job_site import DONE, NOON, QUICK, SITE, JobSite, a_run, job_site, saying, script

from sightline.store import job_leases, job_processors, jobs
from sightline.store.job_leases import JobLease
from sightline.store.jobs import JobProgress

ENDLESS = "say(camera='upload-2', progress={'current_frame': 3})\ntime.sleep(60)"
SEGFAULT = "os.kill(os.getpid(), 11)"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[JobSite]:
    with job_site(tmp_path) as site:
        yield site


def test_a_job_that_is_done_has_its_figures_and_its_file_is_gone(site: JobSite) -> None:
    file = site.put()
    job = site.work()
    assert (job.state, job.run_id, job.visitors_detected) == (jobs.COMPLETED, "r1", 3)
    assert job.result == DONE
    assert job.progress == JobProgress(current_frame=200, total_frames=200, frames_to_process=40)
    assert "3 visitors, 2 events" in job.message
    assert (job.file_name, file.parent.exists()) == (None, False)
    assert not site.runner().one(threading.Event()), "nothing is left to do"


def test_a_job_that_says_why_it_failed_keeps_its_file_and_can_be_tried_again(site: JobSite) -> None:
    file = site.put()
    site.commands = [saying(failed="there is no picture in it", again=False, waits=False), saying(done=DONE)]
    job = site.work()
    assert (job.state, job.message, job.attempts) == (jobs.FAILED, "there is no picture in it", 1)
    assert file.read_bytes() == b"film"
    assert site.cleared == [("shop", "upload")]
    with site.database.transaction() as connection:
        assert jobs.retry_job(SITE, connection, "film", message="again")
    assert site.work().state == jobs.COMPLETED


def test_a_file_that_kills_its_process_is_given_up_after_three_attempts_and_kept(site: JobSite) -> None:
    file = site.put()
    site.commands = [script(SEGFAULT)]
    assert site.work().state == jobs.PENDING
    assert "attempt 1 of 3 failed: its process died of SIGSEGV" in site.read().message
    job = site.work(times=2)
    assert (job.state, job.attempts) == (jobs.FAILED, 3)
    assert "SIGSEGV" in job.message
    assert file.exists()


def test_what_failed_once_is_analysed_again_and_counts_once(site: JobSite) -> None:
    site.put()
    site.commands = [
        script("sys.exit(3)"),
        saying(failed="no room", again=True, waits=False),
        saying(done=DONE),
    ]
    job = site.work(times=3)
    assert (job.state, job.attempts) == (jobs.COMPLETED, 3)


def test_a_busy_camera_is_waited_for_without_counting_attempts(site: JobSite) -> None:
    site.put()
    site.commands = [saying(failed="waits: busy", again=True, waits=True)]
    job = site.work(times=5)
    assert (job.state, job.message, job.attempts) == (jobs.PENDING, "waits: busy", 0)
    assert site.cleared == [], "what lies there is the other one's"


def test_progress_is_stored_while_it_goes_on(site: JobSite) -> None:
    site.put()
    told = {"current_frame": 50, "total_frames": 200, "frames_to_process": 40, "fps": 25.0, "duration_s": 8.0}
    site.commands = [script(f"say(progress={told})\ntime.sleep(0.4)\nsay(sealed=[1, 2])\ntime.sleep(60)")]
    with running(site):
        until(lambda: site.read().progress == JobProgress(**told))  # type: ignore[arg-type]
        until(lambda: "1 of 2" in site.read().message)
        assert site.read().state == jobs.PROCESSING


def test_a_job_that_is_to_stop_is_ended_within_moments_and_leaves_nothing(site: JobSite) -> None:
    file = site.put()
    site.commands = [script(ENDLESS)]
    with running(site):
        until(lambda: site.read().progress.current_frame == 3)  # by then it has said which camera
        with site.database.transaction() as connection:
            assert jobs.ask_to_cancel(SITE, connection, "film")
        until(lambda: site.read().state == jobs.CANCELLED)
    assert not file.parent.exists()
    assert site.cleared == [("shop", "upload-2")], "of the camera that was being written"


def test_a_job_whose_results_are_stored_already_is_completed_when_it_is_cancelled(site: JobSite) -> None:
    site.put()
    site.put_run(a_run("old", started_at=NOON - timedelta(hours=1), camera_id="other"))
    site.put_run(a_run("new", started_at=NOON + timedelta(seconds=1)))
    site.commands = [script(ENDLESS)]
    with running(site):
        until(lambda: site.read().state == jobs.PROCESSING)
        with site.database.transaction() as connection:
            jobs.ask_to_cancel(SITE, connection, "film")
        until(lambda: site.read().state != jobs.PROCESSING)
    job = site.read()
    assert (job.state, job.run_id, job.visitors_detected) == (jobs.COMPLETED, "new", 3)
    assert "too late" in job.message


def test_a_stopped_site_puts_its_job_back_and_the_next_start_has_it(site: JobSite) -> None:
    site.put()
    site.commands = [script(ENDLESS), saying(done=DONE)]
    with running(site):
        until(lambda: site.read().state == jobs.PROCESSING)
    job = site.read()
    assert (job.state, job.attempts) == (jobs.PENDING, 0)
    assert site.work().state == jobs.COMPLETED


def test_an_analysis_that_does_not_move_on_is_ended(site: JobSite) -> None:
    site.put()
    site.commands = [script(ENDLESS)]
    runner = site.runner(rhythm=replace(QUICK, silent=0.3))
    assert runner.one(threading.Event())
    assert "did not move on" in site.read().message
    assert site.read().state == jobs.PENDING


def test_a_job_that_somebody_else_has_taken_is_left_to_them(site: JobSite, tmp_path: Path) -> None:
    file = site.put()
    pid = tmp_path / "pid"
    site.commands = [script(f"open({str(pid)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)")]
    with running(site):
        until(lambda: pid.exists() and pid.read_text())
        with site.database.transaction() as connection:
            lease = JobLease(owner="ben", hold=timedelta())
            later = NOON + timedelta(seconds=QUICK.hold)
            assert job_leases.lease_job(SITE, connection, now=later, lease=lease, message="mine") is not None
        until(lambda: not lives(int(pid.read_text())))
    job = site.read()
    assert (job.state, job.leased_by, job.message) == (jobs.PROCESSING, "ben", "mine")
    assert file.exists()


def test_a_job_whose_workers_die_is_given_up(site: JobSite) -> None:
    site.put(attempts=3)
    job = site.work()
    assert job.state == jobs.FAILED
    assert "given up" in job.message


def test_the_next_life_of_a_process_goes_on_with_its_job_at_once(site: JobSite) -> None:
    held_until = NOON + timedelta(seconds=QUICK.hold)
    site.put(state=jobs.PROCESSING, attempts=1, leased_by="anna", leased_until=held_until)
    assert not site.runner("ben").one(threading.Event()), "it is anna's"
    with running(site):
        until(lambda: site.read().state == jobs.COMPLETED)
    assert site.read().attempts == 2


def test_a_job_that_nobody_has_and_that_is_to_stop_is_cancelled_by_the_next(site: JobSite) -> None:
    site.put(state=jobs.PROCESSING, leased_by="gone", leased_until=NOON, cancel_asked=True)
    assert site.work().state == jobs.CANCELLED


def test_the_process_is_heard_of_while_it_runs_and_not_after(site: JobSite) -> None:
    def heard() -> object:
        with site.database.reading() as connection:
            return job_processors.last_heard_of(SITE, connection)

    assert heard() is None
    with running(site):
        until(lambda: heard() == NOON)
    assert heard() is None


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class running:  # noqa: N801  reads as a word
    """A runner in a thread while the block lasts."""

    def __init__(self, site: JobSite) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=site.runner().run, args=(self._stop,))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


def until(true: Callable[[], object], *, within: float = 20.0) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)
