"""Two machines, one of them dead in the middle of the work: are cameras back, and is each job done once?

    python benchmarks/cluster_faults.py [--cameras 6] [--jobs 40] [--head] [--database URL] [--json]

Both machines are this one: `sightline cluster up` and `sightline cluster join`, each with Ray's processes of
its own, on 127.0.0.1. Cameras send a moving picture over RTSP; jobs are recordings of simulated shops. When a
fifth of the jobs is done, every process of the second machine is killed at once. `--head` then kills the head
in the middle of further jobs, and starts it again after 20 s. At the end:

- each camera of the dead machine is analysed again within 30 s;
- every job is completed, by one run each; visitors and events are those of `sightline serve` on one machine;
- no picture is missing inside what was recorded, no `.part` file is left, and an orderly stop ends well.

Exit code 1 when one of these does not hold. Without --database, needs the PostgreSQL of the tests.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sightline.cli.bench_output import machine
from sightline.domain.scope import Scope
from sightline.job_wiring import video_jobs
from sightline.jobs.video_jobs import Order, Sender
from sightline.live_wiring import import_cameras
from sightline.simulate import simulate
from sightline.store.jobs import COMPLETED, StoredJob, list_jobs
from sightline.store.runs import list_runs
from sightline.testing.cluster_site import ClusterSite
from sightline.testing.live_site import VENUE, LiveSite, missing_pictures
from sightline.testing.rtsp_server import RtspServer, TestPicture
from sightline.wiring import open_site

ALLOWED_S = 30.0
FPS = 10
RECORDED_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SITE = Scope.site()

Figures = tuple[int | None, str]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cameras", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--head", action="store_true", help="kill the head, too")
    parser.add_argument("--database", help="of an empty PostgreSQL database")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with ExitStack() as held:
        work = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="sightline-cluster-")))
        url = asked.database or _own_database(held)
        videos = [
            simulate(work / f"shop{seed}", seed=seed, minutes=0.15).video
            for seed in range(asked.seed, asked.seed + 4)
        ]
        expected = figures_alone(work / "alone", videos)
        mounts = {f"/camera{number}": TestPicture(fps=FPS, gop=FPS) for number in range(asked.cameras)}
        server = held.enter_context(RtspServer(mounts))
        streams = {path.strip("/"): server.url(path) for path in server.mounts}
        site = ClusterSite(work / "site", {}, database_url=url)
        result = machines_killed(site, streams, videos, expected, asked)
    _tell(result, as_json=asked.json)
    sys.exit(1 if result["broken"] else 0)


def figures_alone(folder: Path, videos: list[Path]) -> dict[str, Figures]:
    """What one machine makes of each video."""
    with LiveSite(folder, {}) as site:
        site.wait(lambda one: (one.data_dir / "sightline.db").exists(), timeout_s=120, what="serve")
        site.wait(lambda one: _has_venue(one), timeout_s=120, what="the venue")
        for number, video in enumerate(videos):
            hand_over(site, video, f"door{number}")
        site.wait(
            lambda one: all(job.state == COMPLETED for job in jobs_of(one)), timeout_s=600, what="jobs alone"
        )
        return {job.video_name: figures(job) for job in jobs_of(site)}


def machines_killed(
    site: ClusterSite,
    streams: dict[str, str],
    videos: list[Path],
    expected: dict[str, Figures],
    asked: argparse.Namespace,
) -> dict[str, Any]:
    """The whole story; what became of it."""
    with site:
        site.wait_for_head()
        two = site.join("two")
        site.add_cameras(streams)
        opened = open_site(site.config)
        import_cameras(opened)
        opened.database.close()
        site.wait(lambda one: len(one.leases()) == len(streams), timeout_s=300, what="all cameras held")
        site.wait_until_live(300)
        for number in range(asked.jobs):
            hand_over(site, videos[number % len(videos)], f"door{number}")
        _wait_for_done(site, asked.jobs // 5)
        moved = [camera for camera, lease in site.leases().items() if lease.place == two]
        jobs_there = sum(two.split("/")[1] in (job.leased_by or "") for job in jobs_of(site))
        site.kill_machine("two")
        back_s = _back_after_s(site, moved, two)
        _wait_for_done(site, asked.jobs)
        head = _head_killed(site, videos, asked.jobs) if asked.head else None
        jobs = jobs_of(site)
        with site.database.reading() as connection:
            runs = [run for run in list_runs(SITE, connection) if run.kind == "file"]
        code = site.stop()
        missing = {camera: _missing(site, camera) for camera in streams}
    parts = [str(path) for path in site.data_dir.rglob("*.part")]
    done = Counter((job.camera_id, job.state) for job in jobs)
    differ = [job.camera_id for job in jobs if figures(job) != expected[job.video_name]]
    broken = [
        f"{camera}: back after {seconds:.1f} s" for camera, seconds in back_s.items() if seconds > ALLOWED_S
    ]
    if not moved:
        broken.append("no camera ran on the machine that was killed")
    if set(done.values()) != {1} or any(state != COMPLETED for _, state in done):
        broken.append(f"jobs: {Counter(job.state for job in jobs)}")
    if sorted(run.camera_id for run in runs) != sorted(job.camera_id for job in jobs):
        broken.append("not one run for each job")
    broken += [f"{camera}: figures differ from those of one machine" for camera in differ]
    broken += [f"{camera}: {lost} pictures missing inside" for camera, lost in missing.items() if lost]
    broken += [f"left over: {path}" for path in parts]
    broken += [f"orderly stop ended with {code}"] if code else []
    return {
        "machine": machine(),
        "cameras": len(streams),
        "cameras_moved": len(moved),
        "back_after_s": back_s,
        "jobs": len(jobs),
        "jobs_on_the_dead_machine": jobs_there,
        "attempts": dict(Counter(job.attempts for job in jobs)),
        "head": head,
        "broken": broken,
    }


def hand_over(site: LiveSite, video: Path, camera: str) -> None:
    """A job, as an upload makes it."""
    opened = open_site(site.folder / "sightline.yaml")
    jobs = video_jobs(opened)
    part = jobs.part()
    shutil.copy(video, part)
    jobs.add_upload(
        Sender(scope=SITE, actor="benchmark", makes_venues=False),
        Order(venue_id=VENUE, camera_id=camera, recorded_at=RECORDED_AT),
        part,
        video_name=video.parent.name,
        sha256=sha256(video.read_bytes()).hexdigest(),
        size_bytes=video.stat().st_size,
    )
    opened.database.close()


def jobs_of(site: LiveSite) -> list[StoredJob]:
    with site.database.reading() as connection:
        return list_jobs(SITE, connection, limit=1_000)[0]


def figures(job: StoredJob) -> Figures:
    """Visitors, and events by kind, of a job that is done."""
    return job.visitors_detected, json.dumps((job.result or {}).get("events"), sort_keys=True)


def _wait_for_done(site: LiveSite, count: int) -> None:
    site.wait(
        lambda one: sum(job.state == COMPLETED for job in jobs_of(one)) >= count,
        timeout_s=1_800,
        what=f"{count} jobs done",
    )


def _back_after_s(site: ClusterSite, cameras: list[str], dead: str) -> dict[str, float]:
    """Seconds from now until each camera is analysed on another machine."""
    began, at = time.monotonic(), datetime.now(UTC)
    back: dict[str, float] = {}

    def look(one: ClusterSite) -> bool:
        told, leases = one.status(), one.leases()
        for camera in cameras:
            seen = told.get(camera, {}).get("last_analysed_at")
            elsewhere = camera in leases and leases[camera].place != dead
            if camera not in back and elsewhere and seen and datetime.fromisoformat(seen) > at:
                back[camera] = round(time.monotonic() - began, 1)
        return len(back) == len(cameras)

    site.wait(look, timeout_s=180, what="cameras back")
    return back


def _head_killed(site: ClusterSite, videos: list[Path], first: int) -> dict[str, Any]:
    """The head dies during eight more jobs; another machine's cameras go on meanwhile."""
    three = site.join("three")
    site.wait(
        lambda one: any(lease.place == three for lease in one.leases().values()),
        timeout_s=300,
        what="a camera on the third machine",
    )
    kept = {camera for camera, lease in site.leases().items() if lease.place == three}
    for number in range(first, first + 8):
        hand_over(site, videos[number % len(videos)], f"door{number}")
    _wait_for_done(site, first + 2)
    site.kill_head()
    at = datetime.now(UTC)
    time.sleep(20)
    went_on = sum(
        datetime.fromisoformat(site.status()[camera]["last_analysed_at"]) > at + timedelta(seconds=10)
        for camera in kept
    )
    site.start()
    began = time.monotonic()
    site.wait(lambda one: len(one.leases()) == len(one.cameras), timeout_s=300, what="cameras after the head")
    all_held_s = round(time.monotonic() - began, 1)
    _wait_for_done(site, first + 8)
    return {"cameras_elsewhere": len(kept), "went_on_without_head": went_on, "all_held_again_s": all_held_s}


def _missing(site: ClusterSite, camera: str) -> int:
    _, missing, _ = missing_pictures(site.segments(camera), site.data_dir / "recordings", 1 / FPS)
    return missing


def _has_venue(site: LiveSite) -> bool:
    from sightline.store.venues import get_venue

    with site.database.reading() as connection:
        return get_venue(SITE, connection, VENUE) is not None


def _own_database(held: ExitStack) -> str:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from postgres_server import PostgresServer, installed_or_skip

    server = PostgresServer(installed_or_skip())
    held.callback(server.stop)
    return server.fresh()


def _tell(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, indent=2, default=str))
        return
    print(f"{result['cameras_moved']} of {result['cameras']} cameras were on the machine that was killed")
    for camera, seconds in result["back_after_s"].items():
        print(f"  {camera:12} analysed again after {seconds:5.1f} s")
    print(f"{result['jobs']} jobs; attempts by job: {result['attempts']}")
    if result["head"]:
        print(f"head killed: {result['head']}")
    print("\n".join(result["broken"]) or "all as it should be")


if __name__ == "__main__":
    main()
