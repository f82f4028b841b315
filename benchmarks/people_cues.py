"""How often orientation, posture and stationarity are right, on people of the shared videos labelled by eye.

    SIGHTLINE_MODELS=/work/shared/models python benchmarks/people_cues.py --shared /work/shared [--json]

Orientation: the share of crops told right as front (above 0.3), side or back (below -0.3), with what each was
told as, by video and by body height. The crops of each video are ordered by time and cut in two: the weights
of `domain.body_pose` were fitted to the first halves, the second halves are the report. `--fit` fits weights
to the first halves and prints them; with `--swap` to the second ones. They are printed, not used.
Posture: likewise, without a fit. Stationarity: for each labelled track, whether any of its speeds would pass
for standing (below 0.15 body heights a second).

Exit code 1 when fewer than 90 % of the second halves are told right, a walker ever stands, or whoever stands
still is told as standing for less than 90 % of the time.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "vision"))
from people_labels import LabelledCrop, LabelledTrack, frames_of, read_people_labels

from sightline.cli.bench_output import machine
from sightline.domain.body_pose import BodyPose, orientation, orientation_cues, posture
from sightline.domain.presence import STILL_SPEED
from sightline.domain.stationarity import Movement
from sightline.domain.stay import FACING
from sightline.vision.catalogue import find_model, load_catalogue
from sightline.vision.crop import cut
from sightline.vision.looks import LookModels
from sightline.vision.picture import ArrayPicture
from sightline.vision.pose import CROP_MARGIN, PoseModel

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLASSES = ("front", "side", "back")
LEAST = 0.9
STRENGTH = 0.2
"""Of the penalty on large weights."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeenCrop:
    """A labelled crop, the pose found in it, if any, and whether it is of the first half of its video."""

    label: LabelledCrop
    pose: BodyPose | None
    early: bool

    @property
    def truth(self) -> str:
        return self.label.orientation.split("_")[0]

    @property
    def told(self) -> str:
        value = orientation(self.pose) if self.pose is not None else None
        if value is None:
            return "none"
        return "front" if value > FACING else "back" if value < -FACING else "side"

    @property
    def height(self) -> float:
        return self.label.box[3] - self.label.box[1]


