"""MOTChallenge folders: detections to track, and result files that a scorer reads."""

import configparser
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from sightline.domain.detection import Detections
from sightline.domain.track import TrackedBox
from sightline.errors import ConfigError
from sightline.tracking.protocol import Tracker

START = datetime(2000, 1, 1, tzinfo=UTC)
FRAME, LEFT_TOP, SIZE, SCORE = 0, slice(2, 4), slice(4, 6), 6  # columns


@dataclass(frozen=True, slots=True)
class MotSequence:
    """One sequence with its detections.

    Attributes:
        folder: where it lies; its name is that of the sequence.
        rows: float64 (N, 7 or more), the detection file sorted by frame.
        step: every how manieth frame is analysed; 1 for all.
    """

    folder: Path
    rows: npt.NDArray[np.float64]
    rate: Fraction
    length: int
    step: int

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def numbers(self) -> range:
        """Of the analysed frames, from 1 as in the original."""
        return range(1, self.length + 1, self.step)

    def frames(self) -> Iterator[tuple[int, datetime, Detections]]:
        """Number from 1 as in the original, time, and detections of every analysed frame."""
        for number in self.numbers:
            first, last = np.searchsorted(self.rows[:, FRAME], (number, number + 1))
            now = self.rows[first:last]
            boxes = np.concatenate([now[:, LEFT_TOP], now[:, LEFT_TOP] + now[:, SIZE]], axis=1)
            at = START + timedelta(seconds=float((number - 1) / self.rate))
            yield number, at, Detections(boxes.astype(np.float32), now[:, SCORE].astype(np.float32))


def read_sequences(mot: Path, *, detections: str = "det.txt", fps: float | None = None) -> list[MotSequence]:
    """Every sequence below `mot`, in order of name.

    Args:
        mot: folder with one folder per sequence, each with `seqinfo.ini` and `det/`.
        detections: name of the file in `det/`; a sequence without it falls back on any other it has.
        fps: analyse about this many frames a second, as if the camera had been sampled; None for all.

    Raises:
        ConfigError: there is no sequence below `mot`, or one cannot be read.
    """
    folders = sorted(path.parent for path in mot.glob("*/seqinfo.ini"))
    if not folders:
        raise ConfigError(f"no sequence below {mot}: expected NAME/seqinfo.ini and NAME/det/{detections}")
    return [_read_sequence(folder, detections, fps) for folder in folders]


def _read_sequence(folder: Path, detections: str, fps: float | None) -> MotSequence:
    found = sorted(
        (folder / "det").glob("*.txt"), key=lambda path: (path.name != detections, path.name != "det.txt")
    )
    if not found:
        raise ConfigError(f"{folder} has no detections: expected det/{detections}")
    info = configparser.ConfigParser()
    try:
        info.read_string((folder / "seqinfo.ini").read_text())
        rate, length = Fraction(info["Sequence"]["frameRate"]), int(info["Sequence"]["seqLength"])
        rows = np.loadtxt(found[0], delimiter=",", ndmin=2) if found[0].stat().st_size else np.empty((0, 7))
    except (configparser.Error, KeyError, ValueError) as error:
        raise ConfigError(f"{folder} is not a MOTChallenge sequence: {error}") from error
    if rate <= 0 or length <= 0 or rows.shape[1] <= SCORE:
        what = f"rate {rate}, {length} frames, {rows.shape[1]} columns"
        raise ConfigError(f"{folder} is not a MOTChallenge sequence: {what}")
    step = max(1, round(float(rate) / fps)) if fps else 1
    return MotSequence(folder, rows[np.argsort(rows[:, FRAME], kind="stable")], rate, length, step)


def track_sequence(tracker: Tracker, sequence: MotSequence) -> tuple[list[str], list[float]]:
    """Result lines in MOTChallenge format, and the milliseconds spent in `update` for every frame."""
    lines: list[str] = []
    milliseconds: list[float] = []
    for number, at, detections in sequence.frames():
        started = perf_counter()
        people = tracker.update(at, detections)
        milliseconds.append(1000 * (perf_counter() - started))
        lines.extend(mot_lines(number, people))
    return lines, milliseconds


def mot_lines(frame_number: int, people: Iterable[TrackedBox]) -> Iterator[str]:
    """`frame,id,left,top,width,height,score,-1,-1,-1` for each track seen in a frame."""
    for person in people:
        x1, y1, x2, y2 = person.box
        where = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
        yield f"{frame_number},{person.track_id},{where},{person.score:.4f},-1,-1,-1\n"
