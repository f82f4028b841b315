"""How still somebody is, told from boxes that jitter."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import sqrt

import numpy as np
import numpy.typing as npt

from sightline.domain.presence import STILL_SPEED, WALKING_SPEED
from sightline.domain.track import Box

SPAN = timedelta(seconds=2)
LEAST_SPAN = timedelta(seconds=1)
LEAST_SIGHTINGS = 3
JITTER = 0.02
"""What the box of a person who does not move jitters at least, as a share of its height, sideways and up: a
standard deviation. The larger jitter of a box that does worse is measured."""

NORMAL = 1.4826
"""Standard deviation over median deviation, where errors are normal."""
EDGE = 0.02
"""A box that ends this close to the lower edge of the picture, as a share of its height, is cut off by it."""

Floats = npt.NDArray[np.float64]


def stationarity(speed: float) -> float:
    """1 for whoever stands, falling to 0 at walking speed.

    Args:
        speed: body heights per second in the picture, or on the floor.
    """
    return min(1.0, max(0.0, (WALKING_SPEED - speed) / (WALKING_SPEED - STILL_SPEED)))


@dataclass(slots=True)
class Movement:
    """The speed of one person over the last 2 seconds, in body heights per second.

    Speed is the slope of a line through all foot points of the span, not the way from one frame to the
    next: jitter of single boxes drops out of it with their number. What is left of it is known, because the
    points lie off their line by as much as they jitter, and never by less than a share of the box's height;
    that much is taken off. It is measured in body heights throughout, so that a person counts as standing at
    any distance and resolution.

    A box that ends at the lower edge of the picture shows no feet, and does not move there while its person
    walks up to the camera. The head is followed then.

    Somebody who walks up and down comes back to where they were: the speed is at least the lower one of the
    two halves of the span.
    """

    _sightings: deque[tuple[datetime, Box, bool]] = field(default_factory=deque)

    def see(self, at: datetime, box: Box, *, picture_height: float) -> None:
        """Add one sighting.

        Args:
            at: capture time, later than that of the last call.
            box: xyxy pixels of the whole picture.
            picture_height: of that picture, pixels.
        """
        shows_feet = box[3] < (1 - EDGE) * picture_height
        self._sightings.append((at, box, shows_feet))
        while self._sightings[0][0] < at - SPAN:
            self._sightings.popleft()

    @property
    def speed(self) -> float | None:
        """Body heights per second; None with fewer than 3 sightings or less than a second of them."""
        if len(self._sightings) < LEAST_SIGHTINGS:
            return None
        first, last = self._sightings[0][0], self._sightings[-1][0]
        if last - first < LEAST_SPAN:
            return None
        times = np.array([(at - first).total_seconds() for at, _, _ in self._sightings])
        boxes = np.array([box for _, box, _ in self._sightings], np.float64)
        tall = float(np.median(boxes[:, 3] - boxes[:, 1]))
        end = boxes[:, 3] if all(shows_feet for _, _, shows_feet in self._sightings) else boxes[:, 1]
        places = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, end], axis=1) / tall
        whole = _speed(times, places)
        middle = times[-1] / 2
        early, late = times <= middle, times >= middle
        if min(early.sum(), late.sum()) < LEAST_SIGHTINGS:
            return whole
        return max(whole, min(_speed(times[early], places[early]), _speed(times[late], places[late])))

    @property
    def stationarity(self) -> float | None:
        """0..1; None as long as there is no speed."""
        speed = self.speed
        return None if speed is None else stationarity(speed)


def _speed(times: Floats, places: Floats) -> float:
    """The slope of a line through points (N, 2) in body heights, less what jitter makes of it.

    The median of the slopes of all pairs of points: a box that is wrong for a moment turns no line.
    """
    one, other = np.triu_indices(len(times), 1)
    apart = (times[other] - times[one])[:, None]
    slope = np.median((places[other] - places[one]) / apart, axis=0)
    since = times - times.mean()
    rest = places - np.outer(since, slope)
    spread = NORMAL * np.median(np.abs(rest - np.median(rest, axis=0)), axis=0)
    # A slope through points that lie `spread` off their line errs by that over the root of this sum.
    by_jitter = np.maximum(spread, JITTER) / sqrt(float(since @ since))
    return sqrt(max(0.0, float(slope @ slope - by_jitter @ by_jitter)))
