"""How well tracks keep people apart: HOTA, IDF1 and MOTA against known truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from sightline.tracking.mot_truth import MATCH_IOU, ROUNDING, Seen

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

LEVELS = np.arange(0.05, 0.99, 0.05)
"""Overlaps from which a box is on a person, for HOTA, which is the mean over all of them."""
GOES_ON = 1000.0
"""Gain of a pair that was one in the frame before: MOTA breaks it only when it no longer overlaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of one sequence, or of several together.

    Attributes:
        boxes: of people in the truth.
        tracked: boxes of tracks that were compared.
        found, kept_apart: float64 (19,), for each of `LEVELS`: boxes on a person, and the sum over these of
            how much person and track are one (association).
        same: boxes on the person whose track it is, by the best pairing of people and tracks.
        false, missed, switches: as MOTA counts them.

    Source:
        HOTA: Luiten et al. 2020; IDF1: Ristani et al. 2016; MOTA: Bernardin and Stiefelhagen 2008, with a
        switch counted when the track of a person is another one than when last seen. Same figures as
        TrackEval.
    """

    boxes: int
    tracked: int
    found: Floats
    kept_apart: Floats
    same: int
    false: int
    missed: int
    switches: int

    @classmethod
    def together(cls, tallies: Iterable["Tally"]) -> Self:
        """Of several sequences, each of at least one, by the sums of all counts."""
        listed = list(tallies)
        return cls(**{each.name: sum(getattr(one, each.name) for one in listed) for each in fields(cls)})

    @property
    def hota(self) -> float:
        """Percent."""
        detection = self.found / np.maximum(1, self.boxes + self.tracked - self.found)
        association = self.kept_apart / np.maximum(1, self.found)
        return float(100 * np.sqrt(detection * association).mean())

    @property
    def idf1(self) -> float:
        """Percent."""
        return 200 * self.same / max(1, self.boxes + self.tracked)

    @property
    def mota(self) -> float:
        """Percent; below 0 when there are more mistakes than people."""
        return 100 * (1 - (self.false + self.missed + self.switches) / max(1, self.boxes))


def tally(frames: Sequence[Seen]) -> Tally:
    """Count what the tracks of one sequence got right, frame after frame."""
    people, persons = _numbered([frame.people for frame in frames])
    tracks, numbers = _numbered([frame.tracks for frame in frames])
    alone = np.bincount(np.concatenate(persons), minlength=people)
    on_track = np.bincount(np.concatenate(numbers), minlength=tracks)
    together = np.zeros((people, tracks))
    belief = np.zeros((people, tracks))
    for frame, rows, columns in zip(frames, persons, numbers, strict=True):
        here = np.ix_(rows, columns)
        together[here] += frame.alike >= MATCH_IOU
        rivals = frame.alike.sum(axis=0) + frame.alike.sum(axis=1)[:, None] - frame.alike
        belief[here] += np.divide(
            frame.alike, rivals, out=np.zeros_like(frame.alike), where=rivals > ROUNDING
        )
    belief /= np.maximum(alone[:, None] + on_track - belief, ROUNDING)
    found, kept_apart = _association(frames, persons, numbers, belief, alone, on_track)
    false, missed, switches = _mistakes(frames)
    return Tally(
        boxes=int(alone.sum()),
        tracked=int(on_track.sum()),
        found=found,
        kept_apart=kept_apart,
        same=int(together[linear_sum_assignment(together, maximize=True)].sum()),
        false=false,
        missed=missed,
        switches=switches,
    )


def _numbered(ids: list[npt.NDArray[np.int64]]) -> tuple[int, list[Ints]]:
    """How many ids there are, and those of each frame as numbers from 0."""
    known = np.unique(np.concatenate(ids))
    return len(known), [np.searchsorted(known, each) for each in ids]


def _association(
    frames: Sequence[Seen],
    persons: list[Ints],
    numbers: list[Ints],
    belief: Floats,
    alone: npt.NDArray[np.intp],
    on_track: npt.NDArray[np.intp],
) -> tuple[Floats, Floats]:
    found, kept_apart = np.zeros(len(LEVELS)), np.zeros(len(LEVELS))
    pairs = [
        (rows[chosen[0]], columns[chosen[1]], frame.alike[chosen])
        for frame, rows, columns in zip(frames, persons, numbers, strict=True)
        for chosen in [linear_sum_assignment(belief[np.ix_(rows, columns)] * frame.alike, maximize=True)]
    ]
    person, number, alike = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    for level, least in enumerate(LEVELS):
        enough = alike >= least - ROUNDING
        count = np.zeros_like(belief)
        np.add.at(count, (person[enough], number[enough]), 1)
        found[level] = enough.sum()
        kept_apart[level] = (count**2 / np.maximum(1, alone[:, None] + on_track - count)).sum()
    return found, kept_apart


def _mistakes(frames: Sequence[Seen]) -> tuple[int, int, int]:
    """False, missed and switched boxes."""
    false = missed = switches = 0
    last: dict[int, int] = {}
    before: dict[int, int] = {}
    for frame in frames:
        gain = np.where(frame.alike >= MATCH_IOU - ROUNDING, frame.alike, 0.0)
        column = {int(track): place for place, track in enumerate(frame.tracks)}
        for row, person in enumerate(frame.people.tolist()):
            place = column.get(before.get(person, -1))
            if place is not None and gain[row, place] > 0:
                gain[row, place] += GOES_ON
        rows, columns = linear_sum_assignment(gain, maximize=True)
        right = gain[rows, columns] > ROUNDING
        before = dict(
            zip(frame.people[rows[right]].tolist(), frame.tracks[columns[right]].tolist(), strict=True)
        )
        switches += sum(last.get(person, track) != track for person, track in before.items())
        last |= before
        missed += len(frame.people) - len(before)
        false += len(frame.tracks) - len(before)
    return false, missed, switches
