"""People counted over a drawn line, held against the truth.

    python benchmarks/line_counting.py [--seeds 10] [--minutes 30] [--from SOURCE] [--detector builtin]
    python benchmarks/line_counting.py --video FILE --line x1,y1,x2,y2 --side left [--detector yolo11n]

Without --video: simulated shops with two lines inside their door, each for itself. The truth is when the
feet of each person cross one on the floor. Pictures are painted at the analysis rate and handed over as
they are; no video is coded in between. SOURCE is `pixels`; or `boxes`, true ones of everybody in view for
the usual tracker, which leaves the detector out; or `tracks`, which leaves both out.
With --video: each crossing with its second, for a person to compare with what was counted by eye. Models are
found as everywhere: SIGHTLINE_MODELS.
"""

import argparse
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from sightline.config import load_settings
from sightline.domain.crossing import CountLine, Crossing, LineCounter, Way
from sightline.domain.detection import Detections
from sightline.domain.scene import CameraRules
from sightline.pipeline.detecting import detected_ahead
from sightline.pipeline.event_accuracy import true_tracks
from sightline.pipeline.loop import TimedFrame, watch_footage
from sightline.simulate import Truth
from sightline.simulate.lens import CAMERA
from sightline.simulate.painting import paint
from sightline.simulate.site import CAMERA_ID, VENUE_ID, site_yaml
from sightline.simulate.staging import Production, stage
from sightline.video.frames import read_frames
from sightline.video.source import open_file
from sightline.vision.catalogue import find_model
from sightline.vision.picture import ArrayPicture, ByteArray, Detector
from sightline.vision.registry import open_detector
from sightline.wiring import camera_rules, tracker_for

FIRST_SEED = 300
FPS = 5.0
LINES = {"on the mat": (9.4, 3.5, 5.6), "behind it": (9.0, 2.6, 6.6)}
"""x and the ends' y on the floor of the simulated shop, metres: 0.6 inside the door across its mat, where
people turn and pass each other; 1 m inside, and long enough that nobody walks around its ends."""
OVER_M = 0.3
SOURCES = ("pixels", "boxes", "tracks")
SAME_CROSSING_S = 2.0
RECORDED_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)

Moment = tuple[float, Way]
"""When somebody crossed, seconds from the first picture, and which way."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One line in one recording: the true moments, those found, and how many of these are the same."""

    seed: int
    line: str
    true: tuple[Moment, ...]
    found: tuple[Moment, ...]
    same: int

    @property
    def off(self) -> int:
        """By how much the numbers are wrong, both ways added up."""
        return sum(abs(number(self.found, way) - number(self.true, way)) for way in Way)

    @property
    def wrong(self) -> int:
        """Crossings missed and crossings invented: a miss and an invention do not make up for each other."""
        return len(self.true) + len(self.found) - 2 * self.same


def number(moments: Iterable[Moment], way: Way) -> int:
    return sum(one == way for _, one in moments)


def drawn_lines() -> tuple[CountLine, ...]:
    """The lines as somebody would draw them on the picture, from their far end to the near one."""

    def drawn(name: str, x: float, near: float, far: float) -> CountLine:
        a, b = CAMERA.floor_to_relative(np.array([(x, far), (x, near)]))
        return CountLine(name, (a[0], a[1]), (b[0], b[1]), "right")

    return tuple(drawn(name, *place) for name, place in LINES.items())


def true_moments(truth: Truth, line: str) -> tuple[Moment, ...]:
    """When each true person walks over a line on the floor. Who only treads on it has not gone over it."""
    moments = []
    line_x, *ends = LINES[line]
    for track in truth.tracks:
        inside_m = line_x - track.floor[:, 0].astype(np.float64)
        for before, after in pairwise(np.flatnonzero(np.abs(inside_m) >= OVER_M)):
            if inside_m[before] * inside_m[after] > 0:
                continue
            row = before + np.flatnonzero(np.diff(inside_m[before : after + 1] > 0))[-1]
            share = inside_m[row] / (inside_m[row] - inside_m[row + 1])
            y = track.floor[row, 1] + share * (track.floor[row + 1, 1] - track.floor[row, 1])
            if ends[0] <= y <= ends[1]:
                at = (track.first_frame + row + share) / truth.fps
                moments.append((float(at), Way.IN if inside_m[after] > 0 else Way.OUT))
    return tuple(sorted(moments))


def shop_rules() -> CameraRules:
    """The rules of the simulated shop's own site file, with the lines."""
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as work:
        site = Path(work) / "site.yaml"
        site.write_text(site_yaml("shop.mp4"))
        settings = load_settings(site, environ={})
        venue = settings.venue(VENUE_ID)
        return replace(camera_rules(settings, venue, venue.camera(CAMERA_ID)), lines=drawn_lines())


class PaintedPicture(ArrayPicture):
    """A picture of the simulated shop as the loop wants it."""

    def __init__(self, bgr: ByteArray, captured_at: datetime, index: int) -> None:
        super().__init__(bgr, captured_at)
        self.index = index


@dataclass(frozen=True, slots=True)
class NoPicture:
    """What the loop wants to know of a picture that nobody has painted."""

    captured_at: datetime
    index: int
    width: int
    height: int


def painted(production: Production, detector: Detector) -> Iterator[tuple[PaintedPicture, Detections]]:
    """Every picture of a production with the people a detector sees in it."""
    truth = production.truth
    for index, bgr in enumerate(paint(production)):
        picture = PaintedPicture(bgr, truth.at(index / truth.fps), index)
        yield picture, detector.detect(picture)


