"""`sightline cluster`: cameras and video jobs on several machines."""

import os
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.errors import ConfigError

if TYPE_CHECKING:
    from sightline.pipeline.supervisor import ChildSpec
    from sightline.wiring import Site

app = typer.Typer(help="Cameras and video jobs on several machines.", no_args_is_help=True)

PORT = 6379
LONGEST_LOOK_S = 30.0
"""Of the placer; a head that does not answer for longer is looked for anew."""

TagOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tag", help="venue=ID: for the cameras of that venue only. gpu: jobs go to such machines."
    ),
]
JsonLogsOption = Annotated[bool, typer.Option("--json-logs", help="JSON lines on a terminal, too.")]


@app.command()
def up(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    address: Annotated[str, typer.Option(help="Of this machine, as the others reach it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="At which machines join.", min=1, max=65535)] = PORT,
    tag: TagOption = None,
    group: Annotated[int, typer.Option(help="Cameras that one process watches.", min=1, max=16)] = 4,
    host: Annotated[str | None, typer.Option(help="Of the web server; default: server.host.")] = None,
    web_port: Annotated[
        int | None, typer.Option(help="Of the web server; default: server.port.", min=0, max=65535)
    ] = None,
    json_logs: JsonLogsOption = False,
) -> None:
    """Be the head: place cameras and jobs on all machines that join, and on this one, until told to stop."""
    from sightline.cli.serve import run_site
    from sightline.cluster_wiring import begin_head, node_resources
    from sightline.logs import set_up_logs
    from sightline.wiring import open_site

    set_up_logs(as_json=True if json_logs else None)
    site = open_site(config, data_dir)
    node_resources(tag or [])
    _require_free(address, port)
    begin_head(site, f"{address}:{port}")
    options = _options(site, config, json_logs=json_logs)
    node = ["--address", address, "--head-port", str(port), *_tags(tag)]
    placer = ["--head", f"{address}:{port}", "--address", address, "--group", str(group)]
    children = [_child("node", options, node), _child("place", options, placer)]
    run_site(site, None, options, host or site.settings.server.host, web_port, placed_by=children)


@app.command()
def join(
    head: Annotated[str, typer.Argument(metavar="ADDRESS", help="Of the head: host:port.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    address: Annotated[
        str | None, typer.Option(help="Of this machine, as the others reach it; default: found out.")
    ] = None,
    tag: TagOption = None,
    json_logs: JsonLogsOption = False,
) -> None:
    """Take cameras and jobs that the head places here, until told to stop."""
    import signal

    from sightline.cluster_wiring import node_resources, reached_from, require_same_folder
    from sightline.logs import set_up_logs
    from sightline.pipeline.supervisor import Supervisor
    from sightline.wiring import open_site, require_detector

    set_up_logs(as_json=True if json_logs else None)
    site = open_site(config, data_dir)
    node_resources(tag or [])
    require_same_folder(site)
    require_detector(site.settings)
    own = address or reached_from(head)
    options = _options(site, config, json_logs=json_logs)
    child = _child("node", options, ["--address", own, "--head", head, *_tags(tag)])
    with Supervisor([child], camera_command=lambda _number, _threads: (), live_cameras=list) as supervisor:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.stop())
        supervisor.run()


@app.command()
def status(config: ConfigOption = None, data_dir: DataDirOption = None, json: JsonOption = False) -> None:
    """Tell which machines there are, where cameras run, and which jobs are under way."""
    from sightline.cli.terminal import print_json
    from sightline.cluster_wiring import cluster_state, require_shared
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    require_shared(site)
    state = cluster_state(site)
    if json:
        print_json(state)
        return
    _print(state)


def _print(state: dict[str, Any]) -> None:
    if state["head"] is None:
        typer.echo("No cluster works on this database.")
        return
    heard = "places work" if state["head_is_heard"] else "is not heard of"
    typer.echo(f"Head {state['head']['address']} {heard}.")
    for machine in state["machines"]:
        there = "there" if machine["alive"] else "away"
        typer.echo(f"  {machine['place']} at {machine['address']}: {there}")
    places = {(one["venue_id"], one["camera_id"]): one for one in state["leases"] if not one["over"]}
    for one in state["groups"]:
        name = f"group {one['venue'] or 'any'}/{one['number']}"
        for venue, camera in one["cameras"]:
            lease = places.get((venue, camera))
            where = f"at {lease['place']}" if lease else "waits for a machine"
            typer.echo(f"  {name}: {venue}/{camera} {where}")
    for job in state["jobs"]:
        typer.echo(f"  job {job['id']} of {job['venue_id']}: {job['message']}")


@app.command(hidden=True)
def node(
    address: Annotated[str, typer.Option()],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    head: Annotated[str, typer.Option()] = "",
    head_port: Annotated[int | None, typer.Option()] = None,
    tag: TagOption = None,
    json_logs: JsonLogsOption = False,
) -> None:
    """The process that Ray's processes on this machine belong to, for `up` and `join`."""
    from sightline.cluster_wiring import node_resources
    from sightline.jobs.cluster_node import NodeHere, cluster_key, run_node

    site, stop = _begin_child("cluster-node", config, data_dir, json_logs=json_logs)
    with tempfile.TemporaryDirectory(prefix="sl-", ignore_cleanup_errors=True) as folder:
        run_node(
            address=address,
            head_port=head_port,
            head=head,
            resources=node_resources(tag or []),
            key=cluster_key(site.data_dir, create=False),
            here=NodeHere(folder=Path(folder), config=config, data_dir=site.data_dir, json_logs=json_logs),
            stop=stop,
        )
    sys.stderr.flush()
    os._exit(1)


@app.command(hidden=True)
def place(
    head: Annotated[str, typer.Option()],
    address: Annotated[str, typer.Option()],
    group: Annotated[int, typer.Option()],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    json_logs: JsonLogsOption = False,
) -> None:
    """The process that places work, for `up`."""
    from sightline.cluster_wiring import run_placer
    from sightline.pipeline.lifeline import Progress

    progress = Progress(LONGEST_LOOK_S)
    site, stop = _begin_child("cluster-place", config, data_dir, json_logs=json_logs, alive=progress.goes_on)
    # Where Ray tells of dead nodes, twenty lines each; what it means for us, we log.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    run_placer(site, head=head, node=address, most=group, stop=stop, step=progress.step)
    sys.stderr.flush()
    os._exit(0)


def _begin_child(
    name: str, config: Path | None, data_dir: Path | None, *, json_logs: bool, alive: Any = lambda: True
) -> "tuple[Site, threading.Event]":
    from sightline.logs import set_up_logs
    from sightline.pipeline.lifeline import Lifeline, leave_when_orphaned, own_output
    from sightline.wiring import open_site

    leave_when_orphaned(os.getppid())
    set_up_logs(as_json=True if json_logs else None, process=name)
    stop = threading.Event()
    Lifeline(sys.stdin, own_output(), alive=alive, stop=stop).start()
    return open_site(config, data_dir), stop


def _options(site: "Site", config: Path | None, *, json_logs: bool) -> list[str]:
    options = ["--config", str(config.absolute())] if config is not None else []
    return [*options, "--data-dir", str(site.data_dir), *(["--json-logs"] if json_logs else [])]


def _tags(tag: list[str] | None) -> list[str]:
    return [word for one in tag or () for word in ("--tag", one)]


def _child(name: str, options: list[str], more: list[str]) -> "ChildSpec":
    from sightline.pipeline.supervisor import ChildSpec

    command = (sys.executable, "-m", "sightline", "cluster", name, *options, *more)
    return ChildSpec(name=f"cluster-{name}", command=command)


def _require_free(address: str, port: int) -> None:
    try:
        socket.create_server((address, port)).close()
    except OSError as error:
        raise ConfigError(
            f"no head can listen at {address}:{port} ({error.strerror}); give another --address or --port"
        ) from error
