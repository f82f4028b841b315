"""`sightline bench events`: the rules held against simulated shops whose truth is known."""

import io
import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from sightline.cli.bench_output import machine, print_rows, row
from sightline.cli.options import JsonOption
from sightline.cli.terminal import messages, print_json, progress
from sightline.errors import ConfigError

if TYPE_CHECKING:
    from sightline.domain.event import ServiceEvent
    from sightline.domain.scene import CameraRules
    from sightline.pipeline.event_accuracy import Agreement
    from sightline.simulate import Truth

AIM = 0.95
FROZEN_SEEDS = "100-109"
"""Chosen before any rule was tuned; nobody looks at these shops while tuning."""


class SourceOfTracks(StrEnum):
    TRACKS = "tracks"
    PIXELS = "pixels"


def events(
    seeds: Annotated[str, typer.Option(help="Seeds as 100-109 or 3,5,8.")] = FROZEN_SEEDS,
    minutes: Annotated[float, typer.Option(help="Length of each simulated recording.")] = 5.0,
    source: Annotated[
        SourceOfTracks, typer.Option("--from", help="tracks: the true ones; pixels: detector and tracker.")
    ] = SourceOfTracks.TRACKS,
    detector: Annotated[str | None, typer.Option(help="With --from pixels: which detector.")] = None,
    analysis_fps: Annotated[float, typer.Option(help="Pictures analysed per second.")] = 5.0,
    show: Annotated[bool, typer.Option("--show", help="Name each event missed or invented.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Precision and recall of events, and how far their starts and ends are off, against simulated truth."""
    from sightline.pipeline.event_accuracy import KINDS, agreement, pooled

    numbers = _numbers(seeds)
    parts: dict[Any, list[Agreement]] = {kind: [] for kind in KINDS}
    with progress("Comparing with the truth", len(numbers), unit="shops", quiet=as_json) as advance:
        for done, seed in enumerate(numbers, start=1):
            truth, found, people = _found(seed, minutes, source, detector, analysis_fps)
            for kind in KINDS:
                parts[kind].append(agreement(truth, found, kind, people))
            advance(done)
    results = [pooled(parts[kind]) for kind in KINDS]
    rows = [line for result in results for line in _rows(result)]
    document = {"bench": f"events from {source.value}", "machine": machine(), "rows": rows}
    if show:
        for result in results:
            for text in (*(f"missed: {one}" for one in result.missed),
                         *(f"invented: {one}" for one in result.invented)):  # fmt: skip
                messages().print(text, markup=False)
    if as_json:
        print_json(document)
    else:
        print_rows(document)


def _found(
    seed: int, minutes: float, source: SourceOfTracks, detector: str | None, analysis_fps: float
) -> "tuple[Truth, Sequence[ServiceEvent], dict[int, int] | None]":
    """One shop's truth, the events found in it, and which true person each track is (None: the ids agree)."""
    from sightline.pipeline.event_accuracy import events_from, true_tracks
    from sightline.simulate import script_shop

    if source is SourceOfTracks.PIXELS:
        return _from_pixels(seed, minutes, detector, analysis_fps)
    truth = script_shop(seed, minutes, 15)
    return truth, events_from(true_tracks(truth, analysis_fps), _simulated_rules()), None


def _from_pixels(
    seed: int, minutes: float, detector: str | None, analysis_fps: float
) -> "tuple[Truth, Sequence[ServiceEvent], dict[int, int]]":
    from sightline.domain.track import TrackedBox
    from sightline.pipeline.event_accuracy import people_of
    from sightline.pipeline.loop import watch_footage
    from sightline.simulate import simulate
    from sightline.video.frames import read_frames
    from sightline.video.source import open_file
    from sightline.wiring import detector_for, open_site, tracker_for

    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as work:
        shop = simulate(Path(work), seed=seed, minutes=minutes)
        site = open_site(None, Path(work) / "data")
        tracker, rules = tracker_for(site.settings, None, _simulated_rules())
        lines = io.StringIO()
        with open_file(shop.video) as video:
            seen = watch_footage(
                read_frames(video, recorded_at=shop.truth.recorded_at, analysis_fps=analysis_fps),
                detector=detector_for(site.settings, detector),
                tracker=tracker,
                rules=rules,
                tracks_file=lines,
                on_frame=lambda _: None,
            )
    sightings = []
    for line in lines.getvalue().splitlines():
        frame, track_id, left, top, width, height = (float(value) for value in line.split(",")[:6])
        box = TrackedBox(int(track_id), (left, top, left + width, top + height), 1.0)
        sightings.append((int(frame) - 1, int(track_id), box))
    return shop.truth, seen.events, people_of(shop.truth, sightings)


def _simulated_rules() -> "CameraRules":
    """The rules of the simulated shop's own site file, as `analyze` would read them."""
    from sightline.config import load_settings
    from sightline.simulate.site import CAMERA_ID, VENUE_ID, site_yaml
    from sightline.wiring import camera_rules

    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as work:
        site = Path(work) / "site.yaml"
        site.write_text(site_yaml("shop.mp4"))
        return camera_rules(load_settings(site, environ={}).camera(VENUE_ID, CAMERA_ID))


def _numbers(text: str) -> list[int]:
    try:
        if "-" in text:
            first, _, last = text.partition("-")
            return list(range(int(first), int(last) + 1))
        return [int(one) for one in text.split(",")]
    except ValueError as error:
        raise ConfigError(f"--seeds {text!r} is neither a range as 100-109 nor a list as 3,5,8") from error


def _rows(result: "Agreement") -> list[dict[str, Any]]:
    kind = result.kind.value
    rows = []
    for name, value, of in (
        ("precision", result.precision, result.found),
        ("recall", result.recall, result.true),
    ):
        if value is not None:
            rows.append(row(f"{kind}: {name} ({result.matched} of {of})", value, "", "aim", AIM, value / AIM))
    for name, errors in (("start", result.start_errors_s), ("end", result.end_errors_s)):
        if errors:
            median, p95 = np.percentile(errors, [50, 95])
            rows.append(row(f"{kind}: error of the {name}, p95", p95, "s", "its median", median,
                            p95 / median if median else float("nan")))  # fmt: skip
    return rows
