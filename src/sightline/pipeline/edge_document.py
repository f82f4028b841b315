"""What a box tells its centre of one camera and one hour: all of it, as it is now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sightline.analytics.video_evidence import VideoEvidence
from sightline.domain.edge import HOUR, NO_CAMERA, hour_name
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import StoreError
from sightline.store.coverage import coverage_between
from sightline.store.edge_hours import version_of
from sightline.store.event_verdicts import verdicts_of
from sightline.store.events import StoredEvent, list_events
from sightline.store.hour_stays import stays_of_hour
from sightline.store.told_runs import Spans, track_spans
from sightline.store.venues import get_venue

PLAIN = ("age_bracket", "gender", "track_frames", "detection_conf", "engagement_score", "behavior_type",
         "body_orientation", "posture", "event_id", "track_id")  # fmt: skip
"""Members of a stay that are told under their own name, and left out where there is nothing to tell."""


def hour_document(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    camera_id: str,
    hour_at: datetime,
    *,
    public_url: str | None,
    at: datetime,
) -> dict[str, Any]:
    """The document, as this connection sees the hour: content and version are of one state.

    Args:
        camera_id: empty for stays without a camera.
        public_url: of this site, for the addresses of clips that lie here; without one they have none.
        at: now.

    Raises:
        StoreError: no such venue in the scope.
    """
    venue = get_venue(scope, connection, venue_id)
    if venue is None:
        raise StoreError(f"there is no venue {venue_id!r}")
    until = hour_at + HOUR
    events = list_events(
        scope,
        connection,
        venue_id=venue_id,
        camera_id=camera_id,
        start=hour_at,
        end=until,
        state=None,
        ongoing=None,
    )
    videos = VideoEvidence(None, ZoneInfo(venue.timezone)).of(scope, connection, events)
    spans = track_spans(scope, connection, events)
    verdicts = verdicts_of(scope, connection, [one.id for one in events])
    dismissed = {one.event_id for one in verdicts.values() if one.verdict == "dismissed"}
    minutes = coverage_between(
        scope, connection, venue_id=venue_id, camera_id=camera_id, start=hour_at, end=until
    )
    return {
        "venue_id": venue_id,
        "camera_id": camera_id or NO_CAMERA,
        "hour": hour_name(hour_at),
        "version": version_of(scope, connection, venue_id, camera_id, hour_at) or 1,
        "sent_at": at.isoformat(),
        "timezone": venue.timezone,
        "stays": [_stay(one) for one in stays_of_hour(scope, connection, venue_id, camera_id, hour_at)],
        "service_events": [
            _event(one, _reachable(videos[one.id], public_url), spans)
            # What a person here dismissed counts no more at the centre, either.
            | ({"state": "superseded"} if one.id in dismissed else {})
            for one in events
        ],
        "coverage": {"minutes": [[one.minute_at.minute, one.frames_seen] for one in minutes]},
    }


def _stay(one: Stay) -> dict[str, Any]:
    told: dict[str, Any] = {"pseudo_id": one.pseudo_id, "timestamp": one.at.isoformat(), "zone": one.zone}
    if one.dwell:
        told["dwell_seconds"] = one.dwell.total_seconds()
    if one.is_repeat:
        told["is_repeat"] = True
    if not one.lasting:
        told["lasting"] = False
    return told | {name: value for name in PLAIN if (value := getattr(one, name)) is not None}


def _event(one: StoredEvent, video: Mapping[str, Any], spans: Spans) -> dict[str, Any]:
    return {
        "event_id": one.id,
        "kind": one.kind.value,
        "start": one.started_at.isoformat(),
        "end": one.ended_at.isoformat(),
        "confirmed_at": one.confirmed_at.isoformat() if one.confirmed_at is not None else None,
        "created_at": one.created_at.isoformat(),
        "state": one.state,
        "ongoing": one.ongoing,
        "run_id": one.run_id,
        "score": one.score,
        "people": [
            {
                "track_id": who.track_id,
                "role": who.role.value,
                "role_confidence": who.role_confidence,
                "role_reason": who.role_reason,
            }
            | _span(spans.get((one.run_id or "", who.track_id)))
            for who in one.participants
        ],
        "details": dict(one.details),
        "video_evidence": dict(video),
    }


def _span(span: tuple[datetime, datetime] | None) -> dict[str, str]:
    """First and last sight of a person's track, once it is over."""
    return {} if span is None else {"first_at": span[0].isoformat(), "last_at": span[1].isoformat()}


def _reachable(video: Mapping[str, Any], public_url: str | None) -> Mapping[str, Any]:
    """`video` with an address that leads here from elsewhere, or with none."""
    url = video.get("video_url")
    if not isinstance(url, str) or not url.startswith("/"):
        return video
    if public_url is None:
        return {name: value for name, value in video.items() if name != "video_url"}
    return {**video, "video_url": f"{public_url.rstrip('/')}{url}"}
