"""A head and another machine, with Ray for real: cameras and jobs of a machine whose power is cut go on."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from sightline.domain.scope import Scope
from sightline.job_wiring import video_jobs
from sightline.jobs.video_jobs import Order, Sender
from sightline.live_wiring import import_cameras
from sightline.simulate import simulate
from sightline.store.jobs import COMPLETED, StoredJob, list_jobs
from sightline.store.runs import list_runs
from sightline.testing.cluster_site import ClusterSite
from sightline.testing.live_site import VENUE
from sightline.testing.rtsp_server import RtspServer, TestPicture, rtsp_server_missing
from sightline.wiring import open_site

SITE = Scope.site()
BACK_S = 30.0

pytestmark = pytest.mark.slow


@pytest.fixture
def rtsp() -> Iterator[RtspServer]:
    pytest.importorskip("ray", reason="needs pip install 'sightline[cluster]'")
    lacking = rtsp_server_missing()
    if lacking is not None:
        pytest.skip(lacking)
    with RtspServer({"/a": TestPicture(), "/b": TestPicture()}) as server:
        yield server


@pytest.fixture
def site(rtsp: RtspServer, postgres_url: str, tmp_path: Path) -> Iterator[ClusterSite]:
    """A head, with no cameras yet."""
    with ClusterSite(tmp_path / "site", {}, database_url=postgres_url) as site:
        site.wait_for_head()
        yield site


def hand_over(site: ClusterSite, video: Path, cameras: list[str]) -> None:
    """One job for each camera."""
    opened = open_site(site.config)
    jobs = video_jobs(opened)
    for camera in cameras:
        part = jobs.part()
        shutil.copy(video, part)
        jobs.add_upload(
            Sender(scope=SITE, actor="test", makes_venues=False),
            Order(venue_id=VENUE, camera_id=camera, recorded_at=datetime(2026, 3, 2, 9, tzinfo=UTC)),
            part,
            video_name=video.name,
            sha256=sha256(video.read_bytes()).hexdigest(),
            size_bytes=video.stat().st_size,
        )
    opened.database.close()


def all_jobs(site: ClusterSite) -> list[StoredJob]:
    with site.database.reading() as connection:
        return list_jobs(SITE, connection, limit=100)[0]


def test_what_a_dead_machine_did_goes_on_elsewhere_once(
    site: ClusterSite, rtsp: RtspServer, tmp_path: Path
) -> None:
    video = simulate(tmp_path / "shop", seed=3, minutes=0.2).video
    two = site.join("two")
    streams = {"a": rtsp.url("/a"), "b": rtsp.url("/b")}
    site.add_cameras(streams)
    opened = open_site(site.config)
    import_cameras(opened)
    opened.database.close()
    site.wait(
        lambda one: len({lease.place for lease in one.leases().values()}) == 2,
        timeout_s=120,
        what="a camera on each machine",
    )
    site.wait_until_live(120)
    places = {camera: lease.place for camera, lease in site.leases().items()}
    hand_over(site, video, [f"door{number}" for number in range(3)])
    site.wait(
        lambda one: any(two.split("/")[1] in (job.leased_by or "") for job in all_jobs(one)),
        timeout_s=120,
        what="a job on the second machine",
    )

    (moved,) = [camera for camera, place in places.items() if place == two]
    killed_at, killed = datetime.now(UTC), time.monotonic()
    site.kill_machine("two")

    def seen_again(one: ClusterSite) -> bool:
        seen = one.status()[moved].get("last_analysed_at")
        lease = one.leases().get(moved)
        return bool(seen and datetime.fromisoformat(seen) > killed_at and lease and lease.place != two)

    site.wait(seen_again, timeout_s=120, what="the camera elsewhere")
    back_s = time.monotonic() - killed
    assert back_s < BACK_S * slowness(), f"the camera was back after {back_s:.1f} s"
    assert {lease.place for lease in site.leases().values()} == set(places.values()) - {two}

    site.wait(
        lambda one: all(job.state == COMPLETED for job in all_jobs(one)), timeout_s=240, what="all jobs done"
    )
    jobs = all_jobs(site)
    assert len({(job.visitors_detected, json.dumps((job.result or {}).get("events"))) for job in jobs}) == 1
    assert sorted(job.attempts for job in jobs) == [1] * 2 + [2]
    with site.database.reading() as connection:
        runs = [run for run in list_runs(SITE, connection) if run.kind == "file"]
    assert sorted(run.camera_id for run in runs) == sorted(job.camera_id for job in jobs)


def slowness() -> float:
    """How much longer things may take here: the promise is for a machine that is not overloaded."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
