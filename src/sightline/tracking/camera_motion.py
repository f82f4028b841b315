"""A camera that moved, told from the people alone: all of them seem to have moved by the same way at once."""

import numpy as np
import numpy.typing as npt

from sightline.tracking.association import where

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
    # Across the picture alone most pairs are too far apart: the rest is asked of the others.
    person, box = where(np.abs(boxes[:, 0] - expected[:, :1]) < REACH * expected[:, 3:])
    mine, other = expected.take(person, axis=0), boxes.take(box, axis=0)
    shifts, height = other[:, :2] - mine[:, :2], mine[:, 3]
    possible = np.abs(shifts[:, 1]) < REACH * height
    possible &= np.abs(np.log(other[:, 3] / height)) < ALIKE
    person, shifts, height = person[possible], shifts.compress(possible, axis=0), height[possible]
    if not len(person):
        return None
    first = np.concatenate(([True], person[1:] != person[:-1])).nonzero()[0]  # shift of each person
    unit = (NEAR * height) ** 2
    standing = np.maximum.reduceat(_agreement(shifts, unit), first).sum()
    if standing > SHARE * len(first) or standing + LEAD > len(first):
        return None
    agreeing = _agreement(shifts[:, None] - shifts, unit[:, None])
    explained = np.maximum.reduceat(agreeing, first).sum(axis=0)
    # People who stand in rows, or evenly, fit again one place on: of equals the shortest way.
    best = int((explained - np.hypot(*shifts.T) / height).argmax())
    if explained[best] < max(standing + LEAD, SHARE * len(first)):
        return None
    mean: Floats = np.average(shifts, axis=0, weights=agreeing[:, best])
    return mean


def _agreement(apart: Floats, unit: Floats) -> Floats:
    """How well shifts agree that lie so far, (..., 2), from each other: float64 (...) in [0, 1]."""
    agreement: Floats = np.exp(-0.5 * (apart[..., 0] ** 2 + apart[..., 1] ** 2) / unit)
    return agreement
