"""`sightline bench tracking`: our trackers on the detections of a MOTChallenge folder."""

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.bench_output import machine, print_rows, row
from sightline.cli.options import JsonOption
from sightline.cli.terminal import print_json, progress

if TYPE_CHECKING:
    from sightline.tracking.scores import Tally

OFFERED_MS = 0.5
"""What a frame may cost at 25 people in view, without appearance."""


def tracking(
    mot: Annotated[Path, typer.Option(help="Folder of sequences, each with seqinfo.ini and det/.")],
    out: Annotated[Path, typer.Option(help="Folder for one MOTChallenge result file per sequence.")],
    detections: Annotated[str, typer.Option(help="File in det/; a sequence without it takes det.txt.")] = (
        "det.txt"
    ),
    fps: Annotated[float | None, typer.Option(help="Analyse about this many frames a second.")] = None,
    tracker: Annotated[str, typer.Option(help="botsort, bytetrack or deepsort.")] = "botsort",
    as_json: JsonOption = False,
) -> None:
    """Write MOTChallenge result files, and show the milliseconds a frame; with gt/ also how right they are.

    HOTA, IDF1 and MOTA are those of TrackEval, at the analysed frames.
    """
    from sightline.tracking.mot_files import read_sequences, track_sequence
    from sightline.tracking.mot_truth import compare, read_truth
    from sightline.tracking.registry import open_tracker
    from sightline.tracking.scores import Tally, tally
    from sightline.video.disk import writing

    sequences = read_sequences(mot, detections=detections, fps=fps)
    rows: list[dict[str, Any]] = []
    spent: list[float] = []
    tallies: list[Tally] = []
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    with progress("Tracking", len(sequences), unit="sequences", quiet=as_json) as advance:
        for number, sequence in enumerate(sequences, start=1):
            lines, milliseconds = track_sequence(open_tracker(tracker), sequence)
            with writing(out):
                (out / f"{sequence.name}.txt").write_text("".join(lines))
            rows.append(_time_row(sequence.name, milliseconds))
            truth = read_truth(sequence.folder)
            if truth is not None:
                tallies.append(tally(compare(truth, lines, sequence.numbers)))
                rows += _score_rows(sequence.name, tallies[-1])
            spent += milliseconds
            advance(number)
    rows.append(_time_row("all frames", spent))
    if tallies:
        rows += _score_rows(f"{len(tallies)} sequences together", Tally.together(tallies))
    document = {"bench": "tracking", "machine": machine(), "rows": rows}
    if as_json:
        print_json(document)
    else:
        print_rows(document)


def _time_row(name: str, milliseconds: list[float]) -> dict[str, Any]:
    middle = median(milliseconds)
    metric = f"{name}: time a frame, median of {len(milliseconds)}"
    return row(metric, middle, "ms", "aim", OFFERED_MS, middle / OFFERED_MS)


def _score_rows(name: str, scored: "Tally") -> list[dict[str, Any]]:
    percents = {"HOTA": scored.hota, "IDF1": scored.idf1, "MOTA": scored.mota}
    return [
        *(
            row(f"{name}: {score}", value, "%", "everybody kept apart", 100, value / 100)
            for score, value in percents.items()
        ),
        row(
            f"{name}: id switches", scored.switches, "", "boxes of people", scored.boxes,
            scored.switches / max(1, scored.boxes),
        ),
    ]  # fmt: skip
