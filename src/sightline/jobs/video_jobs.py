"""What people and programs do with video jobs: hand files over, look how far they are, stop, try again."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.errors import ConfigError, NotFound, OutOfScope
from sightline.jobs.addresses import AddressRefused, check_address, video_name_of
from sightline.jobs.job_folder import JobFolder
from sightline.jobs.job_view import JobView, view_of
from sightline.jobs.look import look_at
from sightline.jobs.placing import DEFAULT_CAMERA
from sightline.pipeline.venues import h3_zone
from sightline.store import jobs as job_store
from sightline.store.database import Database
from sightline.store.job_processors import last_heard_of
from sightline.store.jobs import JobProgress, StoredJob
from sightline.store.venues import StoredVenue, add_venue, get_venue
from sightline.video.recording_time import to_utc

WAITS = "waits for its turn"
HEARD_WITHIN = timedelta(seconds=20)
"""A jobs process tells every five seconds that it lives."""

SITE = Scope.site()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who hands something over.

    Attributes:
        actor: as the ledger names them.
        makes_venues: whether a venue that is not known yet is made.
    """

    scope: Scope
    actor: str
    makes_venues: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for a video.

    Attributes:
        recorded_at: naive: on the clocks of the venue.
        venue_name, latitude, longitude: for a venue that has to be made.
    """

    venue_id: str
    camera_id: str | None = None
    recorded_at: datetime | None = None
    priority: int = 0
    venue_name: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """How many jobs are in each state, and what they came to."""

    states: dict[str, int]
    visitors_detected: int
    processor_running: bool


class VideoJobs:
    """The jobs of a site, for those who may not see all of it.

    Args:
        hosts: from where videos may be fetched.
        longest_bytes: the largest file that is taken.
        reid: whether people are to be known again.
    """

    def __init__(
        self,
        database: Database,
        folder: JobFolder,
        *,
        hosts: Collection[str],
        longest_bytes: int,
        reid: bool,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.longest_bytes = longest_bytes
        self._database = database
        self._folder = folder
        self._hosts = hosts
        self._reid = reid
        self._clock = clock

    def part(self) -> Path:
        """Where a file may lie while it arrives; not there yet.

        Raises:
            DiskFull, ConfigError: the folder cannot be made.
        """
        return self._folder.part_for(uuid4().hex)

    def require_venue(self, sender: Sender, order: Order) -> None:
        """Make sure that the venue of an order is there, or may be made.

        Raises:
            NotFound: neither.
        """
        with self._database.reading() as connection:
            if get_venue(SITE, connection, order.venue_id) is None and not sender.makes_venues:
                raise _no_venue(order.venue_id)

    def add_upload(
        self, sender: Sender, order: Order, part: Path, *, video_name: str, sha256: str, size_bytes: int
    ) -> JobView:
        """Take a file that has arrived; when this returns, it and its job survive anything.

        Args:
            part: the file, from `part`; it is moved away.

        Raises:
            NotFound: no such venue.
            SourceRejected: not a video.
            DiskFull, StoreError: nothing was kept.
        """
        look = look_at(part)
        job_id = uuid4().hex
        self.require_venue(sender, order)
        file_name = self._folder.keep(part, order.venue_id, job_id, video_name)
        try:
            with self._database.transaction() as connection:
                venue = self._venue(connection, sender, order)
                earlier = job_store.jobs_of_file(SITE, connection, venue.id, sha256)
                job = replace(
                    self._new(sender, order, venue, job_id, source="upload", video_name=video_name),
                    file_name=file_name,
                    sha256=sha256,
                    size_bytes=size_bytes,
                    progress=JobProgress(total_frames=look.frames, fps=look.fps, duration_s=look.duration_s),
                )
                if earlier:
                    job = replace(job, message=f"{WAITS}; the same file came before, as job {earlier[0].id}")
                job_store.add_job(SITE, connection, job)
        except BaseException:
            self._folder.remove(order.venue_id, job_id)
            raise
        return self._view(job)

    def add_address(self, sender: Sender, order: Order, url: str) -> JobView:
        """Take the address of a video.

        Raises:
            ConfigError: nothing is fetched from there.
            NotFound: no such venue.
            StoreError: nothing was kept.
        """
        try:
            check_address(url, self._hosts)
        except AddressRefused as error:
            raise ConfigError(str(error)) from error
        with self._database.transaction() as connection:
            venue = self._venue(connection, sender, order)
            made = self._new(sender, order, venue, uuid4().hex, source="url", video_name=video_name_of(url))
            job = replace(made, url=url)
            job_store.add_job(SITE, connection, job)
        return self._view(job)

    def job(self, scope: Scope, job_id: str) -> JobView:
        """The job with this id.

        Raises:
            NotFound: there is none.
            OutOfScope: it is another venue's.
        """
        with self._database.reading() as connection:
            return self._view(self._demanded(scope, connection, job_id))

    def jobs(
        self, scope: Scope, *, venue_id: str | None, state: str | None, limit: int, offset: int
    ) -> tuple[list[JobView], int]:
        """A page of jobs, newest first, and how many there are."""
        with self._database.reading() as connection:
            found, total = job_store.list_jobs(
                scope, connection, venue_id=venue_id, state=state, limit=limit, offset=offset
            )
        return [self._view(job) for job in found], total

    def figures(self, scope: Scope, venue_id: str | None) -> QueueFigures:
        """How many jobs there are, what they came to, and whether anybody takes them."""
        with self._database.reading() as connection:
            heard = last_heard_of(SITE, connection)
            return QueueFigures(
                states=job_store.count_jobs(scope, connection, venue_id=venue_id),
                visitors_detected=job_store.count_visitors_detected(scope, connection, venue_id=venue_id),
                processor_running=heard is not None and abs(self._clock() - heard) <= HEARD_WITHIN,
            )

    def cancel(self, scope: Scope, job_id: str) -> str:
        """Remove a job that waits, or have one stopped that is under way; `removed` or `cancelling`.

        Raises:
            ConfigError: it is over.
            NotFound, OutOfScope: as `job`.
        """
        with self._database.transaction() as connection:
            job = self._demanded(scope, connection, job_id)
            if job_store.remove_pending(scope, connection, job_id):
                outcome = "removed"
            elif job_store.ask_to_cancel(scope, connection, job_id):
                outcome = "cancelling"
            else:
                raise ConfigError(f"the job {job_id} is over ({job.state}); there is nothing to cancel")
        if outcome == "removed":
            self._folder.remove(job.venue_id, job_id)
        return outcome

    def retry(self, scope: Scope, job_id: str) -> JobView:
        """Let a failed job wait again.

        Raises:
            ConfigError: it has not failed.
            NotFound, OutOfScope: as `job`.
        """
        with self._database.transaction() as connection:
            job = self._demanded(scope, connection, job_id)
            if not job_store.retry_job(scope, connection, job_id, message=WAITS):
                raise ConfigError(f"the job {job_id} is {job.state}; only a failed one is tried again")
            return self._view(self._demanded(scope, connection, job_id))

    def _view(self, job: StoredJob) -> JobView:
        return view_of(job, self._clock(), reid=self._reid)

    def _venue(self, connection: Connection, sender: Sender, order: Order) -> StoredVenue:
        venue = get_venue(SITE, connection, order.venue_id)
        if venue is not None:
            return venue
        if not sender.makes_venues:
            raise _no_venue(order.venue_id)
        new = StoredVenue(
            id=order.venue_id,
            name=order.venue_name or order.venue_id,
            timezone="UTC",
            created_at=self._clock(),
            latitude=order.latitude,
            longitude=order.longitude,
            h3_zone=h3_zone(order.latitude, order.longitude),
        )
        add_venue(sender.scope, connection, new)
        return new

    def _new(
        self, sender: Sender, order: Order, venue: StoredVenue, job_id: str, *, source: str, video_name: str
    ) -> StoredJob:
        recorded_at = None
        if order.recorded_at is not None:
            recorded_at, _ = to_utc(order.recorded_at, ZoneInfo(venue.timezone))
        return StoredJob(
            id=job_id,
            venue_id=venue.id,
            camera_id=order.camera_id or DEFAULT_CAMERA,
            source=source,
            video_name=video_name,
            state=job_store.PENDING,
            message=WAITS,
            created_at=self._clock(),
            created_by=sender.actor,
            recorded_at=recorded_at,
            priority=order.priority,
        )

    def _demanded(self, scope: Scope, connection: Connection, job_id: str) -> StoredJob:
        job = job_store.get_job(scope, connection, job_id)
        if job is not None:
            return job
        if job_store.get_job(SITE, connection, job_id) is not None:
            raise OutOfScope(f"the job {job_id} is of a venue that you may not reach")
        raise NotFound(f"there is no job {job_id}; GET /api/batch/jobs lists those there are")


def _no_venue(venue_id: str) -> NotFound:
    return NotFound(f"there is no venue {venue_id}; make it with POST /venues")


def files_wanted(database: Database, job_ids: Collection[str]) -> set[str]:
    """Those of the jobs whose files are still needed: they wait, are under way, or may be tried again."""
    wanted = set()
    with database.reading() as connection:
        for job_id in job_ids:
            job = job_store.get_job(SITE, connection, job_id)
            if job is not None and job.file_name is not None:
                wanted.add(job_id)
    return wanted
