"""A stay: one person in one zone, from a moment on, for a while. The grain of all figures about visitors."""

from dataclasses import dataclass
from datetime import datetime, timedelta

VISIT_GAP = timedelta(minutes=30)
"""A presence after a longer gap is another visit."""

HIGHLY_ENGAGED = 70.0
MODERATELY_ENGAGED = 50.0
FACING = 0.3
"""An orientation above it faces the camera, below its negative faces away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """What was told of one person in one zone.

    Attributes:
        pseudo_id: who, 1 to 64 characters; the same text means the same person of this venue.
        at: when it began, aware.
        zone: name of the zone, not empty.
        dwell: how long, not negative.
        event_id: makes telling it again harmless; None: the content does.
        camera_id: which camera saw it; empty when the sender does not say.
        run_id, track_id: the analysis of ours that found it.
        age_bracket, gender: labels as told; None is unknown. Gender is M or F.
        is_repeat: the sender knows this person from an earlier visit.
        track_frames, detection_conf: quality of the track; confidence 0..1.
        engagement_score: 0..100; None without a pose.
        body_orientation: -1 away .. 1 facing.
        lasting: whether `pseudo_id` means the same person tomorrow.
    """

    pseudo_id: str
    at: datetime
    zone: str
    dwell: timedelta = timedelta()
    event_id: str | None = None
    camera_id: str = ""
    run_id: str | None = None
    track_id: int | None = None
    age_bracket: str | None = None
    gender: str | None = None
    is_repeat: bool = False
    track_frames: int | None = None
    detection_conf: float | None = None
    engagement_score: float | None = None
    behavior_type: str | None = None
    body_orientation: float | None = None
    posture: str | None = None
    lasting: bool = True

    @property
    def until(self) -> datetime:
        return self.at + self.dwell
