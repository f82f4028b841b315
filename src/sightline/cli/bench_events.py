"""`sightline bench events`: the rules held against simulated shops whose truth is known."""

import io
import tempfile
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.bench_output import machine, print_rows, row
from sightline.cli.options import JsonOption
from sightline.cli.terminal import messages, print_json, progress
from sightline.errors import ConfigError

if TYPE_CHECKING:
    from sightline.domain.event import ServiceEvent
    from sightline.domain.scene import CameraRules
    from sightline.domain.track import TrackedBox
    from sightline.pipeline.event_accuracy import Agreement
    from sightline.video.source import VideoFile
    from sightline.wiring import Site

AIM = 0.95
FPS = 15.0
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
    detectors: Annotated[
        str, typer.Option("--detector", help="With --from pixels: which, separated by commas.")
    ] = "auto",
    analysis_fps: Annotated[float, typer.Option(help="Pictures analysed per second.")] = 5.0,
    show: Annotated[bool, typer.Option("--show", help="Name each event missed or invented.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Precision and recall of events, and how far their starts and ends are off, against simulated truth."""
    numbers = _numbers(seeds)
    ways = ["true tracks"] if source is SourceOfTracks.TRACKS else detectors.split(",")
    parts: dict[str, list[list[Agreement]]] = {way: [] for way in ways}
    with progress("Comparing with the truth", len(numbers), unit="shops", quiet=as_json) as advance:
        for done, seed in enumerate(numbers, start=1):
            if source is SourceOfTracks.TRACKS:
                parts[ways[0]].append(_from_true_tracks(seed, minutes, analysis_fps))
            else:
                for way, agreements in _from_pixels(seed, minutes, ways, analysis_fps).items():
                    parts[way].append(agreements)
            advance(done)
    rows = [line for way in ways for line in _rows_of(way, parts[way], show=show)]
    document = {"bench": "events", "machine": machine(), "rows": rows}
    if as_json:
        print_json(document)
    else:
        print_rows(document)


def _from_true_tracks(seed: int, minutes: float, analysis_fps: float) -> "list[Agreement]":
    """The rules alone: what they conclude from perfect tracks."""
    from sightline.pipeline.event_accuracy import KINDS, agreement, events_from, true_tracks
    from sightline.simulate import script_shop

    truth = script_shop(seed, minutes, FPS)
    found = events_from(true_tracks(truth, analysis_fps), _simulated_rules())
    return [agreement(truth, found, kind) for kind in KINDS]


def _from_pixels(
    seed: int, minutes: float, detectors: Sequence[str], analysis_fps: float
) -> "dict[str, list[Agreement]]":
    """One simulated video, watched with each detector."""
    from sightline.pipeline.event_accuracy import KINDS, agreement, people_of
    from sightline.simulate import simulate
    from sightline.video.source import open_file
    from sightline.wiring import open_site

    answers = {}
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as work:
        shop = simulate(Path(work), seed=seed, minutes=minutes, fps=FPS)
        site = open_site(None, Path(work) / "data")
        for detector in detectors:
            with open_file(shop.video) as video:
                found, sightings = _watched(site, video, shop.truth.recorded_at, detector, analysis_fps)
            people = people_of(shop.truth, sightings)
            answers[detector] = [agreement(shop.truth, found, kind, people) for kind in KINDS]
    return answers


def _watched(
    site: "Site", video: "VideoFile", recorded_at: datetime, detector: str, analysis_fps: float
) -> "tuple[Sequence[ServiceEvent], list[tuple[int, int, TrackedBox]]]":
    """Events, and every sighting as frame number, track id and box."""
    from sightline.domain.track import TrackedBox
    from sightline.pipeline.detecting import detected_ahead
    from sightline.pipeline.loop import watch_footage
    from sightline.video.frames import read_frames
    from sightline.wiring import detector_for, tracker_for

    tracker, rules = tracker_for(site.settings, None, _simulated_rules())
    lines = io.StringIO()
    seen = watch_footage(
        detected_ahead(
            read_frames(video, recorded_at=recorded_at, analysis_fps=analysis_fps),
            detector_for(site.settings, detector),
        ),
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
    return seen.events, sightings


def _simulated_rules() -> "CameraRules":
    """The rules of the simulated shop's own site file, as `analyze` would read them."""
    from sightline.config import load_settings
    from sightline.simulate.site import CAMERA_ID, VENUE_ID, site_yaml
    from sightline.wiring import camera_rules

    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as work:
        site = Path(work) / "site.yaml"
        site.write_text(site_yaml("shop.mp4"))
        settings = load_settings(site, environ={})
        venue = settings.venue(VENUE_ID)
        return camera_rules(settings, venue, venue.camera(CAMERA_ID))


def _numbers(text: str) -> list[int]:
    try:
        if "-" in text:
            first, _, last = text.partition("-")
            return list(range(int(first), int(last) + 1))
        return [int(one) for one in text.split(",")]
    except ValueError as error:
        raise ConfigError(f"--seeds {text!r} is neither a range as 100-109 nor a list as 3,5,8") from error


def _rows_of(way: str, parts: "list[list[Agreement]]", *, show: bool) -> list[dict[str, Any]]:
    from sightline.pipeline.event_accuracy import pooled

    rows = []
    for of_kind in zip(*parts, strict=True):
        result = pooled(of_kind)
        rows += _rows(way, result)
        if show:
            wrong = [f"missed: {one}" for one in result.missed]
            for text in wrong + [f"invented: {one}" for one in result.invented]:
                messages().print(f"{way}, {text}", markup=False)
    return rows


def _rows(way: str, result: "Agreement") -> list[dict[str, Any]]:
    import numpy as np

    kind = f"{way}, {result.kind.value}"
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
