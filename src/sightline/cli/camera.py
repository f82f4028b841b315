"""`sightline camera`: which cameras this site watches, and how they are."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.camera_probe import probe
from sightline.cli.known_cameras import (
    database_if_there,
    find_camera,
    find_venue,
    has_password,
    known_cameras,
    known_venues,
    shown,
    typed_address,
)
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.tables import print_table
from sightline.cli.terminal import messages, print_json
from sightline.errors import ConfigError

if TYPE_CHECKING:
    from sightline.config.camera import CameraSettings
    from sightline.config.typed import TypedCamera
    from sightline.wiring import Site

app = typer.Typer(help="Which cameras this site watches, and how they are.", no_args_is_help=True)
app.command(name="test")(probe)

VenueOption = Annotated[
    str | None, typer.Option("--venue", help="Needed when several venues have a camera of this name.")
]


@app.command()
def add(
    camera: Annotated[str, typer.Argument(metavar="CAMERA", help="1 to 50 letters, digits, '_' or '-'.")],
    venue: Annotated[str, typer.Option("--venue", help="The shop it hangs in.")],
    source: Annotated[
        str,
        typer.Option(help="rtsp://, rtsps://, http(s)://, webcam:N, env:NAME, file:PATH, or - to be asked."),
    ],
    record_source: Annotated[
        str | None, typer.Option(help="Another stream of the same camera to record; default: the source.")
    ] = None,
    transport: Annotated[str | None, typer.Option(help="Of RTSP: tcp (default) or udp.")] = None,
    staff_line: Annotated[
        str | None, typer.Option(help="x1,y1,x2,y2: staff stand on one side of it; 0 to 1 of the picture.")
    ] = None,
    staff_side: Annotated[
        str | None, typer.Option(help="left (default) or right, seen from the line's first point.")
    ] = None,
    zones: Annotated[
        Path | None, typer.Option(help="YAML file with `zones:` and, if wanted, other rules of this camera.")
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Add a camera. A running `sightline serve` takes it up within seconds and disturbs no other."""
    from sightline.config.typed import TypedCamera
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    find_venue(site, venue)
    _refuse_known(site, venue, camera, config)
    typed = TypedCamera(
        venue_id=venue,
        camera_id=camera,
        source=source,
        record_source=record_source,
        transport=transport,
        staff_line=staff_line,
        staff_side=staff_side,
        rules_file=zones,
    )
    # What can be wrong without the addresses is found before they are asked for.
    replace(typed, source="env:X", record_source=None).settings()
    typed = replace(
        typed,
        source=typed_address(source, "address of the camera"),
        record_source=typed_address(record_source, "address to record") if record_source else None,
    )
    settings = typed.settings()
    _keep(site, typed, settings)
    say = messages()
    say.print(
        f"camera {camera} added to venue {venue}: {shown(settings.source)}", markup=False, soft_wrap=True
    )
    if has_password(source) or has_password(record_source or "-"):
        say.print(
            "note: the password is now in your shell's history, and was in the list of processes; next time"
            " type it after --source -, or keep it in a variable or file (env:NAME, file:PATH)",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )
    say.print(f"see whether it answers: sightline camera test {camera}", markup=False, soft_wrap=True)


