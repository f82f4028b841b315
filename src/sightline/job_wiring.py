"""The jobs half of the wiring: what video jobs are analysed with, and the processes that do it."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from zoneinfo import ZoneInfo

from sightline.config.camera import CameraSettings
from sightline.config.settings import VenueSettings
from sightline.domain.scope import Scope
from sightline.domain.zone import ZoneKind
from sightline.errors import ConfigError
from sightline.jobs.capacity import jobs_at_once, machine_memory_bytes, most_memory_bytes
from sightline.jobs.job_folder import JobFolder
from sightline.live_wiring import venue_settings
from sightline.store import cameras as camera_store
from sightline.store import jobs as job_store
from sightline.store import venues as venue_store
from sightline.vision.runtime import cores
from sightline.wiring import (
    PIECES,
    CameraChoice,
    Site,
    analysis_of,
    camera_rules,
    detector_for,
    pieces_for,
)

if TYPE_CHECKING:
    from sightline.jobs.runner import JobRunner
    from sightline.jobs.video_jobs import VideoJobs
    from sightline.pipeline.housekeeping import Chore
    from sightline.pipeline.results import Analysis

CORES_PER_PIECE = 2
"""One pass keeps about two cores busy: on two, pieces were slower than it (docs/benchmarks.md)."""

LEAST_PIECE_OF_JOB_S = 300.0
"""A job is cut where two such pieces are in it: starting another detector is nothing beside five minutes."""

KINDNESS = 10
"""Live cameras come first: a recording can wait, the present cannot."""


def job_folder(site: Site) -> JobFolder:
    """Where the files of jobs lie."""
    return JobFolder(site.data_dir / "jobs")


def video_jobs(site: Site) -> VideoJobs:
    """What the API does with jobs."""
    from sightline.jobs.video_jobs import VideoJobs

    return VideoJobs(
        site.database,
        job_folder(site),
        hosts=site.settings.downloads.hosts,
        longest_bytes=_longest_bytes(site),
        reid=site.settings.identity.enabled and site.settings.identity.reid,
    )


def job_processes(cores: int, memory_bytes: int | None = None) -> int:
    """How many jobs are analysed at once; `memory_bytes` None is what this machine has."""
    return jobs_at_once(cores, machine_memory_bytes() if memory_bytes is None else memory_bytes)


def job_chores(site: Site) -> tuple[Chore, ...]:
    """What has to be done now and then for jobs."""
    from sightline.jobs.video_jobs import files_wanted
    from sightline.pipeline.housekeeping import Chore
    from sightline.pipeline.piecewise import remove_abandoned

    def clean() -> None:
        now = datetime.now(UTC)
        job_folder(site).remove_orphans(partial(files_wanted, site.database), now)
        remove_abandoned(site.data_dir / PIECES, now)

    return (Chore(name="files of jobs", every_s=600, do=clean),)


def job_runner(
    site: Site, number: int | str, *, command: Callable[[str], Sequence[str]], step: Callable[[], None]
) -> JobRunner:
    """What takes jobs in process `number` of this site, or of that name.

    Args:
        command: argument list of the process that analyses the job with this id.
        step: called whenever it has come further.
    """
    from sightline.jobs.desk import JobDesk
    from sightline.jobs.fetching import FetchMeans
    from sightline.jobs.runner import JobRunner

    folder = sha256(str(site.data_dir).encode()).hexdigest()[:8]
    owner = f"{socket.gethostname()[:100]}:{folder}:jobs-{number}"
    return JobRunner(
        JobDesk(site.database, job_folder(site), owner=owner),
        command=command,
        fetching=FetchMeans(longest_bytes=_longest_bytes(site)),
        memory_bytes=_memory_bytes(),
        clear_away=partial(_clear_away, site),
        step=step,
    )


def _longest_bytes(site: Site) -> int:
    return site.settings.downloads.max_upload_mb * 1_000_000


def _memory_bytes() -> int:
    return most_memory_bytes(machine_memory_bytes(), job_processes(cores()))


def run_job(site: Site, job_id: str, control: int, out: TextIO) -> None:
    """Analyse one job and tell on `out` how it goes; ends this process at once when the input `control` ends.

    Raises:
        ConfigError: there is no such job.
    """
    from sightline.jobs.analysing import JobMeans, analyse_job
    from sightline.pipeline.lifeline import leave_when_input_ends

    leave_when_input_ends(control)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(KINDNESS)
    # A net below the parent's watch, for the processes that we start as well. Not all of it is in use.
    resource.setrlimit(resource.RLIMIT_DATA, (2 * _memory_bytes(), resource.RLIM_INFINITY))
    with site.database.reading() as connection:
        job = job_store.get_job(Scope.site(), connection, job_id)
        venue = venue_store.get_venue(Scope.site(), connection, job.venue_id) if job is not None else None
    if job is None or venue is None or job.file_name is None:
        raise ConfigError(f"there is no job {job_id} with a file")

    file = job_folder(site).file(job.file_name)

    def tell(document: dict[str, Any]) -> None:
        out.write(json.dumps(document) + "\n")
        out.flush()

    means = JobMeans(
        database=site.database,
        analysis_for=partial(_analysis_for, site, job.venue_id, file.parent / ".pieces"),
        zone=ZoneInfo(venue.timezone),
        analysis_fps=site.settings.analysis_fps,
    )
    analyse_job(job, file, means, tell, datetime.now(UTC))


def _analysis_for(site: Site, venue_id: str, pieces_folder: Path, camera_id: str) -> Analysis:
    folder = site.data_dir / "analysis" / venue_id / camera_id
    choice = camera_for_job(site, venue_id, camera_id)
    pieces = pieces_for(
        site,
        choice.camera,
        None,
        at_most=max(1, cores() // job_processes(cores()) // CORES_PER_PIECE),
        folder=pieces_folder,
        least_s=LEAST_PIECE_OF_JOB_S,
    )
    return analysis_of(site, choice, detector_for(site.settings), None, folder, pieces)


def camera_for_job(site: Site, venue_id: str, camera_id: str) -> CameraChoice:
    """The rules of a camera: those of the site file, else those stored, else the usual ones.

    Raises:
        ConfigError: there is no such venue, or its stored settings do not fit this version.
    """
    scope = Scope.of(venue_id)
    with site.database.reading() as connection:
        stored = camera_store.get_camera(scope, connection, venue_id, camera_id)
        venue = venue_store.get_venue(scope, connection, venue_id)
    if venue is None:
        raise ConfigError(f"there is no venue {venue_id!r}")
    placed = venue_settings(site.settings, venue_id, venue.timezone)
    camera = _in_file(placed, camera_id) or _stored(camera_id, stored)
    rules = camera_rules(site.settings, placed, camera)
    return CameraChoice(
        venue_id=venue_id,
        camera_id=camera_id,
        zone=ZoneInfo(venue.timezone),
        rules=rules,
        drawn=rules.staff_line is not None or any(zone.kind is ZoneKind.STAFF for zone in rules.zones),
        camera=camera,
    )


def _in_file(venue: VenueSettings, camera_id: str) -> CameraSettings | None:
    return next((camera for camera in venue.cameras if camera.id == camera_id), None)


def _stored(camera_id: str, stored: camera_store.StoredCameraSettings | None) -> CameraSettings:
    document = {"id": camera_id, "source": camera_id, **(stored.settings if stored is not None else {})}
    try:
        return CameraSettings.model_validate(document)
    except ValueError as error:
        raise ConfigError(
            f"the stored settings of camera {camera_id!r} do not fit this version; draw its zones again"
        ) from error


def _clear_away(site: Site, venue_id: str, camera_id: str) -> None:
    """What an analysis that was ended has left of its recordings; footage of a live camera is kept.

    Raises:
        SourceUnavailable: the camera is being analysed or watched by another process.
    """
    from sightline.pipeline.camera_lock import camera_lock
    from sightline.pipeline.recording import remove_unnamed_recordings
    from sightline.pipeline.recovery import settle_footage
    from sightline.pipeline.results import TRACKS
    from sightline.video.disk import PART_SUFFIX

    scope = Scope.of(venue_id)
    with camera_lock(site.data_dir, venue_id, camera_id):
        with site.database.reading() as connection:
            known = camera_store.get_camera(scope, connection, venue_id, camera_id)
        if known is not None and known.origin is not None:
            settle_footage(site.database, site.recordings_dir, venue_id, camera_id)
        remove_unnamed_recordings(site.database, site.recordings_dir, venue_id, camera_id)
        (site.data_dir / "analysis" / venue_id / camera_id / (TRACKS + PART_SUFFIX)).unlink(missing_ok=True)
