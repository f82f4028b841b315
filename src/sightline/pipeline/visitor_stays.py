"""From tracks to visitors: who counts as one, under which name, in which zones.

Nobody is recognised here. A person without a face has a pseudonym that holds for one track of one day.
"""

import hmac
import secrets
from base64 import b32encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from types import MappingProxyType

from sightline.domain.event import Role
from sightline.domain.manner import manner_of_each
from sightline.domain.role import RoleDecision
from sightline.domain.stay import Stay
from sightline.domain.track_looks import NOTHING_SEEN, TrackLooks
from sightline.domain.visitors import TrackSpan
from sightline.domain.zone_stays import TrackZones
from sightline.store.runs import StoredTrack

PSEUDONYM_BYTES = 15
NO_NAMES: Mapping[int, "VisitorName"] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Names for people of whom only a track is known.

    HMAC of camera, session and track under a key of the venue and day. That key is made of one that lives as
    long as this process and is stored nowhere, so that nobody can find out later which track a pseudonym
    belongs to.
    """

    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def of(
        self, venue_id: str, camera_id: str, session: str, track_id: int, at: datetime, zone: tzinfo
    ) -> str:
        """The pseudonym of one track.

        Args:
            session: which recording or run; track numbers count within it.
            at: when the track was first seen; its local day decides about the key.
            zone: of the venue.
        """
        day = hmac.digest(self._key, f"{venue_id}\0{at.astimezone(zone).date()}".encode(), "sha256")
        name = hmac.digest(day, f"{camera_id}\0{session}\0{track_id}".encode(), "sha256")
        return b32encode(name[:PSEUDONYM_BYTES]).decode().lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTrack:
    """A track that is over, with what it was taken for and where it was."""

    span: TrackSpan
    role: RoleDecision
    frames: int
    zones: TrackZones
    looks: TrackLooks = NOTHING_SEEN

    def stored(self) -> StoredTrack:
        """As a row of its run."""
        return StoredTrack(
            track_id=self.span.track_id,
            first_at=self.span.started_at,
            last_at=self.span.ended_at,
            frames=self.frames,
            role=self.role.role,
            role_confidence=self.role.confidence,
            role_reason=self.role.reason,
        )


@dataclass(frozen=True, slots=True)
class VisitorName:
    """A name that means the same person tomorrow.

    Attributes:
        pseudo_id: random, made when they were seen first.
        is_repeat: they have been here before, more than half an hour earlier.
    """

    pseudo_id: str
    is_repeat: bool = False


def stay_id(run_id: str, track_id: int, number: int = 0) -> str:
    """The id of a track's stay, by its place in line: told again, it is the same stay."""
    return f"{run_id}:{track_id}:{number}"


def stays_of_tracks(
    tracks: Iterable[SeenTrack],
    *,
    venue_id: str,
    camera_id: str,
    run_id: str,
    zone: tzinfo,
    pseudonyms: Pseudonyms,
    names: Mapping[int, VisitorName] = NO_NAMES,
) -> list[Stay]:
    """The stays of everybody who is a visitor: not staff, and seen for a second or more (`domain.visitors`).

    Args:
        names: by track number, of those who may be known again.
    """
    stays = []
    for track in tracks:
        if track.role.role is Role.STAFF or not track.span.is_visit:
            continue
        track_id = track.span.track_id
        known = names.get(track_id)
        name = (
            known.pseudo_id
            if known is not None
            else pseudonyms.of(venue_id, camera_id, run_id, track_id, track.span.started_at, zone)
        )
        manners = manner_of_each(track.zones.stays, track.looks.bearings)
        for number, (one, manner) in enumerate(zip(track.zones.stays, manners, strict=True)):
            stays.append(
                Stay(
                    pseudo_id=name,
                    at=one.entered_at,
                    zone=one.zone,
                    dwell=one.duration,
                    event_id=stay_id(run_id, track_id, number),
                    camera_id=camera_id,
                    run_id=run_id,
                    track_id=track_id,
                    track_frames=track.frames,
                    detection_conf=min(1.0, max(0.0, track.zones.confidence))
                    if track.zones.confidence is not None
                    else None,
                    age_bracket=track.looks.age_bracket,
                    gender=track.looks.gender,
                    is_repeat=known is not None and known.is_repeat,
                    engagement_score=manner.score,
                    behavior_type=manner.behavior and manner.behavior.value,
                    body_orientation=manner.orientation,
                    posture=manner.posture and manner.posture.value,
                    lasting=known is not None,
                )
            )
    return stays
