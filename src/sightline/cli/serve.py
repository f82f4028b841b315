"""`sightline serve`: cameras, worker and web server of a site, each in processes of their own."""

import errno
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cache, partial
from http.client import HTTPConnection, HTTPException
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TextIO

import typer

from sightline.cli.options import ConfigOption, DataDirOption
from sightline.errors import ConfigError

if TYPE_CHECKING:
    from sightline.pipeline.supervisor import ChildSpec
    from sightline.wiring import Site

LONGEST_STEP_S = 900.0
"""Of the worker: encoding a viewing copy of the longest clip on a small machine under load."""


LET_GO_S = 3.0
"""The web process of a supervisor that was killed stops within a second or two."""


class Part(StrEnum):
    """What `serve` consists of."""

    CAMERAS = "cameras"
    WORKER = "worker"
    API = "api"
    LINKS = "links"
    JOBS = "jobs"


ALL = (Part.CAMERAS, Part.WORKER, Part.API, Part.JOBS)
"""The API part shows links too; `links` is for an address that others reach, and runs only when asked for."""

NUMBERED = (Part.CAMERAS, Part.JOBS)
"""Parts that may be several processes."""


def serve(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    host: Annotated[str | None, typer.Option(help="Default: server.host, 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Default: server.port, 8000.", min=0, max=65535)] = None,
    only: Annotated[Part | None, typer.Option(help="Run one part only.")] = None,
    json_logs: Annotated[bool, typer.Option("--json-logs", help="JSON lines on a terminal, too.")] = False,
    child: Annotated[bool, typer.Option("--child", hidden=True)] = False,
    number: Annotated[int, typer.Option(hidden=True)] = 0,
    threads: Annotated[int, typer.Option(hidden=True)] = 1,
    listening: Annotated[int, typer.Option(hidden=True)] = -1,
    job: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Watch the cameras of the site until told to stop: record, analyse, seal evidence, answer on the web."""
    from sightline.logs import set_up_logs
    from sightline.wiring import open_site

    name = None if not child else f"{only}-{number}" if only in NUMBERED else str(only)
    set_up_logs(as_json=True if json_logs else None, process=name)
    site = open_site(config, data_dir)
    options = ["--config", str(config.absolute())] if config is not None else []
    options += ["--data-dir", str(site.data_dir), *(["--json-logs"] if json_logs else [])]
    if child:
        command = partial(_job_command, options)
        run_child(site, only, threads=threads, listening=listening, number=number, job=job, command=command)
    run_site(site, only, options, host or site.settings.server.host, port)


def run_site(
    site: "Site",
    only: Part | None,
    options: Sequence[str],
    host: str,
    port: int | None,
    *,
    placed_by: "Sequence[ChildSpec]" = (),
) -> None:
    """Supervise the parts of a site until SIGTERM or SIGINT.

    Args:
        options: that every child is given.
        placed_by: processes that have cameras and jobs run on several machines, instead of here.

    Raises:
        ConfigError: a host or port that cannot be had, or the site is being served already.
    """
    import structlog

    from sightline.access_wiring import demand_administrator, is_closed, tell_access
    from sightline.cli.camera_news import CameraNews
    from sightline.delivery_wiring import site_delivery
    from sightline.live_wiring import import_cameras, live_cameras
    from sightline.pipeline.serving_lock import serving_lock
    from sightline.pipeline.supervisor import Supervisor
    from sightline.privacy_wiring import identity_key
    from sightline.vision.runtime import cores
    from sightline.wiring import require_detector

    log = structlog.get_logger()
    parts = [only] if only is not None else list(ALL)
    here = [part for part in parts if not (placed_by and part in NUMBERED)]
    with serving_lock(site.data_dir, [part.value for part in parts]):
        recordings = import_cameras(site)
        cameras = live_cameras(site) if Part.CAMERAS in parts else []
        if Part.CAMERAS in parts or Part.JOBS in parts:
            require_detector(site.settings)
            identity_key(site)
        if Part.WORKER in parts:
            site_delivery(site)  # a missing secret is told now, not in the log of a process
        bound = None
        if Part.API in parts or Part.LINKS in parts:
            port = site.settings.server.port if port is None else port
            if Part.API in parts:
                demand_administrator(site, host)
                tell_access(site, host)
            bound = _listen(host, port, anywhere=only is Part.LINKS or is_closed(site, host))
        if bound is not None and Part.API in parts:
            # Private links are made by other processes of the site, too: all have to know the port.
            os.environ["SIGHTLINE_SERVER__PORT"] = str(bound.getsockname()[1])
        for name in recordings if Part.CAMERAS in parts else ():
            log.info("not a camera but a recording; analyse it with: sightline analyze", camera=name)
        if Part.CAMERAS in parts and not cameras:
            log.info("no camera to watch yet; add one with: sightline camera add")
        with Supervisor(
            [*placed_by, *_fixed_children(here, options, bound)],
            camera_command=partial(_camera_command, options),
            live_cameras=partial(live_cameras, site) if Part.CAMERAS in here else list,
            on_cameras=CameraNews().tell,
            cores=site.settings.detector.threads or cores(),
        ) as supervisor:

            def stop(number: int, _frame: FrameType | None) -> None:
                log.info("stopping", reason=signal.Signals(number).name)
                supervisor.stop()

            signal.signal(signal.SIGTERM, stop)
            signal.signal(signal.SIGINT, stop)
            log.info("serving", **_what_runs(parts, len(cameras), bound))
            supervisor.run()
    log.info("stopped")


def _fixed_children(
    parts: Sequence[Part], options: Sequence[str], bound: socket.socket | None
) -> "list[ChildSpec]":
    from sightline.job_wiring import job_processes
    from sightline.pipeline.supervisor import ChildSpec
    from sightline.vision.runtime import cores

    fixed = []
    if Part.WORKER in parts:
        fixed.append(ChildSpec(name="worker", command=_command(Part.WORKER, options)))
    if bound is not None:
        part = Part.LINKS if Part.LINKS in parts else Part.API
        command = (*_command(part, options), "--listening", str(bound.fileno()))
        fixed.append(ChildSpec(name=part.value, command=command, pass_fds=(bound.fileno(),)))
    if Part.JOBS in parts:
        for number in range(1, job_processes(cores()) + 1):
            command = (*_command(Part.JOBS, options), "--number", str(number))
            fixed.append(ChildSpec(name=f"jobs-{number}", command=command))
    return fixed


def _camera_command(options: Sequence[str], number: int, threads: int) -> tuple[str, ...]:
    return (*_command(Part.CAMERAS, options), "--number", str(number), "--threads", str(threads))


def _job_command(options: Sequence[str], job: str) -> tuple[str, ...]:
    return (*_command(Part.JOBS, options), "--job", job)


def _command(part: Part, options: Sequence[str]) -> tuple[str, ...]:
    return (sys.executable, "-m", "sightline", "serve", "--only", part.value, "--child", *options)


def run_child(
    site: "Site",
    only: Part | None,
    *,
    threads: int,
    listening: int,
    number: int,
    job: str,
    command: Callable[[str], Sequence[str]],
) -> NoReturn:
    """One part, for the supervisor: told on standard input, telling on standard output. Ends the process.

    Args:
        job: id of the one to analyse, for the jobs part that has asked for it with `command`.
    """
    from sightline.pipeline.lifeline import leave_when_orphaned, own_output

    leave_when_orphaned(os.getppid())
    heartbeat = own_output()
    if only is Part.CAMERAS:
        code = _run_cameras(site, threads, heartbeat)
    elif only is Part.WORKER:
        code = _run_worker(site, heartbeat)
    elif only in (Part.API, Part.LINKS) and listening >= 0:
        code = _run_web(site, only, socket.socket(fileno=listening), heartbeat)
    elif only is Part.JOBS:
        code = _run_job(site, job, heartbeat) if job else _run_jobs(site, number, command, heartbeat)
    else:
        raise ConfigError("--child is for sightline itself")
    heartbeat.close()
    sys.stderr.flush()
    os._exit(code)  # a thread that still waits for standard input would keep the interpreter from ending


def _run_cameras(site: "Site", threads: int, heartbeat: TextIO) -> int:
    from sightline.live_wiring import LiveDetectors, live_plan
    from sightline.look_wiring import LiveLooks, clothes_of
    from sightline.pipeline.camera_process import run_cameras

    return run_cameras(
        partial(
            live_plan,
            site,
            LiveDetectors(site.settings, threads),
            looks=LiveLooks(site),
            clothes=cache(partial(clothes_of, site.settings)),
        ),
        database=site.database,
        threads=threads,
        control=sys.stdin,
        heartbeat=heartbeat,
    )


def _run_worker(site: "Site", heartbeat: TextIO) -> int:
    from sightline.delivery_wiring import site_delivery
    from sightline.live_wiring import housekeeping_of
    from sightline.pipeline.lifeline import Lifeline, Progress

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    progress = Progress(LONGEST_STEP_S)
    Lifeline(sys.stdin, heartbeat, alive=progress.goes_on, stop=stop).start()
    delivery = site_delivery(site)
    for run in delivery.background:
        threading.Thread(target=run, args=(stop,), name="delivery", daemon=True).start()
    housekeeping_of(site, progress.step, on_sealed=delivery.worker.wake).run(stop)
    return 0


def _run_jobs(site: "Site", number: int, command: Callable[[str], Sequence[str]], heartbeat: TextIO) -> int:
    from sightline.job_wiring import job_runner
    from sightline.pipeline.lifeline import Lifeline, Progress

    stop = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: stop.set())
    progress = Progress(LONGEST_STEP_S)
    Lifeline(sys.stdin, heartbeat, alive=progress.goes_on, stop=stop).start()
    job_runner(site, number, command=command, step=progress.step).run(stop)
    return 0


def _run_job(site: "Site", job: str, out: TextIO) -> int:
    from sightline.job_wiring import run_job

    run_job(site, job, sys.stdin.fileno(), out)
    return 0


def _run_web(site: "Site", part: Part, bound: socket.socket, heartbeat: TextIO) -> int:
    from sightline.access_wiring import access_of
    from sightline.api.app import create_app, create_links_app, serve_api
    from sightline.api.heaps import keep_few_heaps
    from sightline.api_wiring import platform_routes
    from sightline.dashboard_wiring import page_routes
    from sightline.link_wiring import video_pages, videos_of
    from sightline.pipeline.lifeline import Lifeline
    from sightline.pipeline.site_state import read_site_state
    from sightline.store.write_back import WriteBack

    keep_few_heaps()
    stop = threading.Event()
    Lifeline(sys.stdin, heartbeat, alive=partial(answers, *bound.getsockname()[:2]), stop=stop).start()
    if part is Part.LINKS:
        app = create_links_app(video_pages(site))
    else:
        write_back = WriteBack(site.database)
        threading.Thread(target=write_back.run, args=(stop,), name="write back", daemon=True).start()
        state = partial(read_site_state, lambda: site.database, site.data_dir)
        access = access_of(site, bound.getsockname()[0])
        app = create_app(state, videos_of(site), [*platform_routes(site), *page_routes(site)], access)
    serve_api(app, bound, stop=stop, until_closed=None)
    return 0


def answers(host: str, port: int) -> bool:
    """Whether the web server on this machine answers anything at all within five seconds."""
    connection = HTTPConnection(host, port, timeout=5)
    try:
        connection.request("HEAD", "/")
        connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


def _listen(host: str, port: int, *, anywhere: bool) -> socket.socket:
    """A listening socket; waits a little for the web process of a `serve` that was killed to let go of it.

    Raises:
        ConfigError: not a loopback address, or one that cannot be had.
    """
    from sightline.api.app import listen

    patient_until = time.monotonic() + LET_GO_S
    while True:
        try:
            return listen(host, port, anywhere=anywhere)
        except ConfigError as error:
            in_use = isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE
            if not in_use or time.monotonic() > patient_until:
                raise
        time.sleep(0.2)


def _what_runs(parts: Sequence[Part], cameras: int, bound: socket.socket | None) -> dict[str, Any]:
    runs: dict[str, Any] = {"parts": ", ".join(part.value for part in parts)}
    if Part.CAMERAS in parts:
        runs["cameras"] = cameras
    if bound is not None:
        host, port = bound.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        runs |= {"links": f"{address}/video/"} if Part.LINKS in parts else {"health": f"{address}/health"}
    return runs
