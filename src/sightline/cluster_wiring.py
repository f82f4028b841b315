"""The cluster's half of the wiring: what runs on each machine, and what the head places there."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from sightline.domain.scope import Scope
from sightline.errors import ConfigError
from sightline.jobs.cluster_node import (
    NodeHere,
    cluster_key,
    is_loopback,
    key_sha256,
    require_ray,
)
from sightline.jobs.cluster_places import offered, place_of
from sightline.store import camera_leases, cluster_heads, job_processors, waiting_jobs
from sightline.store.cluster_heads import ClusterHead
from sightline.vision.runtime import cores
from sightline.wiring import Site, open_site

SITE = Scope.site()
PLACED = "placed.json"
TOLD_EVERY_S = 5.0
COUNTED_JOBS = SHOWN_JOBS = 1_000


def require_shared(site: Site) -> None:
    """Several machines work on one database, which a file on one of them cannot be.

    Raises:
        ConfigError: Ray is not installed, or the site keeps its database in a file.
    """
    require_ray()
    if site.database.engine.dialect.name != "postgresql":
        raise ConfigError(
            "several machines need a database that all of them reach: set database_url to a PostgreSQL "
            "(postgresql://user@host/name), in place of the file sightline.db"
        )


def begin_head(site: Site, address: str) -> Path:
    """Tell the database that this cluster works on it; the file with its key.

    Args:
        address: `host:port` at which machines join.

    Raises:
        ConfigError: as `require_shared`.
    """
    require_shared(site)
    key = cluster_key(site.data_dir, create=True)
    head = ClusterHead(key_sha256=key_sha256(key), address=address, started_at=datetime.now(UTC))
    with site.database.transaction() as connection:
        cluster_heads.tell_head(SITE, connection, head)
    return key


def require_same_folder(site: Site) -> Path:
    """The key file of the cluster that works on this database; it shows that the folder here is the head's.

    Raises:
        ConfigError: as `require_shared`; there is no cluster; or this is another folder.
    """
    require_shared(site)
    with site.database.reading() as connection:
        head = cluster_heads.get_head(SITE, connection)
    if head is None:
        raise ConfigError("no cluster works on this database; run `sightline cluster up` on its head first")
    key = cluster_key(site.data_dir, create=False)
    if key_sha256(key) != head.key_sha256:
        raise ConfigError(
            f"{site.data_dir} is not the folder that the cluster's head uses: {key} is another file; "
            "mount the head's data_dir on this machine"
        )
    return key


def node_resources(tags: Sequence[str]) -> dict[str, float]:
    """What this machine offers.

    Raises:
        ConfigError: a tag of another kind.
    """
    from sightline.job_wiring import job_processes

    return offered(tags, jobs=job_processes(cores()))


def reached_from(head: str) -> str:
    """The address of this machine as the head at `head`, `host:port`, sees it.

    Raises:
        ConfigError: it is no such address, or nobody answers there.
    """
    host, _, port = head.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"{head!r} is not the address of a head; write it as 192.0.2.10:6379")
    try:
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            own = str(connection.getsockname()[0])
    except OSError as error:
        raise ConfigError(
            f"no head answers at {head} ({error.strerror or error}); is `sightline cluster up` running there?"
        ) from error
    return "127.0.0.1" if is_loopback(own) else own


def run_placer(
    site: Site, *, head: str, node: str, most: int, stop: threading.Event, step: Callable[[], None]
) -> None:
    """Keep everything placed until `stop` is set.

    Raises:
        SightlineError: the head does not answer.
    """
    from sightline.jobs.cluster_placer import Placer
    from sightline.jobs.cluster_ray import RayCluster
    from sightline.live_wiring import live_cameras

    key = cluster_key(site.data_dir, create=False)
    cluster = RayCluster(head, node=node, key=key, actor=PlacedCameras, task=take_one_job)
    Placer(
        cluster,
        live_cameras=partial(live_cameras, site),
        waiting_jobs=partial(_waiting_jobs, site),
        tell_alive=_JobsTaken(site).tell,
        most=most,
        told=site.data_dir / "cluster" / PLACED,
    ).run(stop, step)
    cluster.close()


def _waiting_jobs(site: Site) -> int:
    from sightline.jobs.desk import JobRhythm

    hold = timedelta(seconds=JobRhythm().hold)
    with site.database.reading() as connection:
        return waiting_jobs.count_waiting_jobs(
            SITE, connection, now=datetime.now(UTC), hold=hold, most=COUNTED_JOBS
        )


class _JobsTaken:
    """Tells now and then that machines of this cluster take jobs."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._due = 0.0

    def tell(self) -> None:
        """Called at every look."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + TOLD_EVERY_S
        now = datetime.now(UTC)
        with self._site.database.transaction() as connection:
            job_processors.tell_alive(SITE, connection, "cluster", now=now)
            job_processors.forget_silent(SITE, connection, before=now - timedelta(days=1))


class PlacedCameras:
    """A camera group where it was placed: the class of an actor, made by Ray on that machine.

    Args:
        name: of the group.
        sharers: groups that share this machine's processor.
    """

    def __init__(self, name: str, sharers: int) -> None:
        from sightline.jobs.cluster_cameras import CameraGroup

        here, site = _site_here()
        threads = max(1, (site.settings.detector.threads or cores()) // max(1, sharers))
        number = name.rpartition("/")[2]
        command = (*_child("cameras", here), "--number", number, "--threads", str(threads))
        self._group = CameraGroup(name, database=site.database, command=lambda: command, place=_place())
        self._group.start()
        threading.Thread(target=self._leave_with, args=(here,), name="node", daemon=True).start()

    def follow(self, cameras: Sequence[tuple[str, str, int | str]]) -> None:
        """Have exactly these cameras run: venue, id and revision of each."""
        self._group.follow({(venue, camera): revision for venue, camera, revision in cameras})

    def state(self) -> dict[str, Any]:
        """As `CameraGroup.state`."""
        return self._group.state()

    def end(self) -> None:
        """Stop them in order."""
        self._group.end()

    def _leave_with(self, here: NodeHere) -> None:
        with here.working():
            while not here.stopping:
                threading.Event().wait(0.5)
            self._group.end()


def take_one_job() -> bool:
    """Analyse the job that is next, if there is one: a task, run by Ray on some machine."""
    from sightline.job_wiring import job_runner

    here, site = _site_here()
    stop = threading.Event()
    done = threading.Event()

    def stop_with_node() -> None:
        while not done.wait(0.5):
            if here.stopping:
                stop.set()

    threading.Thread(target=stop_with_node, name="node", daemon=True).start()
    try:
        with here.working():
            runner = job_runner(
                site,
                f"{_node_id()[:8]}-{os.getpid()}",
                command=lambda job: (*_child("jobs", here), "--job", job),
                step=lambda: None,
            )
            return runner.one(stop)
    finally:
        done.set()


@cache
def _site_here() -> tuple[NodeHere, Site]:
    """The site as this machine's command line named it; once for each process that Ray starts."""
    from sightline.logs import set_up_logs

    here = NodeHere.of_environment()
    here.log_here()
    set_up_logs(as_json=here.json_logs or None, process="cluster")
    return here, open_site(here.config, here.data_dir)


