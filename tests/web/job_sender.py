"""Words to hand videos over with, and jobs that nobody sent."""

import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from people_and_keys import Asker
from platform_site import PlatformSite

from sightline.domain.scope import Scope
from sightline.job_wiring import job_folder, job_runner
from sightline.store import jobs
from sightline.store.jobs import StoredJob

SITE = Scope.site()
WEEK_AGO = datetime.now(UTC) - timedelta(days=7)


def upload(
    site: PlatformSite,
    film: Path | bytes,
    *,
    name: str | None = None,
    asker: Asker | None = None,
    **fields: str,
) -> httpx.Response:
    content = film if isinstance(film, bytes) else film.read_bytes()
    named = name or (film.name if isinstance(film, Path) else "film.mp4")
    form = {"venue_id": "shop"} | fields
    return (asker or site).ask("POST", "/process/upload", files={"file": (named, content)}, data=form)


def started(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["status"] == "started"
    return str(document["job_id"])


def put(site: PlatformSite, job_id: str, state: str = jobs.PENDING, **facts: Any) -> str:
    """A job that nobody sent."""
    usual = {"venue_id": "shop", "camera_id": "upload", "created_at": WEEK_AGO, "video_name": "old.mp4"}
    given: dict[str, Any] = usual | facts
    job = StoredJob(
        id=job_id,
        source="upload",
        state=state,
        message="waits",
        created_by="local",
        **given,
    )
    with site.database.transaction() as connection:
        jobs.add_job(SITE, connection, job)
    return job_id


def analysed(site: PlatformSite) -> None:
    """Every job that waits is analysed by real processes."""

    def command(job: str) -> list[str]:
        part = [sys.executable, "-m", "sightline", "serve", "--only", "jobs", "--child", "--job", job]
        return [*part, "--data-dir", str(site.site.data_dir)]

    runner = job_runner(site.site, 1, command=command, step=lambda: None)
    while runner.one(threading.Event()):
        pass


def files_of_jobs(site: PlatformSite) -> list[str]:
    folder = job_folder(site.site).path
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
