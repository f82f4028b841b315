"""The jobs as one process sees them: taken from the database, told of, and settled there."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog

from sightline.domain.scope import Scope
from sightline.errors import SightlineError
from sightline.jobs.figures import figures_of_run
from sightline.jobs.job_folder import JobFolder
from sightline.jobs.look import Look
from sightline.store import job_processors
from sightline.store.database import Database
from sightline.store.job_leases import (
    JobLease,
    any_due_job,
    end_leases,
    keep_fetched,
    lease_job,
    put_back,
    renew_lease,
    settle_job,
)
from sightline.store.job_runs import runs_of_file
from sightline.store.jobs import CANCELLED, COMPLETED, FAILED, JobProgress, StoredJob, jobs_of_file
from sightline.video.source import VIDEO_SUFFIXES

log = structlog.get_logger()

SITE = Scope.site()
BEING_ANALYSED = "is being analysed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRhythm:
    """Seconds.

    Attributes:
        look: from one look for a job to the next.
        progress: from one stored progress to the next; renews the lease, too.
        hold: without news of it, a job is taken by somebody else after so long.
        silent: an analysis that does not move on for so long is ended; encoding a long clip is one step.
        waiting: until a job whose camera is busy is tried again.
        pause: after the first attempt that failed; twice as long after the second.
        alive: from one sign of life of this process to the next.
    """

    look: float = 1.0
    progress: float = 1.0
    hold: float = 30.0
    silent: float = 900.0
    waiting: float = 10.0
    pause: float = 5.0
    alive: float = 5.0


class Orders(StrEnum):
    """What is to be done about a job under way."""

    GO_ON = "go on"
    CANCEL = "cancel"
    LET_GO = "let go"


class JobDesk:
    """Where a process gets its jobs and says what became of them.

    Args:
        owner: name of this process, the same one in its next life: it then has its job back at once.
    """

    def __init__(
        self,
        database: Database,
        folder: JobFolder,
        *,
        owner: str,
        rhythm: JobRhythm | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.rhythm = rhythm or JobRhythm()
        self._database = database
        self._folder = folder
        self._owner = owner
        self._clock = clock
        self._lease = JobLease(owner=owner, hold=timedelta(seconds=self.rhythm.hold))
        self._alive_at = float("-inf")

    def take_up(self) -> None:
        """What an earlier life of this process was at can be taken again at once."""
        with self._database.transaction() as connection:
            end_leases(SITE, connection, owner=self._owner, now=self._clock())

    def next_job(self) -> StoredJob | None:
        """The job that is next, which is ours then; None when there is none.

        Raises:
            StoreError: the database cannot be used.
        """
        with self._database.reading() as connection:
            if not any_due_job(SITE, connection, now=self._clock(), lease=self._lease):
                return None
        with self._database.transaction() as connection:
            return lease_job(SITE, connection, now=self._clock(), lease=self._lease, message=BEING_ANALYSED)

    def tell_progress(self, job: StoredJob, progress: JobProgress, message: str) -> Orders:
        """Hold on to a job; what to do about it."""
        try:
            with self._database.transaction() as connection:
                stored = renew_lease(
                    SITE,
                    connection,
                    job.id,
                    now=self._clock(),
                    lease=self._lease,
                    progress=progress,
                    message=message,
                )
        except SightlineError as error:  # the lease may end; then the next renewal says so
            log.error("progress of a job cannot be stored", job=job.id, reason=str(error))  # noqa: TRY400
            return Orders.GO_ON
        if stored is None:
            return Orders.LET_GO
        return Orders.CANCEL if stored.cancel_asked else Orders.GO_ON

    def room(self, job: StoredJob) -> Path:
        """An empty folder in which the video of a job may arrive; it is gone when the job is settled.

        Raises:
            DiskFull, ConfigError: it cannot be made.
        """
        return self._folder.room_for(job.id, job.attempts)

    def leave_room(self, job: StoredJob) -> None:
        """Remove that folder, and whatever has come so far."""
        self._folder.leave_room(job.id, job.attempts)

    def keep_file(
        self, job: StoredJob, part: Path, fetched: Mapping[str, Any], look: Look
    ) -> StoredJob | None:
        """The video of a job is at `part`; the job with its file, or None when it is not ours any more.

        Args:
            fetched: what `jobs.fetch` tells of it.

        Raises:
            DiskFull, ConfigError, StoreError: it is not kept.
        """
        if self.tell_progress(job, JobProgress(), BEING_ANALYSED) is Orders.LET_GO:
            return None  # whoever has it now may have put its file there
        file_name = self._folder.keep(part, job.venue_id, job.id, _named(job.video_name, fetched["suffix"]))
        with self._database.transaction() as connection:
            same = jobs_of_file(SITE, connection, job.venue_id, fetched["sha256"])
            earlier = next((one.id for one in same if one.id != job.id), None)
            return keep_fetched(
                SITE,
                connection,
                job.id,
                owner=self._owner,
                now=self._clock(),
                message=f"{BEING_ANALYSED}; the same file came before, as job {earlier}"
                if earlier
                else BEING_ANALYSED,
                file_name=file_name,
                sha256=fetched["sha256"],
                size_bytes=fetched["size_bytes"],
                progress=JobProgress(total_frames=look.frames, fps=look.fps, duration_s=look.duration_s),
            )

    def complete(self, job: StoredJob, done: Mapping[str, Any]) -> None:
        """It is analysed: `done` is what `jobs.analysing` tells of it. Its file goes."""
        people = done["visitors"].get("count")
        recorded_at = datetime.fromisoformat(done["recorded_at"])
        message = (
            f"{people} visitors, {sum(done['events'].values())} events, recorded {recorded_at:%F %R} UTC"
        )
        self._settle(
            job,
            COMPLETED,
            f"{message}; {done['note']}" if done["note"] else message,
            camera_id=done["camera_id"],
            recorded_at=recorded_at,
            time_unknown=done["time_unknown"],
            current_frame=done["frames"],
            total_frames=done["frames"],
            frames_to_process=done["analysed_frames"],
            run_id=done["run_id"],
            visitors_detected=people,
            result=dict(done),
        )

    def cancel(self, job: StoredJob) -> None:
        """It is cancelled, and its file goes; if its results were stored already, it is completed."""
        with self._database.reading() as connection:
            runs = runs_of_file(Scope.of(job.venue_id), connection, job.venue_id, job.sha256 or "")
        stored = [run for run in runs if job.started_at is not None and run.started_at >= job.started_at]
        if not stored:
            self._settle(job, CANCELLED, "cancelled")
            return
        figures = figures_of_run(self._database, job.venue_id, stored[0].id)
        unknown = stored[0].recorded_at_source == "file time"
        note = "it was too late to cancel it"
        self.complete(job, {**figures, "run_id": stored[0].id, "time_unknown": unknown, "note": note})

    def fail(self, job: StoredJob, message: str) -> None:
        """It has failed, for good unless a person tries it again; its file is kept for that."""
        self._settle(job, FAILED, message)

    def put_back(self, job: StoredJob, message: str, *, counts: bool, pause_s: float = 0) -> None:
        """It waits again; `counts` is whether the attempt was one."""
        due_at = self._clock() + timedelta(seconds=pause_s)
        with self._database.transaction() as connection:
            put_back(
                SITE, connection, job.id, owner=self._owner, message=message, due_at=due_at, counts=counts
            )
        log.info("job put back", job=job.id, message=message)

    def tell_alive(self) -> None:
        """Say now and then that this process takes jobs."""
        if time.monotonic() - self._alive_at < self.rhythm.alive:
            return
        self._alive_at = time.monotonic()
        with suppress(SightlineError), self._database.transaction() as connection:
            job_processors.tell_alive(SITE, connection, self._owner, now=self._clock())

    def say_goodbye(self) -> None:
        """This process takes no more jobs."""
        with self._database.transaction() as connection:
            job_processors.tell_gone(SITE, connection, self._owner)

    def _settle(self, job: StoredJob, state: str, message: str, **facts: Any) -> None:
        finished = state != FAILED
        if finished:
            facts["file_name"] = None
        with self._database.transaction() as connection:
            settled = settle_job(
                SITE,
                connection,
                job.id,
                owner=self._owner,
                state=state,
                message=message,
                now=self._clock(),
                **facts,
            )
        log.info(f"job {state}" if settled else "job lost to another process", job=job.id, message=message)
        if settled and finished:
            self._folder.remove(job.venue_id, job.id)
        elif settled:
            self._folder.leave_rooms(job.id)


def _named(video_name: str, suffix: str) -> str:
    """A name that says of which kind the file is, if the address did not."""
    known = any(video_name.lower().endswith(one) for one in VIDEO_SUFFIXES)
    return video_name if known or not suffix else f"{video_name}.{suffix}"
