"""Who really was where, of a MOTChallenge folder, and which tracked boxes lie on whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from sightline.errors import ConfigError
from sightline.tracking.association import overlap

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MATCH_IOU = 0.5
FRAME, ID, LEFT_TOP, SIZE, FLAG, CLASS = 0, 1, slice(2, 4), slice(4, 6), 6, 7  # columns
WITH_CLASSES = 9
"""Columns of a truth file that has classes: MOT16 and later."""
PEDESTRIAN = 1
DISTRACTORS = (2, 7, 8, 12)
"""Person on vehicle, static person, distractor, reflection: a track there is neither right nor wrong."""
ROUNDING = np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True)
class Seen:
    """People and tracks of one frame.

    Attributes:
        people, tracks: int64 (G,) and (T,), ids.
        alike: float64 (G, T), intersection over union.
    """

    people: Ints
    tracks: Ints
    alike: Floats


def read_truth(folder: Path) -> Floats | None:
    """The rows of a sequence's `gt/gt.txt` in order of frame, float64 (N, columns); None without one.

    Raises:
        ConfigError: there is one that cannot be read.
    """
    file = folder / "gt" / "gt.txt"
    if not file.is_file():
        return None
    try:
        rows = np.loadtxt(file, delimiter=",", ndmin=2) if file.stat().st_size else np.empty((0, FLAG + 1))
    except ValueError as error:
        raise ConfigError(f"{file} is no truth in MOTChallenge format: {error}") from error
    if rows.shape[1] <= FLAG:
        raise ConfigError(f"{file} is no truth in MOTChallenge format: {rows.shape[1]} columns")
    ordered: Floats = rows[np.argsort(rows[:, FRAME], kind="stable")]
    return ordered


def compare(truth: Floats, lines: Sequence[str], frames: Iterable[int]) -> list[Seen]:
    """Who and which tracks were in each of the given frames.

    The rules of MOTChallenge: of files with classes only pedestrians count, and what is tracked on one of
    `DISTRACTORS` is left out; of older files every row with a flag counts.

    Args:
        truth: see `read_truth`.
        lines: result lines, see `mot_files.mot_lines`.
        frames: their numbers, as in both.
    """
    tracked = np.loadtxt(lines, delimiter=",", ndmin=2) if lines else np.empty((0, FLAG + 1))
    tracked = tracked[np.argsort(tracked[:, FRAME], kind="stable")]
    return [_seen(_of_frame(truth, number), _of_frame(tracked, number)) for number in frames]


def _of_frame(rows: Floats, number: int) -> Floats:
    first, last = np.searchsorted(rows[:, FRAME], (number, number + 1))
    return rows[first:last]


def _seen(truth: Floats, tracked: Floats) -> Seen:
    shared = overlap(_centred(truth), _centred(tracked))
    alike = np.zeros((len(truth), len(tracked)))
    alike[shared.rows, shared.columns] = shared.area
    counts = truth[:, FLAG] != 0
    kept = np.ones(len(tracked), bool)
    if truth.shape[1] == WITH_CLASSES:
        near = np.where(alike < MATCH_IOU - ROUNDING, 0.0, alike)
        rows, columns = linear_sum_assignment(near, maximize=True)
        hit = (near[rows, columns] > 0) & np.isin(truth[rows, CLASS], DISTRACTORS)
        kept[columns[hit]] = False
        counts &= truth[:, CLASS] == PEDESTRIAN
    return Seen(
        truth[counts, ID].astype(np.int64), tracked[kept, ID].astype(np.int64), alike[np.ix_(counts, kept)]
    )


def _centred(rows: Floats) -> Floats:
    return np.concatenate([rows[:, LEFT_TOP] + rows[:, SIZE] / 2, rows[:, SIZE]], axis=1)
