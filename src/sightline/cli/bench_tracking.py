"""`sightline bench tracking`: our trackers on the detections of a MOTChallenge folder."""

from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from sightline.cli.bench_output import machine, print_rows, row
from sightline.cli.options import JsonOption
from sightline.cli.terminal import print_json, progress

OFFERED_MS = 0.5
"""What a frame may cost at 25 people in view, without appearance."""


def tracking(
    mot: Annotated[Path, typer.Option(help="Folder of sequences, each with seqinfo.ini and det/.")],
    out: Annotated[Path, typer.Option(help="Folder for one MOTChallenge result file per sequence.")],
    detections: Annotated[str, typer.Option(help="File in det/; a sequence without it takes det.txt.")] = (
        "det.txt"
    ),
    fps: Annotated[float | None, typer.Option(help="Analyse about this many frames a second.")] = None,
    tracker: Annotated[str, typer.Option(help="botsort or bytetrack.")] = "botsort",
    as_json: JsonOption = False,
) -> None:
    """Write result files for any MOTChallenge scorer, and show the milliseconds a frame."""
    from sightline.tracking.mot_files import read_sequences, track_sequence
    from sightline.tracking.registry import open_tracker
    from sightline.video.disk import writing

    sequences = read_sequences(mot, detections=detections, fps=fps)
    rows: list[dict[str, Any]] = []
    spent: list[float] = []
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    with progress("Tracking", len(sequences), unit="sequences", quiet=as_json) as advance:
        for number, sequence in enumerate(sequences, start=1):
            lines, milliseconds = track_sequence(open_tracker(tracker), sequence)
            with writing(out):
                (out / f"{sequence.name}.txt").write_text("".join(lines))
            rows.append(_row(sequence.name, milliseconds))
            spent += milliseconds
            advance(number)
    document = {"bench": "tracking", "machine": machine(), "rows": [*rows, _row("all frames", spent)]}
    if as_json:
        print_json(document)
    else:
        print_rows(document)


def _row(name: str, milliseconds: list[float]) -> dict[str, Any]:
    middle = median(milliseconds)
    metric = f"{name}: time a frame, median of {len(milliseconds)}"
    return row(metric, middle, "ms", "aim", OFFERED_MS, middle / OFFERED_MS)