@app.command(name="list")
def list_(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the cameras: whether pictures come in, since when not, and why."""
    from sightline.pipeline.known_cameras import camera_facts
    from sightline.pipeline.site_state import camera_states
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    database = database_if_there(site)
    told = camera_states(database, with_disabled=True) if database is not None else ()
    states = {(one.venue_id, one.camera_id): one for one in told}
    now = datetime.now(UTC)
    rows = [camera_facts(one, states.get((one.venue_id, one.camera_id)), now) for one in known_cameras(site)]
    if as_json:
        print_json({"cameras": rows})
        return
    if not rows:
        messages().print(_how_to_begin(site), markup=False, soft_wrap=True)
        return
    headings = ("venue", "camera", "state", "picture", ">fps", "last picture", "gap", "address")
    print_table(headings, [_cells(row, now) for row in rows])
    watchable = {row["state"] for row in rows} - {"recordings", "paused"}
    if watchable and watchable <= {"never", "not_running"}:
        messages().print("nobody watches them now; start with: sightline serve", markup=False)


@app.command()
def remove(
    camera: Annotated[str, typer.Argument(metavar="CAMERA")],
    venue: VenueOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Stop watching a camera. Its footage, events and evidence stay until their retention ends."""
    from sightline.pipeline.typed_cameras import take_out_camera
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    known = find_camera(site, camera, venue)
    if known.origin == "file":
        raise ConfigError(f"camera {camera!r} stands in {_site_file(config)}; remove it there")
    take_out_camera(site.database, site.vault, known, at=datetime.now(UTC))
    days = site.settings.retention_days
    messages().print(
        f"camera {camera} of venue {known.venue_id} removed, its address forgotten. Footage stays for"
        f" {days.recording} days, evidence {days.evidence}, events {days.events} (retention_days).",
        markup=False,
        soft_wrap=True,
    )


@app.command()
def discover(
    timeout: Annotated[float, typer.Option(help="Seconds to wait for answers.", min=0.1, max=60)] = 3.0,
    as_json: JsonOption = False,
) -> None:
    """Ask the local network which ONVIF cameras are on it. Nothing is changed, no password is sent."""
    from sightline.video.discovery import discover as ask

    found = ask(timeout_s=timeout)
    if as_json:
        print_json({"cameras": [asdict(one) for one in found]})
        return
    if not found:
        messages().print(
            f"no camera answered within {timeout:g} s. Cameras answer only in the same network, and only"
            " when ONVIF is switched on in their settings; an address can be tried with: sightline camera"
            " test rtsp://HOST/PATH",
            markup=False,
            soft_wrap=True,
        )
        return
    rows = [(one.address, one.name, one.hardware, one.location, " ".join(one.xaddrs)) for one in found]
    print_table(("address", "name", "hardware", "place", "service"), rows)


def _refuse_known(site: "Site", venue: str, camera: str, config: Path | None) -> None:
    for known in known_cameras(site):
        if (known.venue_id, known.camera_id) == (venue, camera):
            if known.origin == "file":
                raise ConfigError(f"camera {camera!r} stands in {_site_file(config)}; change it there")
            raise ConfigError(
                f"venue {venue!r} has a camera {camera!r} already ({known.source}); take it out first with:"
                f" sightline camera remove {camera} --venue {venue} (its footage and events stay)"
            )


def _keep(site: "Site", typed: "TypedCamera", settings: "CameraSettings") -> None:
    from sightline.pipeline.typed_cameras import keep_camera

    keep_camera(
        site.database,
        site.vault,
        known_venues(site)[typed.venue_id],
        settings,
        addresses={"source": typed.source, "record_source": typed.record_source},
        at=datetime.now(UTC),
    )


def _site_file(config: Path | None) -> str:
    return str(config) if config is not None else "sightline.yaml"


def _how_to_begin(site: "Site") -> str:
    venues = list(known_venues(site))
    if not venues:
        return (
            "no camera and no venue yet; begin with: sightline venue add ID --timezone Europe/Paris, then"
            " sightline camera add CAMERA --venue ID --source -"
        )
    return (
        f"no camera yet; add one with: sightline camera add CAMERA --venue {venues[0]} --source -"
        " (sightline camera discover shows what is on the network)"
    )


def _cells(row: dict[str, Any], now: datetime) -> tuple[str, ...]:
    gap, last = row["gap"], row["last_picture_at"]
    picture = f"{row['width']}x{row['height']} {row['codec']}" if row["width"] else "-"
    return (
        row["venue_id"],
        row["camera_id"],
        "never ran" if row["state"] == "never" else row["state"].replace("_", " "),
        picture,
        f"{row['fps']:.1f}" if row["fps"] is not None and row["state"] == "running" else "-",
        f"{_ago(last, now)} ago" if last else "-",
        f"{gap['reason'].replace('_', ' ')} for {_ago(gap['since'], now)}" if gap else "-",
        row["source"],
    )


def _ago(at: str, now: datetime) -> str:
    minutes, seconds = divmod(max(0, round((now - datetime.fromisoformat(at)).total_seconds())), 60)
    if minutes >= 24 * 60:
        return f"{minutes // (24 * 60)} d {minutes // 60 % 24} h"
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
