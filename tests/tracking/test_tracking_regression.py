"""Figures on real people with known identity: they fail when a change makes the trackers worse.

Identity F1 (IDF1, Ristani et al. 2016): each person is paired with one track for the whole sequence, and only
frames in which the two overlap by half count. The figures are what was measured; two points less may pass.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import linear_sum_assignment

from sightline.tracking import open_tracker
from sightline.tracking.association import overlap
from sightline.tracking.mot_files import MotSequence, read_sequences, track_sequence

Floats = npt.NDArray[np.float64]
MATCH_IOU = 0.5
FRAME, ID, FLAG = 0, 1, 6  # columns


@pytest.mark.parametrize(
    ("name", "sequence", "fps", "idf1"),
    [
        ("botsort", "PETS09-S2L1", 5, 0.67),
        ("botsort", "TUD-Stadtmitte", None, 0.791),
        ("botsort", "TUD-Stadtmitte", 5, 0.725),
        ("botsort", "TUD-Campus", None, 0.698),
        ("botsort", "KITTI-17", 5, 0.789),
        ("bytetrack", "TUD-Stadtmitte", None, 0.728),
        ("bytetrack", "PETS09-S2L1", 5, 0.562),
    ],
)
def test_people_keep_their_ids_as_well_as_when_last_measured(
    shared: Path, name: str, sequence: str, fps: float | None, idf1: float
) -> None:
    found = read_sequences(shared / "mot", detections="det-frcnn.txt", fps=fps)
    chosen = next(each for each in found if each.name == sequence)
    truth = np.loadtxt(shared / "mot" / sequence / "gt" / "gt.txt", delimiter=",")
    reached = identity_f1(truth[truth[:, FLAG] != 0], chosen, name)
    assert reached >= idf1 - 0.02


def identity_f1(truth: Floats, sequence: MotSequence, name: str) -> float:
    """IDF1, 0..1, of one tracker at the analysed frames of a sequence of MOT15 (no distractors)."""
    lines, _ = track_sequence(open_tracker(name), sequence)
    tracked = np.array([[float(value) for value in line.split(",")] for line in lines])
    frames = np.array([number for number, _, _ in sequence.frames()])
    truth = truth[np.isin(truth[:, FRAME], frames)]
    people, person = np.unique(truth[:, ID], return_inverse=True)
    tracks, track = np.unique(tracked[:, ID], return_inverse=True)
    together = np.zeros((len(people), len(tracks)))
    for frame in frames:
        rows, columns = (np.flatnonzero(table[:, FRAME] == frame) for table in (truth, tracked))
        alike, _ = overlap(centred(truth[rows]), centred(tracked[columns]))
        which, where = np.nonzero(alike >= MATCH_IOU)
        np.add.at(together, (person[rows[which]], track[columns[where]]), 1)
    pairs = linear_sum_assignment(together, maximize=True)
    return float(2 * together[pairs].sum() / (len(truth) + len(tracked)))


def centred(rows: Floats) -> Floats:
    """cxcywh, (N, 4), of MOTChallenge rows."""
    return np.concatenate([rows[:, 2:4] + rows[:, 4:6] / 2, rows[:, 4:6]], axis=1)
