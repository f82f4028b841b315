"""What looks are worth to the trackers, on a video whose people are known.

    python benchmarks/tracking_looks.py VIDEO --truth FOLDER [--detector yolo11n] [--every 2]

The video is detected once; each tracker then runs on the same boxes without and with the vectors of the
appearance model, which it asks for itself. Frame k of the video must be frame k of the truth, whose picture
may be larger: boxes are scaled to it. Models are found as everywhere: SIGHTLINE_MODELS.
"""

import argparse
import configparser
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from sightline.domain.detection import Detections, FloatArray
from sightline.tracking.mot_files import mot_lines
from sightline.tracking.mot_truth import compare, read_truth
from sightline.tracking.registry import TRACKERS, open_tracker
from sightline.tracking.resemblance import Look
from sightline.tracking.scores import tally
from sightline.video.frames import read_frames
from sightline.video.source import open_file
from sightline.vision.appearance import AppearanceModel
from sightline.vision.catalogue import find_model, load_catalogue
from sightline.vision.clothes import EVEN_BELOW, SAME_ABOVE
from sightline.vision.crop import cut
from sightline.vision.registry import open_detector

RECORDED_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEAST_SCORE = 0.1
MODEL = "osnet_x0_25_msmt17"


def looked_at(video: Path, detector_name: str) -> tuple[list[tuple[Detections, FloatArray]], int]:
    """The people of every frame with the vector of each, and the width of the picture."""
    path = find_model(MODEL)
    if path is None:
        raise SystemExit(f"no file for {MODEL}: set SIGHTLINE_MODELS")
    model = AppearanceModel(load_catalogue()[MODEL], path)
    detector = open_detector(detector_name, confidence=LEAST_SCORE, find_model=find_model)
    found, width = [], 0
    with open_file(video) as opened:
        for frame in read_frames(opened, recorded_at=RECORDED_AT, analysis_fps=None):
            people = detector.detect(frame)
            found.append((people, model.vectors(cut(frame, people.boxes))))
            width = frame.width
    return found, width


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("--truth", type=Path, required=True, help="folder of the sequence")
    parser.add_argument("--detector", default="yolo11n")
    parser.add_argument("--every", type=int, default=1, help="track every n-th frame only")
    options = parser.parse_args()
    info = configparser.ConfigParser()
    info.read_string((options.truth / "seqinfo.ini").read_text())
    rate = float(info["Sequence"]["frameRate"])
    truth = read_truth(options.truth)
    if truth is None:
        raise SystemExit(f"{options.truth} has no gt/gt.txt")
    found, width = looked_at(options.video, options.detector)
    confidence = load_catalogue()[MODEL].confidence or 1.0
    scale = np.float32(float(info["Sequence"]["imWidth"]) / width)
    numbers = range(1, len(found) + 1, options.every)
    for name in sorted(TRACKERS):
        for looking in (False, True):
            tracker, lines, asked, people = open_tracker(name), list[str](), 0, 0
            for number in numbers:
                detections, vectors = found[number - 1]

                def give(rows: np.ndarray, vectors: FloatArray = vectors) -> FloatArray:
                    nonlocal asked
                    asked += len(rows)
                    return vectors[rows]

                look = Look(give, confidence - EVEN_BELOW, confidence + SAME_ABOVE)

                at = RECORDED_AT + timedelta(seconds=(number - 1) / rate)
                scaled = Detections(detections.boxes * scale, detections.scores)
                lines += mot_lines(number, tracker.update(at, scaled, look if looking else None))
                people += len(detections)
            scored = tally(compare(truth, lines, numbers))
            print(
                f"{name:10} {'looks ' if looking else 'motion'}  HOTA {scored.hota:.1f}"
                f"  IDF1 {scored.idf1:.1f}  MOTA {scored.mota:.1f}  switches {scored.switches}"
                f"  looked at {asked} of {people}",
                flush=True,
            )


if __name__ == "__main__":
    main()
