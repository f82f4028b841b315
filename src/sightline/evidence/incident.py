"""Telling of an incident with its video, and what is told of it."""

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from sightline.domain.outbox import Channel, ItemState
from sightline.domain.scope import Scope
from sightline.domain.video_evidence import Deliveries, video_evidence
from sightline.errors import EvidenceError, SightlineError
from sightline.evidence.keys import PublicKey
from sightline.evidence.layout import camera_folder
from sightline.evidence.standing import troubles_of
from sightline.store import evidence as evidence_store
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence
from sightline.store.outbox_items import items_of_events


def report_video_segment_incident(
    database: Database,
    scope: Scope,
    event_id: str,
    *,
    segments_dir: Path,
    public_key: PublicKey | None,
    zone: tzinfo = UTC,
    send: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Report the incident of an event after checking that its clip is the one that was sealed.

    Args:
        zone: of the venue, for `upload_timestamp`.
        send: sends what is to leave of an event and comes back when it has arrived or its time is up; None
            where clips stay in the site's folder, which is their address.

    Returns:
        `{"success": True, "video_evidence": {...}}` with segment_filename, uploaded_filename, video_url,
        incident_id and upload_timestamp, or `{"success": False, "error": "..."}`. Foreseeable trouble never
        raises, so that the caller's loop goes on.
    """
    try:
        with database.reading() as connection:
            found = evidence_store.evidence_of_events(scope, connection, [event_id]).get(event_id)
        if found is None:
            raise EvidenceError(f"event {event_id!r} is unknown or has no evidence")
        troubles = troubles_of(found, segments_dir, public_key)
        if troubles:
            raise EvidenceError(f"the evidence of event {event_id} cannot be reported: {'; '.join(troubles)}")
        if send is not None:
            send(event_id)
        deliveries = _arrived(database, scope, found)
    except SightlineError as error:
        return {"success": False, "error": str(error)}
    words = reported_video_evidence(found, deliveries, segments_dir, zone)
    return {"success": True, "video_evidence": words}


def _arrived(database: Database, scope: Scope, evidence: StoredEvidence) -> Deliveries:
    """What the receivers of clip and report said.

    Raises:
        EvidenceError: one of them has not got it yet; it stays in the outbox.
    """
    event_id = str(evidence.event_id)
    with database.reading() as connection:
        told = items_of_events(scope, connection, [event_id], (Channel.UPLOAD, Channel.INCIDENT))
    items = [one for one in told.get(event_id, ()) if one.evidence_id == evidence.id]
    for one in items:
        if one.state is not ItemState.SENT:
            reason = one.last_error or "it has not been tried yet"
            raise EvidenceError(f"the {one.channel} of event {event_id} is {one.state}: {reason}")
    return Deliveries.of(items)


def local_video_evidence(sealed: StoredEvidence, segments_dir: Path, zone: tzinfo) -> Mapping[str, str]:
    """The five keys of `video_evidence` for a clip that stays here; the first part stands for all.

    Raises:
        EvidenceError: it is not sealed.
    """
    if sealed.sealed_at is None or not sealed.parts:
        raise EvidenceError(f"evidence {sealed.id} has no sealed clip")
    return reported_video_evidence(sealed, Deliveries(), segments_dir, zone)


def reported_video_evidence(
    evidence: StoredEvidence, deliveries: Deliveries, segments_dir: Path, zone: tzinfo
) -> dict[str, Any]:
    """`video_evidence` as it stands now; empty where there is no clip."""
    if not evidence.parts or evidence.state == "missing":
        return {}
    name = evidence.parts[0].file_name
    folder = camera_folder(segments_dir.absolute(), evidence.venue_id, evidence.camera_id)
    return video_evidence(
        segment_filename=name,
        local_url=(folder / name).as_uri(),
        incident_id=evidence.incident_id,
        sealed_at=evidence.sealed_at,
        zone=zone,
        deliveries=deliveries,
    )
