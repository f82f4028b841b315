"""What closer looks at one track told: a face to know again, age, gender, and how the person behaved."""

from dataclasses import dataclass, field
from datetime import datetime

from sightline.domain.engagement import Bearing
from sightline.domain.templates import Template


@dataclass(frozen=True, slots=True)
class TimedBearing:
    """How somebody stood in one picture.

    Attributes:
        at: capture time of the picture, aware.
    """

    at: datetime
    bearing: Bearing


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackLooks:
    """What is known of one track. What was not asked for, or not seen well enough, is None or empty.

    Attributes:
        age_bracket, gender: as voted, see `face_votes`; None is unknown.
        template: running mean of the track's good faces; None without one, and always for somebody who may
            not be known again.
        bearings: in order of capture.
    """

    age_bracket: str | None = None
    gender: str | None = None
    template: Template | None = field(default=None, repr=False)
    bearings: tuple[TimedBearing, ...] = ()


NOTHING_SEEN = TrackLooks()
