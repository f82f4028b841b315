"""What a detector, a runtime and a precision gain and cost, on labelled pictures.

    python benchmarks/detector_accuracy.py --labels val.jsonl --images FOLDER_OR_TAR... \\
        --variants yolox_nano:onnxruntime:f32,yolo11n:openvino:bf16,int8.onnx:onnxruntime:int8

The yardstick is the first variant that can be computed. For each: AP50 of persons (all scores from 0.01),
precision and recall at the detector's own threshold, median milliseconds a picture (scaling, inference,
suppression; the JPEG is decoded before), and the ratios of AP50 and of time to the first. Variants take turns
in blocks of pictures, so that all meet the same load; the first picture of a block warms up and is not timed.
A variant that cannot be computed on this machine is listed with the reason.

Labels are one JSON object a line: `image`, and `boxes` and `ignore` as [x1, y1, x2, y2] in pixels. What is
found on an `ignore` box is neither right nor wrong. Pictures are read from folders or, without unpacking,
from tar files. Models are found as everywhere: SIGHTLINE_MODELS, or a path.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, cast, get_args

from average_precision import Tally, middle_ratio
from labelled_pictures import LabelledPicture, read_labels, read_pictures
from sightline.cli.bench_output import machine
from sightline.errors import SightlineError
from sightline.vision.catalogue import find_model
from sightline.vision.picture import Detector
from sightline.vision.registry import open_detector
from sightline.vision.runtime import Precision, Runtime

LEAST_SCORE = 0.01
BLOCK = 32
VARIANTS = (
    "yolox_nano:onnxruntime:f32,yolo11n:onnxruntime:f32,"
    "yolox_nano:openvino:f32,yolo11n:openvino:f32,yolo11n:openvino:bf16"
)


@dataclass(slots=True)
class Variant:
    """One detector in one runtime and precision, opened at its own threshold and at the least score."""

    name: str
    usual: Detector
    keen: Detector
    tally: Tally = field(default_factory=Tally)
    usual_tally: Tally = field(default_factory=Tally)
    laps_ms: list[float] = field(default_factory=list)

    @classmethod
    def open(cls, text: str, threads: int) -> "Variant":
        """Raises ValueError or SightlineError with the reason why it cannot be computed here."""
        name, runtime, precision = text.rsplit(":", 2)
        if name == "builtin":
            raise ValueError("builtin sees only what moves before a fixed camera; these are single pictures")
        if runtime not in get_args(Runtime) or precision not in get_args(Precision):
            raise ValueError(f"{text!r} is not NAME:RUNTIME:PRECISION")

        def opened(confidence: float | None) -> Detector:
            return open_detector(
                name,
                confidence=confidence,
                runtime=cast(Runtime, runtime),
                precision=cast(Precision, precision),
                threads=threads,
                find_model=find_model,
            )

        usual = opened(None)
        if usual.facts()["precision"] != precision:
            raise ValueError(f"it would be computed in {usual.facts()['precision']}, not in {precision}")
        return cls(Path(text).name, usual, opened(LEAST_SCORE))

    def look_at(self, block: list[LabelledPicture]) -> None:
        """Timed with the usual threshold; then once more, untimed, with the least score."""
        for number, one in enumerate(block):
            began = time.perf_counter()
            found = self.usual.detect(one.picture)
            if number:
                self.laps_ms.append(1000 * (time.perf_counter() - began))
            self.usual_tally.add(found, one.boxes, one.ignore)
        for one in block:
            self.tally.add(self.keen.detect(one.picture), one.boxes, one.ignore)

    def row(self, reference: "Variant") -> dict[str, Any]:
        facts = self.usual.facts()
        ap, reference_ap = self.tally.average_precision(), reference.tally.average_precision()
        return {
            "variant": self.name,
            "runtime": facts["runtime"],
            "ap50": _rounded(ap),
            "ap50_ratio": _rounded(ap / reference_ap if ap is not None and reference_ap else None),
            "threshold": facts["confidence"],
            "precision": _rounded(self.usual_tally.precision),
            "recall": _rounded(self.usual_tally.recall),
            "ms": round(median(self.laps_ms), 2) if self.laps_ms else None,
            "ms_ratio": _rounded(middle_ratio(self.laps_ms, reference.laps_ms)) if self.laps_ms else None,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def look_at_all(pictures: Iterator[LabelledPicture], variants: list[Variant]) -> None:
    """Every variant on every picture, in turn, block by block."""
    while block := list(islice(pictures, BLOCK)):
        for variant in variants:
            variant.look_at(block)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="folders or tar files")
    parser.add_argument("--variants", default=VARIANTS, help="NAME_OR_PATH:RUNTIME:PRECISION, by commas")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--limit", type=int, help="only so many pictures")
    asked = parser.parse_args()
    labels = read_labels(asked.labels)[: asked.limit]
    variants: list[Variant] = []
    not_here: list[dict[str, str]] = []
    for text in asked.variants.split(","):
        try:
            variants.append(Variant.open(text, asked.threads))
        except (ValueError, SightlineError) as error:
            not_here.append({"variant": text, "not computable here": str(error)})
    look_at_all(read_pictures(labels, asked.images), variants)
    document = {
        "bench": "detector_accuracy",
        "machine": machine(),
        "pictures": len(labels),
        "people": sum(len(label["boxes"]) for label in labels),
        "ratios to": variants[0].name if variants else None,
        "rows": [*(one.row(variants[0]) for one in variants), *not_here],
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