def true_boxes(truth: Truth) -> Iterator[tuple[NoPicture, Detections]]:
    """What a perfect detector would answer."""
    for index, frame in enumerate(true_tracks(truth, FPS)):
        boxes = np.array([person.box for person in frame.people], np.float32).reshape(-1, 4)
        scores = np.full(len(boxes), 0.9, np.float32)
        yield NoPicture(frame.captured_at, index, frame.width, frame.height), Detections(boxes, scores)


def count_shop(seed: int, minutes: float, source: str, detector: str) -> tuple[Counted, ...]:
    """One simulated shop, counted and held against its truth, line by line."""
    production = stage(seed, minutes, FPS)
    truth = production.truth
    if source == "tracks":
        counter = LineCounter(drawn_lines())
        crossings = tuple(one for frame in true_tracks(truth, FPS) for one in counter.see(frame))
    elif source == "boxes":
        crossings = watched(true_boxes(truth), shop_rules())
    else:
        opened = open_detector(detector, find_model=find_model, threads=1)
        crossings = watched(painted(production, opened), shop_rules())
    return tuple(
        compared(
            seed,
            line,
            true_moments(truth, line),
            moments_of((one for one in crossings if one.line == line), truth.recorded_at),
        )
        for line in LINES
    )


def watched(detected: Iterable[tuple[TimedFrame, Detections]], rules: CameraRules) -> tuple[Crossing, ...]:
    """Who crosses, as `sightline analyze` finds it, with its usual tracker."""
    tracker, rules = tracker_for(load_settings(None, environ={}), None, rules)
    seen = watch_footage(
        detected, tracker=tracker, rules=rules, tracks_file=io.StringIO(), on_frame=lambda _: None
    )
    return seen.crossings


def moments_of(crossings: Iterable[Crossing], since: datetime) -> tuple[Moment, ...]:
    return tuple(sorted(((one.at - since).total_seconds(), one.way) for one in crossings))


def compared(seed: int, line: str, true: tuple[Moment, ...], found: tuple[Moment, ...]) -> Counted:
    """Pair them one to one: the same way, and as near in time as can be."""
    far = 1e6
    apart = np.array([[abs(a - b) if way == other else far for b, other in found] for a, way in true])
    apart[apart > SAME_CROSSING_S] = far
    rows, columns = linear_sum_assignment(apart) if apart.size else ((), ())
    same = sum(apart[row, column] < far for row, column in zip(rows, columns, strict=True))
    return Counted(seed, line, true, found, int(same))


def count_video(video: Path, line: CountLine, detector: str) -> None:
    """Print each crossing of a real recording, then the counts."""
    found = moments_of(crossings_in(video, line, open_detector(detector, find_model=find_model)), RECORDED_AT)
    for second, way in found:
        print(f"{second:8.1f} s  {way}")
    print(f"in {number(found, Way.IN)}, out {number(found, Way.OUT)}")


def crossings_in(video: Path, line: CountLine, detector: Detector) -> tuple[Crossing, ...]:
    """Who crosses a line in a real recording."""
    with open_file(video) as source:
        frames = read_frames(source, recorded_at=RECORDED_AT, analysis_fps=FPS)
        return watched(detected_ahead(frames, detector), CameraRules(lines=(line,)))


def print_shops(shops: Iterable[tuple[Counted, ...]]) -> None:
    """The rows of a shop as soon as it is counted, then all together, line by line."""
    print("seed  line         true in/out   counted in/out   off   missed + invented")
    done = []
    for one in (one for shop in shops for one in shop):
        done.append(one)
        counts = [number(moments, way) for moments in (one.true, one.found) for way in Way]
        print(
            f"{one.seed}   {one.line:<10}   {counts[0]:5}/{counts[1]:<5}   {counts[2]:6}/{counts[3]:<6}"
            f"   {one.off:4}   {len(one.true) - one.same} + {len(one.found) - one.same}",
            flush=True,
        )
    for line in LINES:
        here = [one for one in done if one.line == line]
        true, off, wrong = (sum(n) for n in zip(*((len(o.true), o.off, o.wrong) for o in here), strict=True))
        counted = "/".join(str(sum(number(one.found, way) for one in here)) for way in Way)
        print(
            f"{line}: {true} true crossings; {counted} counted in/out; numbers off by {off / true:.2%},"
            f" missed and invented {wrong / true:.2%}"
        )


def read_line(text: str, side: str) -> CountLine:
    x1, y1, x2, y2 = (float(part) for part in text.split(","))
    return CountLine("line", (x1, y1), (x2, y2), "left" if side == "left" else "right")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help=f"how many, from {FIRST_SEED} on")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--from", dest="source", choices=SOURCES, default="pixels")
    parser.add_argument("--detector", help="default: builtin; yolo11n for a video")
    parser.add_argument("--video", type=Path)
    parser.add_argument("--line", help="x1,y1,x2,y2, each 0..1 of the picture")
    parser.add_argument("--side", choices=("left", "right"), default="left", help="where inside is")
    options = parser.parse_args()
    if options.video is not None:
        if options.line is None:
            parser.error("--video needs --line")
        count_video(options.video, read_line(options.line, options.side), options.detector or "yolo11n")
        return
    seeds = range(FIRST_SEED, FIRST_SEED + options.seeds)
    count = partial(
        count_shop,
        minutes=options.minutes,
        source=options.source,
        detector=options.detector or "builtin",
    )
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        print_shops(processes.map(count, seeds))


if __name__ == "__main__":
    main()