def _child(part: str, here: NodeHere) -> tuple[str, ...]:
    return (sys.executable, "-m", "sightline", "serve", "--only", part, "--child", *here.options)


def _place() -> str:
    return place_of(socket.gethostname(), _node_id())


def _node_id() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


def placed(site: Site) -> Mapping[str, Any]:
    """What the head told last of its machines and groups; empty when it never did."""
    try:
        told: Mapping[str, Any] = json.loads((site.data_dir / "cluster" / PLACED).read_text())
    except (OSError, ValueError):
        return {}
    return told


def cluster_state(site: Site) -> dict[str, Any]:
    """Machines, camera groups, leases and jobs under way, as far as database and shared folder tell."""
    from sightline.store.jobs import PROCESSING, list_jobs

    with site.database.reading() as connection:
        head = cluster_heads.get_head(SITE, connection)
        leases = camera_leases.list_leases(SITE, connection)
        jobs, _ = list_jobs(SITE, connection, state=PROCESSING, limit=SHOWN_JOBS)
    told = placed(site)
    at = datetime.fromisoformat(told["at"]) if told else None
    return {
        "head": None
        if head is None
        else {"address": head.address, "started_at": head.started_at.isoformat()},
        "told_at": told.get("at"),
        "head_is_heard": at is not None and datetime.now(UTC) - at < timedelta(seconds=30),
        "machines": told.get("machines", []),
        "groups": told.get("groups", []),
        "leases": [
            {
                "venue_id": one.venue_id,
                "camera_id": one.camera_id,
                "place": one.place,
                "leased_until": one.leased_until.isoformat(),
                "over": one.over,
            }
            for one in leases
        ],
        "jobs": [
            {"id": job.id, "venue_id": job.venue_id, "message": job.message, "by": job.leased_by}
            for job in jobs
        ],
    }
