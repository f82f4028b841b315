"""What a job costs beside the analysis that it is: for `job_queue.py --overhead`."""

import hashlib
import resource
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from sightline.config.settings import Settings
from sightline.domain.scope import Scope
from sightline.job_wiring import job_folder, job_runner, video_jobs
from sightline.jobs.desk import JobDesk
from sightline.jobs.video_jobs import Order, Sender
from sightline.store.jobs import JobProgress, get_job
from sightline.wiring import Site

AIM_SHARE = 0.01
SENDER = Sender(scope=Scope.site(), actor="bench", makes_venues=True)


def overhead(video: Path, detector: str, *, rounds: int) -> dict[str, Any]:
    """Processor time of the process that takes jobs beside that of the one that analyses, medians."""
    shares: list[float] = []
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="sightline-job-overhead-") as name:
        site = Site(Settings.model_validate({"detector": {"name": detector}}), Path(name) / "data")
        config = Path(name) / "sightline.yaml"
        config.write_text(f"detector: {{name: {detector}}}\n")
        for number in range(rounds):
            around_s, child_s, wall_s = _one_job(site, config, video, f"cam-{number}")
            shares.append(around_s / child_s)
            figures = {"around_s": around_s, "analysing_s": child_s, "wall_s": wall_s}
        told_ms = _stored_progress_ms(site)
        site.database.close()
    share = statistics.median(shares)
    return {
        "bench": "job_overhead",
        "detector": detector,
        "figures": {
            "processor time around a job": {"share": round(share, 4), "aim": AIM_SHARE},
            "the last one": {name: round(value, 3) for name, value in figures.items()},
            "a progress stored, once a second": {"ms": round(told_ms, 2)},
        },
        "missed": [f"{share:.2%} of an analysis"] if share > AIM_SHARE else [],
    }


def _one_job(site: Site, config: Path, video: Path, camera_id: str) -> tuple[float, float, float]:
    """Seconds of processor around an analysis and in it, and seconds on the clock."""
    jobs = video_jobs(site)
    part = jobs.part()
    shutil.copy(video, part)
    digest = hashlib.sha256(part.read_bytes()).hexdigest()
    order = Order(venue_id="bench", camera_id=camera_id)
    view = jobs.add_upload(
        SENDER, order, part, video_name=video.name, sha256=digest, size_bytes=video.stat().st_size
    )
    runner = job_runner(site, 1, command=lambda job: _command(site, config, job), step=lambda: None)
    own, below, began = time.process_time(), _children_s(), time.monotonic()
    runner.one(threading.Event())
    took = (time.process_time() - own, _children_s() - below, time.monotonic() - began)
    state = jobs.job(Scope.site(), view.job_id)
    if state.status != "completed":
        raise SystemExit(f"the job {state.status}: {state.message}")
    return took


def _command(site: Site, config: Path, job: str) -> list[str]:
    part = [sys.executable, "-m", "sightline", "serve", "--only", "jobs", "--child", "--job", job]
    return [*part, "--config", str(config), "--data-dir", str(site.data_dir)]


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _stored_progress_ms(site: Site) -> float:
    desk = JobDesk(site.database, job_folder(site), owner="bench")
    with site.database.reading() as connection:
        (job_id,) = connection.exec_driver_sql("SELECT id FROM video_job LIMIT 1").one()
    with site.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE video_job SET state = 'processing', leased_by = 'bench'")
        job = get_job(Scope.site(), connection, job_id)
    if job is None:
        raise SystemExit("the job is gone")
    began = time.process_time()
    for number in range(200):
        desk.tell_progress(job, JobProgress(current_frame=number), "is being analysed")
    return (time.process_time() - began) * 1000 / 200


if __name__ == "__main__":
    raise SystemExit("run: python benchmarks/job_queue.py --overhead VIDEO")
