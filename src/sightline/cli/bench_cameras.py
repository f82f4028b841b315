"""`sightline bench cameras`: many live cameras on this machine, recorded and analysed, for a while."""

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.bench_output import machine, print_rows, row
from sightline.cli.options import JsonOption
from sightline.cli.terminal import print_json, progress
from sightline.errors import ConfigError

if TYPE_CHECKING:
    from sightline.testing.live_site import LiveSite

WARM_UP_S = 15.0
COUNTED = ("packets", "recorded_packets", "decoded", "analysed", "repeated", "dropped", "events")


def cameras(
    videos: Annotated[
        list[Path] | None, typer.Argument(help="What the cameras see; without any, a simulated shop.")
    ] = None,
    count: Annotated[int, typer.Option("--cameras", min=1, help="How many cameras.")] = 8,
    seconds: Annotated[float, typer.Option(min=5, help="How long to measure.")] = 60,
    fps: Annotated[int, typer.Option(min=1, help="Pictures per second of each stream.")] = 15,
    detector: Annotated[str, typer.Option(help="builtin, yolox_nano, yolo11n.")] = "builtin",
    as_json: JsonOption = False,
) -> None:
    """Real RTSP streams from a local server into `sightline serve`: what is lost, how late, at what cost."""
    from sightline.testing.camera_footage import camera_footage
    from sightline.testing.live_site import LiveSite
    from sightline.testing.rtsp_server import RtspServer, rtsp_server_missing

    lacking = rtsp_server_missing()
    if lacking:
        raise ConfigError(lacking)
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as work:
        folder = Path(work)
        sources = videos or [_simulated_shop(folder, quiet=as_json)]
        length = seconds + WARM_UP_S + 60
        with progress("Preparing streams", len(sources), unit="videos", quiet=as_json) as advance:
            made = []
            for number, source in enumerate(sources, start=1):
                made.append(camera_footage(source, folder / "streams", fps=fps, seconds=length))
                advance(number)
        mounts = {f"/camera{number + 1}": made[number % len(made)] for number in range(count)}
        with RtspServer(mounts) as server:
            addresses = {path.strip("/"): server.url(path) for path in mounts}
            with LiveSite(folder / "site", addresses, detector=detector) as site:
                site.wait_until_live(timeout_s=60 + 5 * count)
                time.sleep(WARM_UP_S)
                measured = _measure(site, server.pid or 0, seconds, quiet=as_json)
                code = site.stop()
                rows = _rows(site, measured, code, fps=fps, seconds=measured["seconds"])
    document = {"bench": "cameras", "machine": machine(), "rows": rows}
    if as_json:
        print_json(document)
    else:
        print_rows(document)


def _simulated_shop(folder: Path, *, quiet: bool) -> Path:
    from sightline.simulate import simulate

    with progress("Simulating a shop", 1, quiet=quiet) as advance:
        return simulate(folder / "shop", seed=1, minutes=1, progress=advance).video


def _measure(site: "LiveSite", server_pid: int, seconds: float, *, quiet: bool) -> dict[str, Any]:
    """Counters and processor time between two instants, and the peak of memory between them."""
    from sightline.testing.live_site import processor_s, proportional_mib

    before, spent, served = site.status(), processor_s(site.processes()), processor_s([server_pid])
    began, peak = time.monotonic(), 0.0
    with progress("Measuring", seconds, unit="s", quiet=quiet) as advance:
        while (passed := time.monotonic() - began) < seconds:
            peak = max(peak, proportional_mib(site.processes()))
            advance(passed)
            time.sleep(1)
    after, lasted = site.status(), time.monotonic() - began
    counted = {
        name: {key: after[name].get(key, 0) - before[name].get(key, 0) for key in COUNTED}
        for name in site.cameras
    }
    roles: dict[str, float] = {}
    for early, late in _processor_by_process(before, after):
        for role, now in late.items():
            roles[role] = roles.get(role, 0.0) + now - early.get(role, 0.0)
    return {
        "seconds": lasted,
        "counted": counted,
        "after": after,
        "cpu_s": processor_s(site.processes()) - spent,
        "server_cpu_s": processor_s([server_pid]) - served,
        "roles": roles,
        "peak_mib": peak,
    }


