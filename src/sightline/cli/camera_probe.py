"""`sightline camera test`: does it answer, what does it send, and is anything about it unwise?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.known_cameras import address_of, find_camera, has_password, typed_address
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.tables import print_table
from sightline.cli.terminal import messages, print_json
from sightline.config.references import REFERENCE, SCHEME, Source
from sightline.domain.gap import GapReason
from sightline.errors import ConfigError, SourceUnavailable

if TYPE_CHECKING:  # takes a second to import; `--help` should not wait for it
    from sightline.video.probe import StreamReport
    from sightline.wiring import Site

LONG_KEY_FRAME_INTERVAL_S = 4.0
CLOCK_TOLERANCE_S = 2.0
AGAIN = "try again in a minute; if it stays so, restart the camera and look how many others watch it"
WAY_OUT = {
    GapReason.UNREACHABLE: "check that it has power and network, and the address and port (RTSP: 554)",
    GapReason.UNAUTHORIZED: "check user and password, and do not try too often: cameras lock accounts",
    GapReason.NOT_FOUND: "look up the path of the stream in the camera's settings or manual",
    GapReason.UNUSABLE: "set the stream to H.264 in the camera's settings",
}


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
    from sightline.video.probe import probe_stream
    from sightline.video.stream import StreamLost
    from sightline.wiring import open_site

    if transport not in (None, "tcp", "udp"):
        raise ConfigError(f"--transport is tcp or udp, got {transport!r}")
    site = open_site(config, data_dir)
    address, set_transport, name = _find(site, camera, venue)
    chosen = transport or set_transport
    try:
        report = probe_stream(address, transport=chosen)
    except StreamLost as error:
        raise SourceUnavailable(f"{error}; {WAY_OUT.get(error.reason, AGAIN)}") from error
    picture = snapshot or site.data_dir / "snapshots" / f"{name}.jpg"
    _write_picture(picture, report.snapshot_jpeg)
    warnings = warnings_about(report, chosen)
    if as_json:
        print_json({**_facts(report, chosen), "snapshot": str(picture), "warnings": warnings})
        return
    _print(report, chosen, picture, warnings)
    if has_password(camera):
        messages().print(
            "note: the password is now in your shell's history; next time: sightline camera test -",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def warnings_about(report: "StreamReport", transport: str) -> list[str]:
    """One sentence for each thing that will cost footage, clips or work, with the way out."""
    warnings = []
    interval = report.key_frame_interval_s
    if interval is None:
        warnings.append(
            "no second key frame came: clips can begin at key frames only, and the picture is back only with"
            " one; set the I-frame interval to 1 or 2 s in the camera's settings"
        )
    elif interval > LONG_KEY_FRAME_INTERVAL_S:
        warnings.append(
            f"a key frame comes only every {interval:.1f} s: clips begin up to that much earlier, and the"
            " picture is back that much later; set the I-frame interval to 1 or 2 s in the camera's settings"
        )
    if report.codec == "hevc":
        warnings.append(
            "H.265: many browsers do not play it, so clips may not open on every screen, and decoding costs"
            " more; set the camera to H.264 if you can"
        )
    offset = report.clock_offset_s
    if offset is not None and abs(offset) > CLOCK_TOLERANCE_S:
        side = "ahead of" if offset > 0 else "behind"
        warnings.append(
            f"the camera's clock is {abs(offset):.1f} s {side} this machine's: the time it writes into the"
            " picture will not match the events; let both ask the same time server"
        )
    if transport == "udp":
        warnings.append("UDP loses packets on a busy network, and with them pictures; use tcp where it works")
    return warnings


def _find(site: "Site", camera: str, venue: str | None) -> tuple[str, str, str]:
    """Full address, transport and a name for the picture."""
    if camera != "-" and not SCHEME.match(camera) and not REFERENCE.match(camera):
        known = find_camera(site, camera, venue)
        if known.is_recording:
            raise ConfigError(
                f"the source of camera {camera!r} is recorded footage ({known.source}); it is for: sightline"
                " analyze"
            )
        return address_of(site, known), known.transport, f"{known.venue_id}-{known.camera_id}"
    try:
        source = Source.parse(typed_address(camera, "address of the camera"))
    except ValueError as error:
        raise ConfigError(str(error)) from None
    return source.resolve(), "tcp", "address"


def _facts(report: "StreamReport", transport: str) -> dict[str, object]:
    return {
        "address": report.shown,
        "transport": transport,
        "codec": report.codec,
        "width": report.width,
        "height": report.height,
        "fps": round(float(report.fps), 3),
        "key_frame_interval_s": _rounded(report.key_frame_interval_s),
        "bit_rate": report.bit_rate,
        "clock_offset_s": _rounded(report.clock_offset_s),
    }


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


def _write_picture(path: Path, jpeg: bytes) -> None:
    """For its owner's eyes: people may be on it."""
    from sightline.evidence.files import write_whole
    from sightline.video.disk import writing

    with writing(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, jpeg, mode=0o600)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
