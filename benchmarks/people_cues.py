"""How often orientation, posture and stationarity are right, on people of the shared videos labelled by eye.

    SIGHTLINE_MODELS=/work/shared/models python benchmarks/people_cues.py --shared /work/shared [--json]

Orientation: the share of crops told right as front (above 0.3), side or back (below -0.3), with what each was
told as, by video and by body height. The crops of each video are ordered by time and cut in two: the weights
of `domain.body_pose` were fitted to the first halves, the second halves are the report. `--fit` fits weights
to the first halves and prints them; with `--swap` to the second ones. They are printed, not used.
Posture: likewise, without a fit. Several people share one input of the model, and a neighbour changes their
poses a little: everybody is looked at in four groupings, each of which counts. Both are told for the
product's own layout, and for each `--layout`, with the CPU time each person took: only its ratio to that of
another layout in the same run means anything. Stationarity: for each labelled track, whether any of its
speeds would pass for standing (below 0.15 body heights a second), by body height.

Exit code 1 when the product's own layout tells fewer than 90 % of the second halves right, or fewer than 88 %
of any class, a walker ever stands, or whoever stands still is told as standing for less than 90 % of the
time.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "vision"))
from people_labels import Image, LabelledCrop, LabelledTrack, frames_of, read_people_labels

from sightline.cli.bench_output import machine
from sightline.domain.body_pose import BodyPose, orientation, orientation_cues, posture
from sightline.domain.presence import STILL_SPEED
from sightline.domain.stationarity import Movement
from sightline.domain.stay import FACING
from sightline.vision.catalogue import find_model, load_catalogue
from sightline.vision.crop import cut
from sightline.vision.looks import POSE, LookModels
from sightline.vision.picture import ArrayPicture
from sightline.vision.pose import CROP_MARGIN, PoseModel

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLASSES = ("front", "side", "back")
LEAST, LEAST_CLASS = 0.9, 0.88
SCALES = (("< 100 px", 0, 100), ("100-200 px", 100, 200), (">= 200 px", 200, 9999))
"""Body heights of the labelled tracks, of which few are smaller than 64 pixels."""
GROUPINGS = 4
"""Ways in which people are laid side by side: in the order of the videos, and shuffled."""
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


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One frame with those of it who are labelled; `early` is whether each is of the first half."""

    image: Image
    labels: list[LabelledCrop]
    early: list[bool]


