"""A job's video, fetched by a process of its own and looked at by another, until it is a job with a file."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from sightline.errors import ConfigError, DiskFull
from sightline.jobs.desk import JobDesk
from sightline.jobs.fetch import FetchOrder, order_line
from sightline.jobs.following import Bounds, Ending, Heard
from sightline.jobs.look import NOT_A_VIDEO, PATIENCE_S, UNDECODABLE, Look, look_command
from sightline.store.jobs import StoredJob

log = structlog.get_logger()

FETCHED_WITHIN_S = 3600.0
FETCHING = "is being fetched"

_PASSED_ON = ("LANG", "LC_ALL", "PATH", "PYTHONPATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR")
"""Of our environment. The rest may hold secrets, or change what yt-dlp does."""


def fetch_environment() -> dict[str, str]:
    """The environment of the process that fetches."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed, "YTDLP_NO_PLUGINS": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchMeans:
    """With what videos are fetched.

    Attributes:
        command: the process that fetches; it reads an order, see `jobs.fetch`.
        longest_bytes: the largest file that is taken.
        within_s: a video that has not come whole then is given up.
    """

    longest_bytes: int
    command: Sequence[str] = (sys.executable, "-m", "sightline.jobs.fetch")
    within_s: float = FETCHED_WITHIN_S
    environment: Mapping[str, str] = field(default_factory=fetch_environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A process over a job: what it is, and what it is held to. As of `JobChild`, and `following.follow`."""

    command: Sequence[str]
    bounds: Bounds
    message: str
    environment: Mapping[str, str] | None = None
    told: bytes = b""


Followed = tuple[Heard, Ending, str]
"""What was heard, why nobody follows any more, and how it died if it did."""


class NotFetched(Exception):
    """There is no file; with what the process said or how it died, for whoever settles the job."""

    def __init__(self, heard: Heard, ending: Ending, died: str) -> None:
        super().__init__(died)
        self.followed: Followed = (heard, ending, died)


def fetch_video(
    desk: JobDesk, job: StoredJob, means: FetchMeans, through: Callable[[StoredJob, Step], Followed]
) -> StoredJob | None:
    """Fetch the video of a job; the job with its file, or None when it is not ours any more.

    Whatever comes of it, nothing half fetched is left.

    Args:
        through: runs a process over the job to its end.

    Raises:
        NotFetched: it did not come, or is not a video.
        StoreError: the database cannot be used.
    """
    try:
        room = desk.room(job)
        heard, ending, died = through(job, _fetch_step(job, room, means, desk.rhythm.silent))
        if ending is not Ending.ENDED or heard.fetched is None:
            raise NotFetched(heard, ending, died)
        part = room / str(heard.fetched["file"])
        seen, ending, died = through(job, _look_step(part))
        if ending is Ending.SILENT or (ending is Ending.ENDED and seen.look is None and seen.failed is None):
            seen.failed = {"failed": f"{NOT_A_VIDEO}: {UNDECODABLE}", "again": False, "waits": False}
        if seen.look is None or ending is not Ending.ENDED:
            raise NotFetched(seen, ending, died)
        log.info("video fetched", job=job.id, size_bytes=heard.fetched["size_bytes"])
        return desk.keep_file(job, part, heard.fetched, Look(**seen.look))
    except (DiskFull, ConfigError) as error:
        log.error("video cannot be kept", job=job.id, reason=str(error))  # noqa: TRY400  foreseen: one line
        heard = Heard(job, FETCHING)
        heard.failed = {"failed": "there is no room on the disk for it", "again": True, "waits": False}
        raise NotFetched(heard, Ending.ENDED, "") from error
    finally:
        desk.leave_room(job)


def _fetch_step(job: StoredJob, room: Path, means: FetchMeans, silent_s: float) -> Step:
    order = FetchOrder(
        url=job.url or "", folder=str(room), longest_bytes=means.longest_bytes, within_s=means.within_s
    )
    return Step(
        command=means.command,
        bounds=Bounds(silent_s=silent_s, memory_bytes=None),
        message=FETCHING,
        environment=means.environment,
        told=order_line(order),
    )


def _look_step(part: Path) -> Step:
    return Step(
        command=look_command(part),
        bounds=Bounds(silent_s=PATIENCE_S, memory_bytes=None),
        message="has been fetched; is being looked at",
    )
