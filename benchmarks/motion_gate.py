"""What the motion gate saves, and what is missed while it has the last detections repeated.

    python benchmarks/motion_gate.py --videos FILE... [--detector yolox_nano] [--fps 5] [--json]

Every picture is inferred, which is the yardstick; beside it runs the gate as a live camera would. Where the
gate says that nothing changed, the detections of the last picture it let through stand in. A detection of the
yardstick is missed when none of those that stand in overlaps it by half or more (IoU, one to one); a stand-in
that overlaps none is false. `sure` counts only detections with a score of 0.5 or more: unsure ones come and
go by themselves in pictures that look the same. `heartbeats` are pictures inferred only because of the time.
Models are found as everywhere: SIGHTLINE_MODELS.
"""

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from sightline.cli.bench_output import machine
from sightline.domain.detection import Detections, FloatArray
from sightline.domain.overlap import pairwise_iou
from sightline.video.frames import read_frames
from sightline.video.motion_gate import MotionGate
from sightline.video.picture import Frame
from sightline.video.source import open_file
from sightline.vision.catalogue import find_model
from sightline.vision.picture import Detector
from sightline.vision.registry import open_detector

SAME_IOU = 0.5
SURE = 0.5
RECORDED_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(slots=True)
class GateTally:
    """Counts of one video; `looks_ms` is processor time of one look in its thread, scaling included."""

    pictures: int = 0
    inferred: int = 0
    heartbeats: int = 0
    detections: int = 0
    missed: int = 0
    sure: int = 0
    sure_missed: int = 0
    false: int = 0
    looks_ms: list[float] = field(default_factory=list)

    def row(self, name: str) -> dict[str, Any]:
        return {
            "video": name,
            "pictures": self.pictures,
            "inferred": self.inferred,
            "heartbeats": self.heartbeats,
            "saved": _share(self.pictures - self.inferred, self.pictures),
            "detections": self.detections,
            "missed": self.missed,
            "missed_share": _share(self.missed, self.detections),
            "sure": self.sure,
            "sure_missed": self.sure_missed,
            "sure_missed_share": _share(self.sure_missed, self.sure),
            "false": self.false,
            "look_ms": round(median(self.looks_ms), 3) if self.looks_ms else None,
        }


def _share(part: int, of: int) -> float | None:
    return round(part / of, 4) if of else None


def watch(frames: Iterable[Frame], detector: Detector) -> GateTally:
    """Every frame inferred, and the gate beside it."""
    tally, gate, repeated = GateTally(), MotionGate(), Detections.none()
    for frame in frames:
        began = time.thread_time()
        gray = frame.scaled(*MotionGate.size_for(frame.width, frame.height), "gray")
        stirs, due = gate.look(gray, frame.captured_at), gate.heartbeat_due(frame.captured_at)
        tally.looks_ms.append(1000 * (time.thread_time() - began))
        found = detector.detect(frame)
        sure = found.scores >= SURE
        tally.pictures += 1
        tally.detections += len(found)
        tally.sure += int(sure.sum())
        if stirs or due:
            gate.took(gray, frame.captured_at)
            repeated = found
            tally.inferred += 1
            tally.heartbeats += not stirs
        else:
            missed = ~covered(found.boxes, repeated.boxes)
            tally.missed += int(missed.sum())
            tally.sure_missed += int((missed & sure).sum())
            tally.false += int((~covered(repeated.boxes, found.boxes)).sum())
    return tally


def covered(wanted: FloatArray, given: FloatArray) -> npt.NDArray[np.bool_]:
    """Which of `wanted`, (N, 4), have a partner of their own in `given`, (M, 4); best overlaps first."""
    overlaps = pairwise_iou(wanted, given)
    paired = np.zeros(len(wanted), np.bool_)
    while overlaps.size and overlaps.max() >= SAME_IOU:
        row, column = np.unravel_index(int(overlaps.argmax()), overlaps.shape)
        paired[row] = True
        overlaps[row, :] = overlaps[:, column] = 0
    return paired


def print_table(rows: list[dict[str, Any]]) -> None:
    table = Table()
    for title in (
        "video",
        "pictures",
        "inferred",
        "saved",
        "missed of",
        "sure missed of",
        "false",
        "look ms",
    ):
        table.add_column(title, justify="left" if title == "video" else "right", overflow="fold")
    for row in rows:
        table.add_row(
            row["video"].rsplit(".", 1)[0],
            str(row["pictures"]),
            f"{row['inferred']} ({row['heartbeats']} heartbeats)",
            "-" if row["saved"] is None else f"{row['saved']:.0%}",
            f"{row['missed']} of {row['detections']}",
            f"{row['sure_missed']} of {row['sure']}",
            str(row["false"]),
            str(row["look_ms"]),
        )
    Console(width=120).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--videos", type=Path, nargs="+", required=True)
    parser.add_argument("--detector", default="yolox_nano")
    parser.add_argument("--fps", type=float, default=5.0, help="pictures a second that are analysed")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    asked = parser.parse_args()
    detector = open_detector(asked.detector, find_model=find_model)
    rows = []
    for path in asked.videos:
        with open_file(path) as video:
            frames = read_frames(video, recorded_at=RECORDED_AT, analysis_fps=asked.fps)
            rows.append(watch(frames, detector).row(path.name))
    document = {
        "bench": "motion_gate",
        "machine": machine(),
        "detector": detector.facts(),
        "fps": asked.fps,
        "rows": rows,
    }
    if asked.json:
        print(json.dumps(document, indent=2))
    else:
        print_table(rows)


if __name__ == "__main__":
    main()
