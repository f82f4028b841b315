"""How many people who are out of sight for 6 to 18 s come back under their number, and how many as another.

    python benchmarks/tracking_gaps.py [--seeds 3,4,5] [--minutes 3]
    python benchmarks/tracking_gaps.py --video VIDEO --truth FOLDER [--same 1=19,2=13]

Without a video simulated shops are filmed. People are detected where they truly are, a little off, at 5
pictures a second. Everybody, once seen for 4 s, vanishes now and then as if behind a shelf: for 6 to 18 s
nobody detects them, wherever they go meanwhile. Frame k of a video must be frame k of the truth, whose
picture may be larger; who walks out and in again has several numbers there, and `--same` tells which. The
model of appearance is found as everywhere: SIGHTLINE_MODELS.
"""

import argparse
import configparser
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from sightline.domain.detection import Detections, FloatArray
from sightline.domain.zone import Zone, ZoneKind
from sightline.pipeline.loop import Doors
from sightline.simulate import Truth, simulate
from sightline.simulate.layout import ZONES
from sightline.simulate.lens import CAMERA
from sightline.tracking.mot_truth import read_truth
from sightline.tracking.registry import open_tracker
from sightline.tracking.resemblance import Look
from sightline.video.frames import read_frames
from sightline.video.source import open_file
from sightline.vision.appearance import AppearanceModel
from sightline.vision.body_colours import BodyColours
from sightline.vision.catalogue import find_model, load_catalogue
from sightline.vision.clothes import Clothes, ModelledClothes

