"""How people behaved during each of their stays, from what single pictures told."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TypeVar

from sightline.domain.body_pose import Posture
from sightline.domain.engagement import Bearing, Behavior
from sightline.domain.track_looks import TimedBearing
from sightline.domain.zone_stays import ZoneStay

Label = TypeVar("Label", Posture, Behavior)


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody behaved during one stay; all None when no picture of it told.

    Attributes:
        score: mean engagement, 0..100.
        orientation: mean, -1 away .. 1 facing the camera.
        posture: the most frequent one that is known; unknown when none is.
        behavior: the most frequent one.
    """

    score: float | None = None
    orientation: float | None = None
    posture: Posture | None = None
    behavior: Behavior | None = None

    @classmethod
    def of(cls, bearings: Sequence[Bearing]) -> "Manner":
        """Of equally frequent postures or behaviours, the one that `Posture` or `Behavior` lists first."""
        if not bearings:
            return cls()
        known = [one.posture for one in bearings if one.posture is not Posture.UNKNOWN]
        return cls(
            score=fmean(one.score for one in bearings),
            orientation=fmean(one.orientation for one in bearings),
            posture=_commonest(Posture, known) if known else Posture.UNKNOWN,
            behavior=_commonest(Behavior, [one.behavior for one in bearings]),
        )


def manner_of_each(stays: Sequence[ZoneStay], bearings: Sequence[TimedBearing]) -> list[Manner]:
    """The manner of each stay of one track.

    A picture tells of the stay it was taken in, both ends counted. One stay ends in the very picture in which
    the next begins: that picture tells of the next.

    Args:
        stays: in order, as of `TrackZones`.
        bearings: of the same track, in any order.
    """
    told: list[list[Bearing]] = [[] for _ in stays]
    begins = [stay.entered_at for stay in stays]
    for one in bearings:
        place = bisect_right(begins, one.at) - 1
        if place >= 0 and one.at <= stays[place].left_at:
            told[place].append(one.bearing)
    return [Manner.of(some) for some in told]


def _commonest(kind: type[Label], seen: Sequence[Label]) -> Label:
    counts = Counter(seen)
    return max(kind, key=lambda label: counts[label])
