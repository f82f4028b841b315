"""A long video analysed in pieces, beside the same in one go: same events, how much sooner.

    python benchmarks/pieces.py [--minutes 24] [--pieces 2,4] [--detectors builtin,yolox_nano] [--json]

A simulated shop (fixed seeds) is analysed by the command people type, first in one go, then again in so many
pieces into the same data folder. Compared: kind, start and end of every event (0.2 s), its id (running again
keeps it), the visitors (1 %), and tracks.csv byte for byte, which a detector that judges each picture by
itself must give. Seconds are those until the last picture was watched: sealing is the same work either way
and is done only once. Exit code 1 when anything differs. Speed counts on a quiet machine only.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from analyze_command import AnalyzeCommand
from made_footage import loop_videos
from sightline.cli.bench_output import machine
from sightline.simulate import simulate
from sightline.vision.runtime import cores

SEEDS = (3, 4, 6)
PART_MINUTES = 3.0
TIMES_WITHIN_S = 0.2
VISITORS_WITHIN = 0.01


@dataclass(frozen=True, slots=True)
class Analysed:
    """One run: its summary, the bytes of its tracks, and seconds until the last picture was watched."""

    summary: dict[str, Any]
    tracks: bytes
    watched_s: float


def footage(folder: Path, minutes: float) -> tuple[Path, Path]:
    """A video of so many minutes, and its site file: days of one shop, one after the other, then again."""
    part = min(PART_MINUTES, minutes)
    needed = max(1, min(len(SEEDS), round(minutes / part + 0.49)))
    shops = [simulate(folder / f"seed-{seed}", seed=seed, minutes=part) for seed in SEEDS[:needed]]
    video = folder / "long.mp4"
    loop_videos([shop.video for shop in shops], video, minutes * 60)
    return video, shops[0].site_file


def analysed(command: AnalyzeCommand, folder: Path) -> Analysed:
    watched_s, _ = command.finish(folder)
    summary = json.loads((folder / "out" / "summary.json").read_text())
    return Analysed(summary, (folder / "out" / "tracks.csv").read_bytes(), watched_s)


def unlike(whole: Sequence[dict[str, Any]], cut: Sequence[dict[str, Any]]) -> list[str]:
    """One sentence for every event without a partner of its kind, time and id, on either side."""
    rest = list(cut)
    found = []
    for event in whole:
        partners = [one for one in rest if one["kind"] == event["kind"] and _apart_s(one, event) is not None]
        nearest = min(partners, key=lambda one: _apart_s(one, event) or 0.0, default=None)
        name = f"{event['kind']} of {event['start']}"
        if nearest is None:
            found.append(f"{name}: missing")
            continue
        rest.remove(nearest)
        apart = _apart_s(nearest, event) or 0.0
        if apart > TIMES_WITHIN_S:
            found.append(f"{name}: {apart:.1f} s off")
        elif nearest["event_id"] != event["event_id"]:
            found.append(f"{name}: another id")
    return found + [f"{one['kind']} of {one['start']}: only in pieces" for one in rest]


def _apart_s(one: dict[str, Any], other: dict[str, Any]) -> float | None:
    """The larger difference of starts and ends, seconds; None when they do not overlap."""
    starts, ends = (
        [datetime.fromisoformat(event[key]) for event in (one, other)] for key in ("start", "end")
    )
    if max(starts) > min(ends):
        return None
    return max(abs((a - b).total_seconds()) for a, b in (starts, ends))


def compared(whole: Analysed, cut: Analysed, *, same_tracks: bool) -> dict[str, Any]:
    """The figures of a run in pieces, beside those of one in one go."""
    differences = unlike(whole.summary["events"], cut.summary["events"])
    visitors = [run.summary["visitors"]["count"] for run in (whole, cut)]
    if abs(visitors[1] - visitors[0]) > VISITORS_WITHIN * visitors[0]:
        differences.append(f"{visitors[1]} visitors and not {visitors[0]}")
    if same_tracks and whole.tracks != cut.tracks:
        differences.append("tracks.csv is another")
    for key in ("frames", "analysed_frames", "duration_s", "warnings"):
        if whole.summary[key] != cut.summary[key]:
            differences.append(f"{key} is {cut.summary[key]} and not {whole.summary[key]}")
    return {
        "events": len(cut.summary["events"]),
        "visitors": visitors[1],
        "watched_s": round(cut.watched_s, 1),
        "speed_up": round(whole.watched_s / cut.watched_s, 2),
        "differences": differences,
    }


def measured(
    video: Path, site: Path, detector: str, pieces: Sequence[int], folder: Path
) -> list[dict[str, Any]]:
    """One row in one go, and one for each number of pieces."""
    folder.mkdir()
    whole = analysed(AnalyzeCommand(video, site, detector), folder)
    rows = [{"detector": detector, "pieces": 1, **compared(whole, whole, same_tracks=True)}]
    for number in pieces:
        command = AnalyzeCommand(video, site, detector, ("--pieces", str(number)))
        figures = compared(whole, analysed(command, folder), same_tracks=True)
        left = [str(path) for path in (folder / "data").glob("pieces*")]
        figures["differences"] += [f"left behind: {path}" for path in left]
        rows.append({"detector": detector, "pieces": number, **figures})
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=24)
    parser.add_argument("--pieces", default="2,4", help="how many, separated by commas")
    parser.add_argument("--detectors", default="builtin,yolox_nano", help="separated by commas")
    parser.add_argument("--work", type=Path, help="folder for the temporary files")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-bench-", dir=asked.work) as folder:
        video, site = footage(Path(folder), asked.minutes)
        rows = []
        for detector in asked.detectors.split(","):
            numbers = [int(number) for number in asked.pieces.split(",")]
            rows += measured(video, site, detector, numbers, Path(folder) / detector.replace("/", "_"))
    document = {
        "bench": "pieces",
        "machine": machine(),
        "cores": cores(),
        "minutes": asked.minutes,
        "rows": rows,
    }
    if asked.json:
        print(json.dumps(document, indent=2))
    else:
        for one in rows:
            print(
                f"{one['detector']}, {one['pieces']} pieces: {one['watched_s']} s,"
                f" {one['speed_up']} times as fast, {one['events']} events, {one['visitors']} visitors"
            )
            for difference in one["differences"]:
                print(f"  {difference}")
    return 1 if any(row["differences"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
