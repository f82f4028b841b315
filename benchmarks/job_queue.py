"""Ten thousand video jobs that wait: how long the list, the counts and taking one need; and what a job costs.

    python benchmarks/job_queue.py [--database postgresql://...] [--pending 10000] [--rounds 200] [--json]
    python benchmarks/job_queue.py --overhead VIDEO [--detector builtin] [--rounds 5] [--json]

The queue, through the functions that the API and the jobs processes use, each in a transaction of its own:
20 venues with 5 cameras each, and as many finished jobs beside those that wait. Taken three ways: as usual;
when all that waits is of one camera that is busy (nothing is taken, and every process looks each second); and
when nothing is due yet. Aim: p95 of each <= 20 ms on a quiet machine; exit code 1 when missed.
`processor_ms` is what this process needs, however busy the machine is; with SQLite that is all. Without
--database: SQLite in a temporary folder; a PostgreSQL database should be empty, and is filled.

The overhead: processor time of the process that takes jobs, holds their leases and stores their progress,
beside that of the process that analyses VIDEO (aim <= 1 % with one of a minute or more); and what storing one
progress costs.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, update

from job_overhead import overhead
from sightline.cli.bench_output import machine
from sightline.domain.scope import Scope
from sightline.store import job_leases, jobs
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.job_leases import JobLease
from sightline.store.job_tables import video_job
from sightline.store.jobs import JobProgress, StoredJob
from sightline.store.venues import ensure_venue

SITE = Scope.site()
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
LEASE = JobLease(owner="bench", hold=timedelta(seconds=30))
VENUES, CAMERAS = 20, 5
AIM_MS = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--database", help="address of a PostgreSQL database")
    parser.add_argument("--pending", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=None, help="default 200, of the overhead 5")
    parser.add_argument("--overhead", type=Path, metavar="VIDEO")
    parser.add_argument("--detector", default="builtin")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.overhead is not None:
        result = overhead(asked.overhead, asked.detector, rounds=asked.rounds or 5)
    else:
        with tempfile.TemporaryDirectory(prefix="sightline-job-queue-") as name:
            url = asked.database or sqlite_url(Path(name) / "sightline.db")
            with closing(open_database(url)) as database:
                result = queue(database, pending=asked.pending, rounds=asked.rounds or 200)
    result = {"machine": machine(), **result}
    print(json.dumps(result, indent=2) if asked.json else as_text(result))
    sys.exit(1 if result["missed"] else 0)


def queue(database: Database, *, pending: int, rounds: int) -> dict[str, Any]:
    """Milliseconds of each question, p50 and p95."""
    _fill(database, pending)
    figures = {
        "first page of the site": _timed(database, rounds, lambda one: jobs.list_jobs(SITE, one, limit=50)),
        "first page of a venue": _timed(
            database, rounds, lambda one: jobs.list_jobs(SITE, one, venue_id="venue-3", limit=50)
        ),
        "first page of those that wait": _timed(
            database, rounds, lambda one: jobs.list_jobs(SITE, one, state=jobs.PENDING, limit=50)
        ),
        "counts by state": _timed(database, rounds, lambda one: jobs.count_jobs(SITE, one)),
        "visitors of all": _timed(database, rounds, lambda one: jobs.count_visitors_detected(SITE, one)),
        "a look for one": _timed(database, rounds, _look),
        "taking one": _taken(database, rounds),
        "storing a progress": _timed(database, rounds, _told, writes=True),
    }
    everything = {"camera_id": "cam-0", "venue_id": "venue-0"}
    _set_pending(database, **everything)
    figures["a look, all of one busy camera"] = _timed(database, rounds, _look)
    _set_pending(database, due_at=NOW + timedelta(hours=1))
    figures["a look, nothing due"] = _timed(database, rounds, _look)
    missed = [what for what, one in figures.items() if one["p95_ms"] > AIM_MS]
    kind = database.engine.dialect.name
    return {"bench": "job_queue", "database": kind, "pending": pending, "figures": figures, "missed": missed}


def _fill(database: Database, pending: int) -> None:
    rows = []
    for number in range(2 * pending):
        waits = number % 2 == 0
        job = StoredJob(
            id=f"{number:032x}",
            venue_id=f"venue-{number % VENUES}",
            camera_id=f"cam-{number // VENUES % CAMERAS}",
            source="upload",
            video_name=f"film-{number}.mp4",
            state=jobs.PENDING if waits else jobs.COMPLETED,
            message="waits for its turn",
            created_at=NOW - timedelta(seconds=2 * pending - number),
            created_by="local",
            file_name=f"venue/{number}/film.mp4" if waits else None,
            size_bytes=50_000_000,
            sha256=f"{number:064x}",
            priority=number % 7 % 3,
            visitors_detected=None if waits else number % 10,
            result=None if waits else {"events": {"queue": 1}, "total_events": 3},
        )
        rows.append(job.row())
    with database.transaction() as connection:
        for number in range(VENUES):
            ensure_venue(SITE, connection, f"venue-{number}")
        # A job under way of a camera of which more wait, as there always is one.
        under_way = {"state": jobs.PROCESSING, "leased_by": "other", "leased_until": NOW + LEASE.hold}
        rows[0] |= under_way
        for start in range(0, len(rows), 1000):
            connection.execute(insert(video_job), rows[start : start + 1000])
    if database.engine.dialect.name == "postgresql":
        with database.transaction() as connection:
            connection.exec_driver_sql("ANALYZE video_job")


def _set_pending(database: Database, **facts: Any) -> None:
    with database.transaction() as connection:
        connection.execute(update(video_job).where(video_job.c.state == jobs.PENDING).values(**facts))
    if database.engine.dialect.name == "postgresql":
        with database.transaction() as connection:
            connection.exec_driver_sql("ANALYZE video_job")


def _timed(
    database: Database, rounds: int, ask: Callable[[Any], object], *, writes: bool = False
) -> dict[str, float]:
    taken = []
    used = time.process_time()
    for _ in range(rounds):
        began = time.perf_counter()
        with database.transaction() if writes else database.reading() as connection:
            ask(connection)
        taken.append((time.perf_counter() - began) * 1000)
    used = (time.process_time() - used) * 1000 / rounds
    return _percentiles(taken) | {"processor_ms": round(used, 2)}


def _look(connection: Any) -> bool:
    return job_leases.any_due_job(SITE, connection, now=NOW, lease=LEASE)


def _told(connection: Any) -> object:
    progress = JobProgress(current_frame=100)
    other = replace(LEASE, owner="other")
    return job_leases.renew_lease(
        SITE, connection, f"{0:032x}", now=NOW, lease=other, progress=progress, message="is being analysed"
    )


def _taken(database: Database, rounds: int) -> dict[str, float]:
    """Each one that is taken is settled, outside of the time, so that its camera is free again."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        with database.transaction() as connection:
            job = job_leases.lease_job(SITE, connection, now=NOW, lease=LEASE, message="is being analysed")
        taken.append((time.perf_counter() - began) * 1000)
        if job is None:
            raise SystemExit("nothing was taken")
        with database.transaction() as connection:
            job_leases.settle_job(
                SITE, connection, job.id, owner=LEASE.owner, state=jobs.CANCELLED, message="", now=NOW
            )
    return _percentiles(taken)


def _percentiles(taken_ms: list[float]) -> dict[str, float]:
    p50, p95 = np.percentile(taken_ms, (50, 95))
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}


def as_text(result: dict[str, Any]) -> str:
    """The result for people."""
    what = result.get("database") or result.get("detector")
    lines = [
        f"{result['bench']} ({what}): {result['machine']['processor']}, {result['machine']['cores']} cores"
    ]
    for what, one in result["figures"].items():
        lines.append(f"  {what:34} " + ", ".join(f"{name} {value:g}" for name, value in one.items()))
    return "\n".join([*lines, *(f"MISSED: {one}" for one in result["missed"])])


if __name__ == "__main__":
    main()
