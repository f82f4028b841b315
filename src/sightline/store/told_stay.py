"""A stay as its row will be: plain numbers, its key, and where in the venue's calendar it lies."""

import json
from hashlib import sha256
from typing import NamedTuple

from sightline.domain.hour_places import HourPlaces
from sightline.domain.stay import Stay
from sightline.store.columns import EPOCH, MICROSECOND

MILLISECOND_US = 1_000
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class ToldStay(NamedTuple):
    """Times in microseconds, the dwell in milliseconds."""

    key: bytes
    pseudo_id: str
    at_us: int
    dwell_ms: int
    hour_us: int
    day: int
    camera_id: str
    zone: str
    is_repeat: bool
    age_bracket: str | None
    gender: str | None
    track_frames: int | None
    detection_conf: float | None
    engagement_score: float | None
    behavior_type: str | None
    body_orientation: float | None
    posture: str | None
    lasting: bool
    run_id: str | None
    track_id: int | None
    event_id: str | None

    @property
    def until_us(self) -> int:
        return self.at_us + self.dwell_ms * MILLISECOND_US


def told_stay(venue_id: str, places: HourPlaces, one: Stay) -> ToldStay:
    """The row of one stay. Its key is of the event id, or else of the content."""
    at_us = (one.at - EPOCH) // MICROSECOND
    dwell_ms = one.dwell // MICROSECOND // MILLISECOND_US
    confidence, score = _float(one.detection_conf), _float(one.engagement_score)
    orientation = _float(one.body_orientation)
    if one.event_id is not None:
        content = _encoded([venue_id, one.event_id])
    else:
        who_and_where = [venue_id, one.pseudo_id, at_us, one.zone, dwell_ms, one.camera_id]
        what = [one.age_bracket, one.gender, one.is_repeat, one.track_frames, confidence, score]
        content = _encoded([who_and_where, what, one.behavior_type, orientation, one.posture])
    hour_us, day = places.place(at_us)
    return ToldStay(
        sha256(content.encode()).digest()[:16],
        one.pseudo_id,
        at_us,
        dwell_ms,
        hour_us,
        day,
        one.camera_id,
        one.zone,
        one.is_repeat,
        one.age_bracket,
        one.gender,
        one.track_frames,
        confidence,
        score,
        one.behavior_type,
        orientation,
        one.posture,
        one.lasting,
        one.run_id,
        one.track_id,
        one.event_id,
    )


def _float(value: float | None) -> float | None:
    """1 and 1.0, 0.0 and -0.0 are the same content."""
    return None if value is None else float(value) + 0.0
