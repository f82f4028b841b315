"""What a frame costs each tracker, for more and more people in view.

    python benchmarks/tracking_time.py [--people 25 50 100 200] [--frames 200] [--rounds 2] [--peers PYTHON]

People of 60 to 200 pixels wander at 5 pictures a second over a floor that grows with their number; one in ten
is missed. Processor time of the thread inside `update`, median, the lowest of all rounds: what else the
machine does counts little.

PYTHON is the interpreter of an environment with `trackers` 2.6.1, which brings an OpenCV of its own and so
stays out of ours. Its trackers are given the same people, in turn with ours.
"""

import argparse
import io
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import thread_time_ns

import numpy as np

from sightline.domain.detection import Detections
from sightline.tracking.registry import TRACKERS, open_tracker

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
STEP = timedelta(seconds=0.2)
ROOM = 260.0
"""Pixels: the side of the floor for each root of a person."""


def crowd(people: int, frames: int) -> Iterator[Detections]:
    random = np.random.default_rng(1)
    side = ROOM * np.sqrt(people)
    height = random.uniform(60, 200, people)
    centre = random.uniform(0, side, (people, 2))
    velocity = random.normal(0, 0.4, (people, 2)) * height[:, None]
    half = np.stack([0.2 * height, 0.5 * height], axis=1)
    for _ in range(frames):
        centre = centre + velocity * STEP.total_seconds()
        velocity *= np.where((centre < 0) | (centre > side), -1, 1)
        jitter = random.normal(0, 0.03, (people, 4)) * height[:, None]
        boxes = (np.concatenate([centre - half, centre + half], axis=1) + jitter).astype(np.float32)
        seen = random.random(people) < 0.9
        yield Detections(boxes[seen], random.uniform(0.3, 1, people)[seen].astype(np.float32))


def ours_ms(name: str, people: int, frames: int) -> float:
    tracker, spent = open_tracker(name), []
    for number, detections in enumerate(crowd(people, frames)):
        began = thread_time_ns()
        tracker.update(START + number * STEP, detections)
        spent.append((thread_time_ns() - began) / 1e6)
    return median(spent)


def peers_ms(python: str, people: int, frames: int) -> dict[str, float]:
    """By another interpreter, which gets the same people: a row for each box, frame, corners and score."""
    rows = [
        np.column_stack([np.full(len(each), number), each.boxes, each.scores])
        for number, each in enumerate(crowd(people, frames))
    ]
    given = io.BytesIO()
    np.save(given, np.concatenate(rows))
    script = Path(__file__).with_name("tracking_time_peers.py")
    told = subprocess.run([python, script], input=given.getvalue(), stdout=subprocess.PIPE, check=True)
    answer: dict[str, float] = json.loads(told.stdout)
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, nargs="+", default=[25, 50, 100, 200])
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--peers", metavar="PYTHON")
    options = parser.parse_args()
    lowest: dict[str, dict[int, float]] = {}
    for _ in range(options.rounds):
        for people in options.people:
            spent = {name: ours_ms(name, people, options.frames) for name in sorted(TRACKERS)}
            if options.peers:
                spent |= peers_ms(options.peers, people, options.frames)
            for name, ms in spent.items():
                before = lowest.setdefault(name, {})
                before[people] = min(ms, before.get(people, ms))
    for name, each in lowest.items():
        print(f"{name:14} " + "  ".join(f"{people}: {ms:.2f} ms" for people, ms in each.items()))


if __name__ == "__main__":
    main()
