"""`sightline camera test`: does it answer, what does it send, and is anything about it unwise?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.known_cameras import address_of, find_camera, has_password, typed_address
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.tables import print_table
from sightline.cli.terminal import messages, print_json
from sightline.config.references import REFERENCE, SCHEME, Source
from sightline.errors import ConfigError

if TYPE_CHECKING:  # takes a second to import; `--help` should not wait for it
    from sightline.video.probe import StreamReport
    from sightline.wiring import Site


def probe(
    camera: Annotated[
        str, typer.Argument(metavar="CAMERA|ADDRESS", help="Its name, or an address not yet added; - to ask.")
    ],
    venue: Annotated[
        str | None, typer.Option("--venue", help="Needed when several venues have a camera of this name.")
    ] = None,
    transport: Annotated[str | None, typer.Option(help="tcp or udp; default: as the camera is set.")] = None,
    snapshot: Annotated[
        Path | None, typer.Option(help="Where the picture goes; default: below the data folder.")
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a camera for some seconds: resolution, codec, rate, key frames, clock, and a picture."""
    from sightline.pipeline.camera_look import keep_picture, probe_camera, report_facts, warnings_about
    from sightline.wiring import open_site

    if transport not in (None, "tcp", "udp"):
        raise ConfigError(f"--transport is tcp or udp, got {transport!r}")
    site = open_site(config, data_dir)
    address, set_transport, name = _find(site, camera, venue)
    chosen = transport or set_transport
    report = probe_camera(address, transport=chosen)
    picture = snapshot or site.data_dir / "snapshots" / f"{name}.jpg"
    keep_picture(picture, report.snapshot_jpeg)
    warnings = warnings_about(report, chosen)
    if as_json:
        print_json({**report_facts(report, chosen), "snapshot": str(picture), "warnings": warnings})
        return
    _print(report, chosen, picture, warnings)
    if has_password(camera):
        messages().print(
            "note: the password is now in your shell's history; next time: sightline camera test -",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def _find(site: "Site", camera: str, venue: str | None) -> tuple[str, str, str]:
    """Full address, transport and a name for the picture."""
    if camera != "-" and not SCHEME.match(camera) and not REFERENCE.match(camera):
        known = find_camera(site, camera, venue)
        if known.is_recording:
            raise ConfigError(
                f"the source of camera {camera!r} is recorded footage ({known.source}); it is for: sightline"
                " analyze"
            )
        return address_of(site, known), known.transport, f"{known.venue_id}/{known.camera_id}"
    try:
        source = Source.parse(typed_address(camera, "address of the camera"))
    except ValueError as error:
        raise ConfigError(str(error)) from None
    return source.resolve(), "tcp", "address"


def _print(report: "StreamReport", transport: str, picture: Path, warnings: list[str]) -> None:
    interval, offset = report.key_frame_interval_s, report.clock_offset_s
    rows = (
        ("address", f"{report.shown} ({transport})"),
        ("picture", f"{report.width}x{report.height}, {float(report.fps):.4g} per second"),
        ("codec", report.codec),
        ("key frames", f"every {interval:.1f} s" if interval is not None else "one only"),
        ("bit rate", f"{report.bit_rate / 1e6:.2f} Mbit/s"),
        ("clock", f"{offset:+.1f} s from ours" if offset is not None else "not told by the camera"),
        ("snapshot", str(picture)),
    )
    print_table(("", ""), rows)
    for warning in warnings:
        messages().print(f"warning: {warning}", style="yellow", markup=False, soft_wrap=True)
