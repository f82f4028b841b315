"""A camera that moved, told from the people alone: all of them seem to have moved by the same way at once."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PEOPLE = 4
"""Fewer may well have walked the same way."""
MOST = 24
"""People who are asked, the tallest; more cost time and tell nothing new."""
REACH = 1.5
"""Body heights by which a box may be off in either direction."""
ALIKE = np.log(1.28)
"""Heights of one person in two pictures differ by less than this factor."""
NEAR = 0.12
"""Body heights by which two people agree: what detector and gait make of a common shift."""
LEAD = 2.0
"""So many people more must be explained by a shift than by none."""
SHARE = 0.6
"""Of the people who are asked: two groups that part are no moving camera."""


def common_shift(expected: Floats, boxes: Floats) -> Floats | None:
    """By how much the picture has moved, pixels (2,); None when people tell of no common motion.

    Every pair of an expected and a detected box of like height is a shift that might explain all others. The
    one that explains most people is taken, of equals the shortest, if that is clearly more than no shift at
    all explains: so a crowd that walks as expected is no moving camera. Zooms and rolls are not told.

    Args:
        expected: float64 (N, 4), where tracks seen in the frame before should be, cxcywh pixels.
        boxes: float64 (M, 4), detected, likewise.

    Source:
        Voting in place of the picture registration that BoT-SORT (Aharon et al. 2022) does for its camera
        motion: it needs no pixels and costs nothing while the camera stands.
    """
    if len(expected) < PEOPLE or len(boxes) < PEOPLE:
        return None
    if len(expected) > MOST:
        expected = expected[np.argsort(-expected[:, 3], kind="stable")[:MOST]]
    height = expected[:, 3]
    shift = boxes[:, :2] - expected[:, None, :2]
    possible = np.abs(np.log(boxes[:, 3] / height[:, None])) < ALIKE
    possible &= (np.abs(shift) < REACH * height[:, None, None]).all(axis=2)
    person, box = np.nonzero(possible)
    if not len(person):
        return None
    first = np.concatenate(([True], person[1:] != person[:-1])).nonzero()[0]  # shift of each person
    shifts, unit = shift[person, box], (NEAR * height[person]) ** 2
    standing = np.maximum.reduceat(_agreement(shifts, np.zeros((1, 2)), unit), first).sum()
    if standing > SHARE * len(first) or standing + LEAD > len(first):
        return None
    agreeing = _agreement(shifts, shifts, unit)
    explained = np.maximum.reduceat(agreeing, first).sum(axis=0)
    # People who stand in rows, or evenly, fit again one place on: of equals the shortest way.
    best = int((explained - np.hypot(*shifts.T) / height[person]).argmax())
    if explained[best] < max(standing + LEAD, SHARE * len(first)):
        return None
    mean: Floats = np.average(shifts, axis=0, weights=agreeing[:, best])
    return mean


def _agreement(shifts: Floats, candidates: Floats, unit: Floats) -> Floats:
    """How well each of the shifts, (P, 2), agrees with each candidate, (K, 2): (P, K) in [0, 1]."""
    apart = np.square(shifts[:, None] - candidates).sum(axis=2)
    agreement: Floats = np.exp(-0.5 * apart / unit[:, None])
    return agreement
