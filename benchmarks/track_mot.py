"""Run a tracker on the detections of a MOTChallenge folder and write one result file per sequence.

    python benchmarks/track_mot.py --mot DIR --out DIR [--fps 5] [--detections det-frcnn.txt]

Prints the median milliseconds a frame inside `update`. The result files can be given to any
MOTChallenge scorer; frames keep their original numbers, also when only some are analysed.
"""

import argparse
from pathlib import Path
from statistics import median

from sightline.tracking.mot_files import read_sequences, track_sequence
from sightline.tracking.registry import DEFAULT, open_tracker


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mot", type=Path, required=True, help="folder of sequences")
    parser.add_argument("--out", type=Path, required=True, help="where the result files go")
    parser.add_argument("--fps", type=float, help="analyse about this many frames a second (default: all)")
    parser.add_argument("--detections", default="det.txt", help="file in det/ (default: det.txt)")
    parser.add_argument("--tracker", default=DEFAULT)
    options = parser.parse_args()

    options.out.mkdir(parents=True, exist_ok=True)
    spent: list[float] = []
    print(f"{'sequence':20} {'frames':>6} {'boxes':>7} {'ms/frame':>8}")
    for sequence in read_sequences(options.mot, detections=options.detections, fps=options.fps):
        lines, milliseconds = track_sequence(open_tracker(options.tracker), sequence)
        (options.out / f"{sequence.name}.txt").write_text("".join(lines))
        print(f"{sequence.name:20} {len(milliseconds):6d} {len(lines):7d} {median(milliseconds):8.2f}")
        spent += milliseconds
    print(f"{'all frames':20} {len(spent):6d} {'':7} {median(spent):8.2f}")


if __name__ == "__main__":
    main()