def look(labels: Sequence[LabelledCrop], shared: Path, model: PoseModel, margin: float) -> list[SeenCrop]:
    """The pose of every labelled crop; each video is decoded once."""
    seen = []
    for video in sorted({label.video for label in labels}):
        here = sorted((label for label in labels if label.video == video), key=lambda one: one.frame)
        place = 0
        for index, image in frames_of(shared, video, {label.frame for label in here}):
            there = [label for label in here if label.frame == index]
            boxes = np.array([label.box for label in there], np.float32)
            crops = cut(ArrayPicture(image, NOON), boxes, margin=margin)
            for label, poses in zip(there, model.of_people(crops, boxes), strict=True):
                pose = BodyPose(poses.points[0]) if len(poses) else None
                seen.append(SeenCrop(label, pose, place < len(here) // 2))
                place += 1
    return seen


def fit(crops: Sequence[SeenCrop]) -> Floats:
    """Weights (cues + 1, 2) of front and back against side: the most likely, each class weighing the same."""
    usable = [(orientation_cues(crop.pose), crop.truth) for crop in crops if crop.pose is not None]
    rows = np.array([[*cues, 1.0] for cues, _ in usable if cues is not None])
    truth = np.array([("front", "back", "side").index(name) for cues, name in usable if cues is not None])
    weight = len(truth) / (3 * np.bincount(truth, minlength=3))[truth]

    def loss(flat: Floats) -> float:
        weights = flat.reshape(-1, 2)
        sums = np.concatenate([rows @ weights, np.zeros((len(rows), 1))], axis=1)
        sums -= sums.max(axis=1, keepdims=True)
        chances = sums - np.log(np.exp(sums).sum(axis=1, keepdims=True))
        likely = chances[np.arange(len(truth)), truth]
        return float(-(weight * likely).sum() + STRENGTH * (weights[:-1] ** 2).sum())

    fitted: Floats = minimize(loss, np.zeros(rows.shape[1] * 2), method="L-BFGS-B").x.reshape(-1, 2)
    return fitted


def accuracy(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Share told right of (truth, told), in all and by class, and how often each was told as what."""
    matrix: dict[str, Counter[str]] = defaultdict(Counter)
    for truth, told in pairs:
        matrix[truth][told] += 1
    right = sum(counts[truth] for truth, counts in matrix.items())
    return {
        "n": len(pairs),
        "right": round(right / len(pairs), 3) if pairs else None,
        "by class": {truth: round(c[truth] / c.total(), 3) for truth, c in sorted(matrix.items())},
        "told": {truth: dict(counts) for truth, counts in sorted(matrix.items())},
    }


def orientations(crops: Sequence[SeenCrop]) -> dict[str, Any]:
    def told(some: Sequence[SeenCrop]) -> dict[str, Any]:
        return accuracy([(crop.truth, crop.told) for crop in some])

    videos = sorted({crop.label.video for crop in crops})
    return {
        "first halves": told([crop for crop in crops if crop.early]),
        "second halves": told([crop for crop in crops if not crop.early]),
        "by video": {v: told([c for c in crops if c.label.video == v])["right"] for v in videos},
        "by height": {
            name: told([crop for crop in crops if low <= crop.height < high])["right"]
            for name, low, high in (("< 64 px", 0, 64), ("64-128 px", 64, 128), (">= 128 px", 128, 9999))
        },
    }


def speeds(track: LabelledTrack, fps: float, picture_height: int) -> list[float]:
    movement, found = Movement(), []
    for frame, box in track.boxes:
        movement.see(NOON + timedelta(seconds=frame / fps), box, picture_height=picture_height)
        if movement.speed is not None:
            found.append(movement.speed)
    return found


def stationarities(tracks: Sequence[LabelledTrack], shared: Path) -> dict[str, Any]:
    """By movement: how many tracks, and the share of moments at which they would pass for standing."""
    rates: dict[str, tuple[float, int]] = {}
    for video in {track.video for track in tracks}:
        with av.open(str(shared / "videos" / video)) as container:
            stream = container.streams.video[0]
            rates[video] = float(stream.average_rate or 0), stream.height
    found: dict[str, list[list[float]]] = defaultdict(list)
    for track in tracks:
        found[track.movement].append(speeds(track, *rates[track.video]))
    return {
        name: {
            "tracks": len(some),
            "moments": sum(map(len, some)),
            "standing": round(float(np.mean([v < STILL_SPEED for one in some for v in one])), 3),
            "tracks that ever stand": sum(any(v < STILL_SPEED for v in one) for one in some),
            "lowest": round(min(v for one in some for v in one), 3),
            "highest": round(max(v for one in some for v in one), 3),
        }
        for name, some in sorted(found.items())
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder with the shared videos")
    parser.add_argument("--margin", type=float, default=CROP_MARGIN, help="around a person, in body heights")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--swap", action="store_true", help="with --fit: fit to the second halves")
    parser.add_argument("--json", action="store_true", help="the document on one line")
    asked = parser.parse_args()
    labels = read_people_labels()
    crops = look(labels.crops, asked.shared, LookModels(load_catalogue(), find_model).pose(), asked.margin)
    document: dict[str, Any] = {"bench": "people_cues", "machine": machine(), "margin": asked.margin}
    if asked.fit:
        weights = fit([crop for crop in crops if crop.early is not asked.swap])
        document["weights"] = {
            "front": weights[:, 0].round(2).tolist(),
            "back": weights[:, 1].round(2).tolist(),
        }
    seen = [crop for crop in crops if crop.pose is not None]
    document |= {
        "crops": len(crops),
        "without a pose": len(crops) - len(seen),
        "orientation": orientations(crops),
        "posture": accuracy([(c.label.posture, str(posture(c.pose))) for c in seen if c.pose is not None]),
        "stationarity": stationarities(labels.tracks, asked.shared),
    }
    print(json.dumps(document, indent=None if asked.json else 2))
    still = document["stationarity"]
    good = document["orientation"]["second halves"]["right"] >= LEAST
    walkers = still["walking"]["tracks that ever stand"] == 0
    sys.exit(0 if good and walkers and still["standing"]["standing"] >= LEAST else 1)


if __name__ == "__main__":
    main()
