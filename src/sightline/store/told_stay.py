"""A stay as its row will be: plain numbers, its key, and where in the venue's calendar it lies."""

from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from sightline.domain.hour_places import HourPlaces
from sightline.domain.stay import Stay
from sightline.store.columns import EPOCH, MICROSECOND

MILLISECOND_US = 1_000
MILLISECOND = timedelta(milliseconds=1)
MINUTE_US = 60_000_000
AS_IN_TABLE = (
    *("camera_id", "run_id", "track_id", "event_id", "at", "zone", "dwell_ms", "age_bracket", "gender"),
    *("is_repeat", "track_frames", "detection_conf", "engagement_score", "behavior_type"),
    *("body_orientation", "posture"),
)
"""Columns of `stay` with what was told, in the order of `ToldStay.stored`."""


class ToldStay(NamedTuple):
    """Times in microseconds, the dwell in milliseconds."""

    key: bytes
    pseudo_id: str
    lasting: bool
    hour_us: int
    day: int
    # From here on as in the table.
    camera_id: str
    run_id: str | None
    track_id: int | None
    event_id: str | None
    at_us: int
    zone: str
    dwell_ms: int
    age_bracket: str | None
    gender: str | None
    is_repeat: bool
    track_frames: int | None
    detection_conf: float | None
    engagement_score: float | None
    behavior_type: str | None
    body_orientation: float | None
    posture: str | None

    @property
    def until_us(self) -> int:
        return self.at_us + self.dwell_ms * MILLISECOND_US

    @property
    def stored(self) -> tuple[Any, ...]:
        """The values of the columns `AS_IN_TABLE`."""
        return self[5:]


def told_stay(venue_id: str, places: HourPlaces, one: Stay) -> ToldStay:
    """The row of one stay.

    Its key is 12 bytes of SHA-256 over venue and event id, or else over the content. Four bytes come before
    them, of the venue or of the minute, so that keys that are told together lie together in their index: when
    a thousand are spread over all of it, that costs as much as everything else. What is hashed is parted by
    NUL, which no text of a stay holds; an id makes two parts, a content more.
    """
    at_us = (one.at - EPOCH) // MICROSECOND
    dwell_ms = one.dwell // MILLISECOND
    age, gender, behavior, posture = one.age_bracket, one.gender, one.behavior_type, one.posture
    confidence, score, orientation = one.detection_conf, one.engagement_score, one.body_orientation
    # 1 and 1.0, 0.0 and -0.0 are the same content.
    confidence = None if confidence is None else confidence + 0.0
    score = None if score is None else score + 0.0
    orientation = None if orientation is None else orientation + 0.0
    if one.event_id is not None:
        key = key_of_event(venue_id, one.event_id)
    else:
        key = (at_us // MINUTE_US).to_bytes(4, "big") + _hash(
            f"{venue_id}\0{one.pseudo_id}\0{at_us}\0{one.zone}\0{dwell_ms}\0{one.camera_id}\0{age or ''}\0"
            f"{gender or ''}\0{one.is_repeat}\0{one.track_frames}\0{confidence}\0{score}\0{behavior or ''}\0"
            f"{orientation}\0{posture or ''}"
        )
    hour_us, day = places.place(at_us)
    return ToldStay(
        key,
        one.pseudo_id,
        one.lasting,
        hour_us,
        day,
        one.camera_id,
        one.run_id,
        one.track_id,
        one.event_id,
        at_us,
        one.zone,
        dwell_ms,
        age,
        gender,
        one.is_repeat,
        one.track_frames,
        confidence,
        score,
        behavior,
        orientation,
        posture,
    )


def key_of_event(venue_id: str, event_id: str) -> bytes:
    """The key of a stay that was told with an id."""
    return venue_prefix(venue_id) + _hash(f"{venue_id}\0{event_id}")


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()[:12]


@lru_cache(maxsize=256)
def venue_prefix(venue_id: str) -> bytes:
    """What the keys of all stays of a venue that were told with an id begin with."""
    return sha256(venue_id.encode()).digest()[:4]
