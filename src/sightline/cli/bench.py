"""`sightline bench`: figures against a named yardstick of the same run, as ratios."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from sightline.cli.bench_api import api
from sightline.cli.bench_cameras import cameras
from sightline.cli.bench_delivery import delivery
from sightline.cli.bench_events import events
from sightline.cli.bench_output import machine, print_rows, row
from sightline.cli.bench_tracking import tracking
from sightline.cli.options import JsonOption
from sightline.cli.terminal import print_json, progress
from sightline.errors import ConfigError

app = typer.Typer(help="Measure, each figure beside its yardstick.", no_args_is_help=True)

WORKER = [sys.executable, "-m", "sightline.pipeline.yardstick"]


app.command()(cameras)
app.command()(delivery)
app.command()(api)
app.command()(events)
app.command()(tracking)


@app.command()
def pipeline(
    videos: Annotated[
        list[Path] | None, typer.Argument(help="Videos; without any, a simulated shop.")
    ] = None,
    models: Annotated[str, typer.Option(help="Detectors, separated by commas.")] = "yolox_nano,yolo11n",
    runtimes: Annotated[
        str, typer.Option(help="Runtimes, separated by commas; all: those installed.")
    ] = "all",
    rounds: Annotated[int, typer.Option(min=1, help="Measurements of each, taken in turn.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Every frame analysed and recorded, beside decode + resize + inference done one after another."""
    from sightline.vision.catalogue import find_model

    files = {name: find_model(name) for name in models.split(",")}
    missing = [name for name, file in files.items() if file is None]
    if missing:
        raise ConfigError(
            f"no file for {', '.join(missing)}: set SIGHTLINE_MODELS, or run"
            f" sightline models pull {missing[0]}"
        )
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as work:
        sources = videos or [_simulated(Path(work), quiet=as_json)]
        runs = [
            (video, name, file, runtime)
            for video in sources
            for name, file in files.items()
            if file is not None
            for runtime in _runtimes(runtimes)
        ]
        rows: list[dict[str, Any]] = []
        with progress("Measuring", len(runs), unit="pairings", quiet=as_json) as advance:
            for number, (video, name, file, runtime) in enumerate(runs, start=1):
                rows += _pairing(video, name, file, runtime, rounds)
                advance(number)
    document = {"bench": "pipeline", "machine": machine(), "rows": rows}
    if as_json:
        print_json(document)
    else:
        print_rows(document)


def _runtimes(asked: str) -> list[str]:
    from importlib.util import find_spec

    installed = [name for name in ("onnxruntime", "openvino") if find_spec(name)]
    if asked == "all":
        return installed
    unknown = [name for name in asked.split(",") if name not in installed]
    if unknown:
        raise ConfigError(f"runtime {unknown[0]!r} is not installed; there is: {', '.join(installed)}")
    return asked.split(",")


def _simulated(work: Path, *, quiet: bool) -> Path:
    from sightline.simulate import simulate

    with progress("Simulating a shop to measure on", 1.0, quiet=quiet) as advance:
        return simulate(work / "shop", seed=1, minutes=0.5, progress=advance).video


def _pairing(video: Path, name: str, file: Path, runtime: str, rounds: int) -> list[dict[str, Any]]:
    """One video, model and runtime: the product and its yardsticks in turn, medians and the median ratio."""
    laps: dict[str, list[dict[str, float]]] = {"sightline": [], "plain": [], "decode": [], "infer": []}
    for _ in range(rounds):
        for what, results in laps.items():
            results.append(_measure(what, video, file, runtime))
    middle = {what: median(lap["ms_per_frame"] for lap in results) for what, results in laps.items()}
    ratio = median(
        plain["ms_per_frame"] / ours["ms_per_frame"]
        for plain, ours in zip(laps["plain"], laps["sightline"], strict=True)
    )
    label = f"{video.name}, {name}, {runtime}"
    rows = [
        row(f"{label}: frames per second", 1000 / middle["sightline"], "fps",
             "decode + resize + inference in turn", 1000 / middle["plain"], ratio),
        row(f"{label}: time a frame", middle["sightline"], "ms",
             "bare inference session", middle["infer"], middle["sightline"] / middle["infer"]),
        row(f"{label}: time a frame", middle["sightline"], "ms",
             "decoding alone (PyAV)", middle["decode"], middle["sightline"] / middle["decode"]),
        row(f"{label}: peak memory", max(lap["peak_mib"] for lap in laps["sightline"]), "MiB",
             "plain script", max(lap["peak_mib"] for lap in laps["plain"]),
             max(lap["peak_mib"] for lap in laps["sightline"])
             / max(lap["peak_mib"] for lap in laps["plain"])),
    ]  # fmt: skip
    ffmpeg_ms = _ffmpeg_ms(video, int(laps["decode"][0]["frames"]), rounds)
    if ffmpeg_ms is not None:
        rows.append(
            row(f"{label}: time a frame", middle["sightline"], "ms",
                 "ffmpeg -f null", ffmpeg_ms, middle["sightline"] / ffmpeg_ms)
        )  # fmt: skip
    return rows


def _measure(what: str, video: Path, model: Path, runtime: str) -> dict[str, float]:
    command = [*WORKER, what, str(video), str(model), "--runtime", runtime]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own module
    if done.returncode:
        raise ConfigError(f"measuring {what} on {video} failed: {done.stderr.strip().splitlines()[-1]}")
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _ffmpeg_ms(video: Path, frames: int, rounds: int) -> float | None:
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    laps = []
    for _ in range(rounds):
        started = time.perf_counter()
        command = [program, "-v", "error", "-i", str(video), "-map", "0:v:0", "-f", "null", "-"]
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL)  # noqa: S603  fixed words and a path
        laps.append(1000 * (time.perf_counter() - started) / frames)
    return median(laps)
