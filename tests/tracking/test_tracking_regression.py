"""Figures on real people with known identity: they fail when a change makes the trackers worse."""

from pathlib import Path

import pytest

from sightline.tracking import open_tracker
from sightline.tracking.mot_files import read_sequences, track_sequence
from sightline.tracking.mot_truth import compare, read_truth
from sightline.tracking.scores import tally

SLACK = 2.0
"""Points; the figures are what was measured."""


@pytest.mark.parametrize(
    ("name", "sequence", "fps", "hota", "idf1"),
    [
        ("botsort", "PETS09-S2L1", 5, 46.2, 67),
        ("botsort", "TUD-Stadtmitte", None, 53.7, 79.1),
        ("botsort", "TUD-Stadtmitte", 5, 49.1, 72.5),
        ("botsort", "TUD-Campus", None, 50.6, 69.8),
        ("botsort", "KITTI-17", 5, 49.8, 78.9),
        pytest.param("botsort", "MOT17-10-FRCNN", 5, 43.8, 52.7, id="the camera is carried"),
        ("bytetrack", "TUD-Stadtmitte", None, 51.9, 72.8),
        ("bytetrack", "PETS09-S2L1", 5, 40.2, 56.2),
        ("deepsort", "TUD-Stadtmitte", None, 48.8, 69.2),
    ],
)
def test_people_keep_their_ids_as_well_as_when_last_measured(
    shared: Path, name: str, sequence: str, fps: float | None, hota: float, idf1: float
) -> None:
    found = read_sequences(shared / "mot", detections="det-frcnn.txt", fps=fps)
    chosen = next(each for each in found if each.name == sequence)
    truth = read_truth(chosen.folder)
    assert truth is not None
    lines, _ = track_sequence(open_tracker(name), chosen)
    scored = tally(compare(truth, lines, chosen.numbers))
    assert scored.hota >= hota - SLACK
    assert scored.idf1 >= idf1 - SLACK