def _processor_by_process(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]
) -> list[tuple[dict[str, float], dict[str, float]]]:
    """Processor time by role at both instants, once per camera process."""
    found = {}
    for name, status in after.items():
        now, then = status.get("process") or {}, before[name].get("process") or {}
        if now and now.get("pid") == then.get("pid"):
            found[now["pid"]] = (then["cpu_s"], now["cpu_s"])
    return list(found.values())


def _rows(site: "LiveSite", measured: dict[str, Any], code: int, *, fps: int, seconds: float) -> list[Any]:
    from sightline.testing.live_site import missing_pictures

    recorded = missing = 0
    holes: list[tuple[float, float]] = []
    for name in site.cameras:
        there, lost, gaps = missing_pictures(site.segments(name), site.data_dir / "recordings", 1 / fps)
        recorded, missing, holes = recorded + there, missing + lost, holes + gaps
    counted = measured["counted"].values()
    analysed, dropped = (sum(one[key] for one in counted) for key in ("analysed", "dropped"))
    shares = [one["dropped"] / max(1, one["analysed"] + one["dropped"]) for one in counted]
    late = [
        one["latency_p95_s"] for one in measured["after"].values() if one.get("latency_p95_s") is not None
    ]
    number, cores = len(site.cameras), len(os.sched_getaffinity(0))
    what = f"{number} cameras"
    rows = [
        row(f"{what}: recorded pictures missing", missing, "", "recorded", recorded,
            missing / max(1, recorded)),
        row(f"{what}: holes above 1 s", len(holes), "", "allowed", 0, float(len(holes))),
        row(
            f"{what}: pictures dropped by the analysis", dropped, "", "analysed and dropped",
            analysed + dropped, dropped / max(1, analysed + dropped),
        ),
        row(f"{what}: worst camera's dropped share", max(shares), "", "allowed", 0.01, max(shares) / 0.01),
        row(f"{what}: best camera's dropped share", min(shares), "", "worst camera", max(shares),
            min(shares) / max(shares) if max(shares) else 1.0),
        row(f"{what}: pictures analysed", analysed / seconds / number, "/s", "asked for", 5,
            analysed / seconds / number / 5),
        row(f"{what}: of these with the last detections", sum(one["repeated"] for one in counted), "",
            "analysed", analysed, sum(one["repeated"] for one in counted) / max(1, analysed)),
        row(f"{what}: events", sum(one["events"] for one in counted), "", "per minute", 1,
            60 * sum(one["events"] for one in counted) / seconds),
        row(f"{what}: picture to stored event, p95, worst camera", max(late, default=0), "s", "allowed", 1.5,
            max(late, default=0) / 1.5),
        row(f"{what}: processor, all of Sightline", measured["cpu_s"] / seconds, "cores", "machine", cores,
            measured["cpu_s"] / seconds / cores),
        row(f"{what}: processor, RTSP server", measured["server_cpu_s"] / seconds, "cores", "machine", cores,
            measured["server_cpu_s"] / seconds / cores),
        row(f"{what}: peak memory of all processes (PSS)", measured["peak_mib"], "MiB", "per camera",
            measured["peak_mib"] / number, number),
        row(f"{what}: exit code of the orderly stop", code, "", "expected", 0, float(code)),
    ]  # fmt: skip
    for role, spent in measured["roles"].items():
        rows.append(
            row(f"{what}: processor, {role}", spent / seconds, "cores", "all of Sightline",
                measured["cpu_s"] / seconds, spent / max(0.001, measured["cpu_s"]))
        )  # fmt: skip
    return rows