RECORDED_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FPS = 5.0
MODEL = "osnet_x0_25_msmt17"
SEEN_S, AWAY_S = 4.0, (6.0, 18.0)
JITTER = 0.03
"""Spread of the boxes around the true ones, in body heights."""
LEAST_VISIBLE = 0.5
"""Share of a body from which a detector would find it."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """One picture: who is truly where, what each looks like in each way, and who is at the door."""

    at: datetime
    people: np.ndarray
    boxes: FloatArray
    vectors: dict[str, FloatArray]
    at_door: np.ndarray | None


@dataclass(slots=True)
class Score:
    """What became of those who vanished."""

    vanished: int = 0
    back: int = 0
    merges: int = 0
    wrong: int = 0
    looked_at: int = 0
    people: int = 0

    def add(self, other: "Score") -> None:
        for name in ("vanished", "back", "merges", "wrong", "looked_at", "people"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def simulated(seed: int, minutes: float, ways: dict[str, Clothes]) -> list[Sighted]:
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as work:
        shop = simulate(Path(work), seed=seed, minutes=minutes, fps=2 * FPS)
        people = partial(_people_of, shop.truth)
        return list(_sighted(shop.video, people, ways, every=2, doors=Doors(_zones())))


def _zones() -> list[Zone]:
    return [
        Zone(name, ZoneKind(kind), tuple(map(tuple, CAMERA.floor_to_relative(np.array(spots)))))
        for name, kind, spots in ZONES
    ]


def _people_of(truth: Truth, index: int) -> tuple[list[int], list[list[float]]]:
    """Who is there to be detected."""
    ids, boxes = [], []
    for track in truth.tracks:
        if index not in track.frames:
            continue
        place = index - track.first_frame
        x1, y1, x2, y2 = track.boxes[place].tolist()
        if track.visible[place] >= LEAST_VISIBLE and x2 - x1 >= 8:
            ids.append(track.person_id)
            boxes.append([x1, y1, x2, y2])
    return ids, boxes


def filmed(video: Path, folder: Path, ways: dict[str, Clothes], known_as: dict[int, int]) -> list[Sighted]:
    truth = read_truth(folder)
    if truth is None:
        raise SystemExit(f"{folder} has no gt/gt.txt")
    info = configparser.ConfigParser()
    info.read_string((folder / "seqinfo.ini").read_text())
    rate, across = float(info["Sequence"]["frameRate"]), float(info["Sequence"]["imWidth"])
    with open_file(video) as opened:
        scale = (opened.info.width or across) / across

    def people(index: int) -> tuple[list[int], list[list[float]]]:
        rows = truth[truth[:, 0] == index + 1]
        boxes = np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1) * scale
        return [known_as.get(one, one) for one in rows[:, 1].astype(int).tolist()], boxes.tolist()

    return list(_sighted(video, people, ways, every=max(1, round(rate / FPS)), rate=rate, doors=Doors(())))


def _sighted(
    video: Path,
    people_of: Callable[[int], tuple[list[int], list[list[float]]]],
    ways: dict[str, Clothes],
    *,
    every: int,
    rate: float = 2 * FPS,
    doors: Doors,
) -> Iterator[Sighted]:
    chance = np.random.default_rng(1)
    with open_file(video) as opened:
        for frame in read_frames(opened, recorded_at=RECORDED_AT, analysis_fps=None):
            if frame.index % every:
                continue
            ids, true = people_of(frame.index)
            boxes = np.array(true, np.float32).reshape(-1, 4)
            height = boxes[:, 3:] - boxes[:, 1:2]
            boxes += (chance.normal(0, JITTER, boxes.shape) * height).astype(np.float32)
            yield Sighted(
                RECORDED_AT + timedelta(seconds=frame.index / rate),
                np.array(ids, int),
                boxes,
                {name: clothes.vectors(frame, boxes) for name, clothes in ways.items()},
                doors.hold(frame, Detections(boxes, np.ones(len(boxes), np.float32))),
            )


def hidden_times(pictures: list[Sighted], seed: int) -> list[tuple[int, datetime, datetime]]:
    """Who vanishes from when until when: again and again, with 4 to 12 s in sight before each time."""
    chance = np.random.default_rng(seed)
    times = []
    first: dict[int, datetime] = {}
    for picture in pictures:
        for person in picture.people.tolist():
            first.setdefault(person, picture.at)
    end = pictures[-1].at
    for person, at in sorted(first.items()):
        while at < end:
            start = at + timedelta(seconds=float(chance.uniform(SEEN_S, 3 * SEEN_S)))
            at = start + timedelta(seconds=float(chance.uniform(*AWAY_S)))
            times.append((person, start, at))
    return times


def played(pictures: list[Sighted], seed: int, name: str, clothes: Clothes | None) -> Score:
    """Track what is left to be seen."""
    tracker, score = open_tracker(), Score()
    times = hidden_times(pictures, seed)
    owner: dict[int, Counter[int]] = {}  # of each track, who it is
    number_of: dict[int, int] = {}  # of each person, the number shown last
    seen_at: dict[int, datetime] = {}
    for picture in pictures:
        away = {person for person, start, end in times if start < picture.at < end}
        kept = np.array([person not in away for person in picture.people.tolist()], bool)
        people, boxes = picture.people[kept], picture.boxes[kept]
        look = None
        if clothes is not None:
            vectors = picture.vectors[name][kept]

            def give(rows: np.ndarray, vectors: FloatArray = vectors) -> FloatArray:
                score.looked_at += len(rows)
                return vectors[rows]

            look = Look(give, clothes.even, clothes.same)
        score.people += len(boxes)
        at_door = picture.at_door[kept] if picture.at_door is not None else None
        found = Detections(boxes, np.full(len(boxes), 0.9, np.float32))
        shown = tracker.update(picture.at, found, look, at_door)
        place = {tuple(box.tolist()): person for box, person in zip(boxes, people.tolist(), strict=True)}
        merged = {merge.track_id for merge in tracker.take_merges()}
        for one in shown:
            person = place[one.box]
            before = owner.setdefault(one.track_id, Counter())
            gap = picture.at - seen_at.get(person, picture.at)
            if one.track_id in merged:
                score.merges += 1
                score.wrong += before.most_common(1)[0][0] != person
            if timedelta(seconds=5) < gap <= timedelta(seconds=19.5) and person in number_of:
                score.vanished += 1
                score.back += number_of[person] == one.track_id
            before[person] += 1
            number_of[person], seen_at[person] = one.track_id, picture.at
    return score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="3,4,5", help="of simulated shops")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--truth", type=Path, help="folder of the sequence")
    parser.add_argument("--same", default="", help="numbers of the truth that are one person, as 1=19,2=13")
    parser.add_argument("--rounds", type=int, default=10, help="each with other times of vanishing")
    options = parser.parse_args()
    ways: dict[str, Clothes] = {"colours": BodyColours()}
    path = find_model(MODEL)
    if path is not None:
        entry = load_catalogue()[MODEL]
        ways["model"] = ModelledClothes(AppearanceModel(entry, path), confidence=entry.confidence or 1.0)
    if options.video is not None:
        groups = [list(map(int, group.split("="))) for group in options.same.split(",") if group]
        known_as = {number: group[0] for group in groups for number in group}
        scenes = [filmed(options.video, options.truth, ways, known_as)]
    else:
        scenes = [simulated(int(seed), options.minutes, ways) for seed in options.seeds.split(",")]
    for name in ("motion", *ways):
        total = Score()
        for pictures in scenes:
            for seed in range(options.rounds):
                total.add(played(pictures, seed, name, ways.get(name)))
        print(
            f"{name:8} back under their number {total.back} of {total.vanished};"
            f" merges {total.merges}, of these wrong {total.wrong};"
            f" looked at {total.looked_at} of {total.people}",
            flush=True,
        )


if __name__ == "__main__":
    main()
