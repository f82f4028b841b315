"""Would the default tracker have been chosen without the sequence it is measured on?

    python benchmarks/tracking_left_out.py --mot DIR [--detections det-frcnn.txt] [--fps 5]

Variants of `botsort` that each differ in one parameter are run on all sequences. For each sequence the
variant is taken that is best on all the others (sum of HOTA, IDF1 and MOTA of their boxes together), and its
result on the one left out counts. Printed: every variant, and the sequences together as they were left out.
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sightline.tracking.botsort import STAGES
from sightline.tracking.cascade import CascadeTracker, Life, Stage
from sightline.tracking.mot_files import read_sequences, track_sequence
from sightline.tracking.mot_truth import compare, read_truth
from sightline.tracking.motion import Gait
from sightline.tracking.scores import Tally, tally

OVERLAP, LIKELY, DOUBTED, FIRST = STAGES
DEFAULT = "default"


def stages(**changed: Stage) -> tuple[Stage, ...]:
    return tuple(
        changed.get(name, stage)
        for name, stage in zip(("overlap", "likely", "doubted", "first"), STAGES, strict=True)
    )


def likeness(stage: Stage, **changed: float | bool) -> Stage:
    return replace(stage, likeness=replace(stage.likeness, **changed))  # type: ignore[type-var]


Variant = tuple[Gait, tuple[Stage, ...], Life]
VARIANTS: Mapping[str, Variant] = {
    DEFAULT: (Gait(), STAGES, Life()),
    "speed 0.5": (Gait(speed=0.5), STAGES, Life()),
    "speed 0.75": (Gait(speed=0.75), STAGES, Life()),
    "growth 0.25": (Gait(growth=0.25), STAGES, Life()),
    "persistence 10 s": (Gait(persistence_s=10), STAGES, Life()),
    "jitter 0.045": (Gait(jitter=0.045), STAGES, Life()),
    "overlap from 0.1": (Gait(), stages(overlap=likeness(OVERLAP, at_least=0.1)), Life()),
    "overlap from 0.2": (Gait(), stages(overlap=likeness(OVERLAP, at_least=0.2)), Life()),
    "trust 0": (Gait(), stages(overlap=likeness(OVERLAP, trust=0.0)), Life()),
    "trust 0.1": (Gait(), stages(overlap=likeness(OVERLAP, trust=0.1)), Life()),
    "score fused": (Gait(), stages(overlap=likeness(OVERLAP, fuse_score=True)), Life()),
    "newcomers -0.5": (Gait(), stages(likely=likeness(LIKELY, newcomers=-0.5)), Life()),
    "doubted from 0.3": (Gait(), stages(doubted=likeness(DOUBTED, at_least=0.3)), Life()),
    "memory 3 s": (Gait(), STAGES, Life(memory=timedelta(seconds=3))),
}


def measure(variant: Variant, mot: Path, detections: str, fps: float | None) -> dict[str, Tally]:
    """What one variant reaches on every sequence."""
    gait, ways, life = variant
    reached = {}
    for sequence in read_sequences(mot, detections=detections, fps=fps):
        truth = read_truth(sequence.folder)
        if truth is None:
            raise SystemExit(f"{sequence.folder} has no gt/gt.txt")
        tracker = CascadeTracker("variant", gait=gait, stages=ways, life=life, follows_camera=True)
        lines, _ = track_sequence(tracker, sequence)
        reached[sequence.name] = tally(compare(truth, lines, sequence.numbers))
    return reached


def worth(tallies: Mapping[str, Tally], left_out: str | None = None) -> float:
    scored = Tally.together(each for name, each in tallies.items() if name != left_out)
    return scored.hota + scored.idf1 + scored.mota


def told(what: str, tallies: Mapping[str, Tally]) -> None:
    scored = Tally.together(tallies.values())
    figures = f"HOTA {scored.hota:.1f}  IDF1 {scored.idf1:.1f}  MOTA {scored.mota:.1f}"
    print(f"{what:32} {figures}  switches {scored.switches}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mot", type=Path, required=True)
    parser.add_argument("--detections", default="det-frcnn.txt")
    parser.add_argument("--fps", type=float)
    options = parser.parse_args()
    measured = {}
    for name, variant in VARIANTS.items():
        measured[name] = measure(variant, options.mot, options.detections, options.fps)
        told(name, measured[name])
    sequences = list(measured[DEFAULT])
    chosen = {one: max(measured, key=lambda name, one=one: worth(measured[name], one)) for one in sequences}
    print("chosen without it:", ", ".join(f"{one}: {name}" for one, name in chosen.items()))
    told("each sequence left out", {one: measured[name][one] for one, name in chosen.items()})


if __name__ == "__main__":
    main()