def pictures(labels: Sequence[LabelledCrop], shared: Path) -> dict[str, list[LabelledPicture]]:
    """All labelled frames by video; each video is decoded once."""
    found: dict[str, list[LabelledPicture]] = {}
    for video in sorted({label.video for label in labels}):
        here = sorted((label for label in labels if label.video == video), key=lambda one: one.frame)
        early = {id(label): place < len(here) // 2 for place, label in enumerate(here)}
        found[video] = []
        for index, image in frames_of(shared, video, {label.frame for label in here}):
            there = [label for label in here if label.frame == index]
            found[video].append(LabelledPicture(image, there, [early[id(label)] for label in there]))
    return found


def look(
    shown: dict[str, list[LabelledPicture]], model: PoseModel, margin: float
) -> tuple[list[SeenCrop], float]:
    """The pose of every labelled crop in each of `GROUPINGS`, and CPU seconds for each pose."""
    crops, boxes, labels, early = [], [], [], []
    spent = 0.0
    for one in (picture for here in shown.values() for picture in here):
        some = np.array([label.box for label in one.labels], np.float32)
        began = process_time()
        crops += cut(ArrayPicture(one.image, NOON), some, margin=margin)
        spent += process_time() - began
        boxes.append(some)
        labels += one.labels
        early += one.early
    people, seen = np.concatenate(boxes), []
    groupings = GROUPINGS if model.group > 1 else 1
    for seed in range(groupings):
        order = np.random.default_rng(seed).permutation(len(crops)) if seed else np.arange(len(crops))
        began = process_time()
        found = model.of_people([crops[place] for place in order], people[order])
        spent += (process_time() - began) / groupings
        for place, poses in zip(order, found, strict=True):
            pose = BodyPose(poses.points[0]) if len(poses) else None
            seen.append(SeenCrop(labels[place], pose, early[place]))
    return seen, spent / len(crops)


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
    """By movement and scale: how many tracks, and the share of moments told as standing."""
    rates: dict[str, tuple[float, int]] = {}
    for video in {track.video for track in tracks}:
        with av.open(str(shared / "videos" / video)) as container:
            stream = container.streams.video[0]
            rates[video] = float(stream.average_rate or 0), stream.height
    found: dict[str, dict[str, list[list[float]]]] = defaultdict(lambda: defaultdict(list))
    for track in tracks:
        height = median(box[3] - box[1] for _, box in track.boxes)
        scale = next(name for name, low, high in SCALES if low <= height < high)
        found[track.movement][scale].append(speeds(track, *rates[track.video]))
    return {
        name: {
            **standing([one for some in scales.values() for one in some]),
            "by height": {scale: standing(scales[scale]) for scale, *_ in SCALES if scale in scales},
        }
        for name, scales in sorted(found.items())
    }


def standing(tracks: Sequence[Sequence[float]]) -> dict[str, Any]:
    told = [speed for one in tracks for speed in one]
    return {
        "tracks": len(tracks),
        "moments": len(told),
        "standing": round(float(np.mean([speed < STILL_SPEED for speed in told])), 3),
        "tracks that ever stand": sum(any(speed < STILL_SPEED for speed in one) for one in tracks),
        "lowest": round(min(told), 3),
        "highest": round(max(told), 3),
    }


def layout(text: str) -> tuple[int, float]:
    across, _, margin = text.partition(":")
    return int(across), float(margin)


def cues(
    shown: dict[str, list[LabelledPicture]], model: PoseModel, margin: float, *, fit_to: str | None
) -> dict[str, Any]:
    """What one layout tells of everybody."""
    crops, spent = look(shown, model, margin)
    document: dict[str, Any] = {
        "people a call": model.group,
        "margin": margin,
        "CPU ms a person": round(1000 * spent, 1),
        "crops": len({id(crop.label) for crop in crops}),
        "looks": len(crops),
        "without a pose": sum(crop.pose is None for crop in crops),
    }
    if fit_to is not None:
        weights = fit([crop for crop in crops if crop.early is (fit_to == "first halves")])
        document["weights"] = {
            "fitted to": fit_to,
            "front": weights[:, 0].round(2).tolist(),
            "back": weights[:, 1].round(2).tolist(),
        }
    postures = [(c.label.posture, str(posture(c.pose))) for c in crops if c.pose is not None]
    return document | {"orientation": orientations(crops), "posture": accuracy(postures)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder with the shared videos")
    parser.add_argument(
        "--layout",
        type=layout,
        action="append",
        default=[],
        metavar="ACROSS:MARGIN",
        help="another layout as well: people side by side, and body heights around each, as 1:0.7",
    )
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--swap", action="store_true", help="with --fit: fit to the second halves")
    parser.add_argument("--json", action="store_true", help="the document on one line")
    asked = parser.parse_args()
    labels = read_people_labels()
    shown = pictures(labels.crops, asked.shared)
    entry, path = LookModels(load_catalogue(), find_model).choose(POSE)
    fit_to = ("second halves" if asked.swap else "first halves") if asked.fit else None
    layouts = [
        cues(shown, PoseModel(entry, path, across=across), margin, fit_to=fit_to)
        for across, margin in [(None, CROP_MARGIN), *asked.layout]
    ]
    still = stationarities(labels.tracks, asked.shared)
    document = {"bench": "people_cues", "machine": machine(), "layouts": layouts, "stationarity": still}
    print(json.dumps(document, indent=None if asked.json else 2))
    good = layouts[0]["orientation"]["second halves"]
    told = good["right"] >= LEAST and min(good["by class"].values()) >= LEAST_CLASS
    walkers = still["walking"]["tracks that ever stand"] == 0
    sys.exit(0 if told and walkers and still["standing"]["standing"] >= LEAST else 1)


if __name__ == "__main__":
    main()
