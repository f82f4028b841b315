"""`VideoSegmenter`: clips on demand, for programs that conclude events themselves."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Protocol

from sightline.domain.event import EventKind, Role
from sightline.domain.scope import Scope
from sightline.errors import EvidenceError
from sightline.evidence.incident import local_video_evidence
from sightline.evidence.sealing import EvidenceSealer
from sightline.store import claims, events
from sightline.store import evidence as evidence_store
from sightline.store.clips import ClipRule
from sightline.store.database import Database
from sightline.store.events import StoredEvent
from sightline.store.evidence import StoredEvidence

REASONS = (
    "interaction_start",
    "interaction_end",
    "unattended",
    "queue",
    "time_based",
    "manual",
    "security",
)
"""Why a segment exists; the last word of its name."""


LONGEST = ClipRule().longest


class InteractionLinks(Protocol):
    """What the segmenter needs of an `InteractionLogger`."""

    def link_video_evidence_to_interaction(
        self,
        staff_id: int | None,
        customer_id: int | None,
        video_evidence: Mapping[str, Any],
        *,
        event_id: str | None = None,
    ) -> bool: ...

    def link_video_evidence_to_unattended(
        self, customer_id: int | None, video_evidence: Mapping[str, Any], *, event_id: str | None = None
    ) -> bool: ...


class VideoSegmenter:
    """Makes sealed clips of one camera's recorded footage, and links them to events by event id.

    Args:
        sealer: cuts and signs; whatever else the camera's events want is sealed along.
        segments_dir: the site's clips.
        longest: a longer clip becomes consecutive parts.
        zone: of the venue, for `upload_timestamp`.
    """

    def __init__(
        self,
        database: Database,
        scope: Scope,
        *,
        venue_id: str,
        camera_id: str,
        sealer: EvidenceSealer,
        segments_dir: Path,
        longest: timedelta = LONGEST,
        zone: tzinfo = UTC,
    ) -> None:
        self._database = database
        self._scope = scope
        self._venue_id = venue_id
        self._camera_id = camera_id
        self._sealer = sealer
        self._segments_dir = segments_dir
        self._longest = longest
        self._zone = zone
        self._logger: InteractionLinks | None = None

    def set_interaction_logger(self, logger: InteractionLinks) -> None:
        """Who is told of the clips of interactions and unattended waits."""
        self._logger = logger

    def create_segment(
        self, start: datetime, end: datetime, *, reason: str = "manual", event_id: str | None = None
    ) -> dict[str, Any]:
        """Cut and seal [start, end] of the recorded footage.

        Args:
            start, end: aware capture times.
            reason: one of `REASONS`, for a clip of no event; that of an event follows from its kind.
            event_id: the event it proves; one that has its clip already keeps that one.

        Returns:
            the `video_evidence`: segment_filename, uploaded_filename, video_url, incident_id,
            upload_timestamp.

        Raises:
            EvidenceError: unknown reason or event, no footage, or less than three seconds of it.
            DiskFull, StoreError: nothing was linked; what was wanted is made at the next sealing.
        """
        if reason not in REASONS:
            raise EvidenceError(
                f"unknown reason {reason!r} for a segment; choose one of {', '.join(REASONS)}"
            )
        if start.tzinfo is None or end.tzinfo is None:
            raise EvidenceError("the start and end of a segment need their time zone")
        event = self._event(event_id) if event_id is not None else None
        claim = self._claim(start, end, reason, event)
        if claim.state == "wanted":
            self._sealer.seal_all(self._venue_id, self._camera_id)
            with self._database.reading() as connection:
                claim = evidence_store.get_evidence(self._scope, connection, claim.id) or claim
        if claim.state != "sealed":
            raise EvidenceError(f"no segment from {start} to {end}: {claim.failure or claim.state}")
        evidence = dict(local_video_evidence(claim, self._segments_dir, self._zone))
        if event is not None:
            self._link(event, evidence)
        return evidence

    def _event(self, event_id: str) -> StoredEvent:
        with self._database.reading() as connection:
            event = events.get_event(self._scope, connection, event_id)
        if event is None or (event.venue_id, event.camera_id) != (self._venue_id, self._camera_id):
            raise EvidenceError(f"camera {self._camera_id!r} has no event {event_id!r}")
        return event

    def _claim(
        self, start: datetime, end: datetime, reason: str, event: StoredEvent | None
    ) -> StoredEvidence:
        rule = ClipRule(longest=self._longest)
        with self._database.transaction() as connection:
            if event is None:
                return claims.want_clip(
                    self._scope,
                    connection,
                    venue_id=self._venue_id,
                    camera_id=self._camera_id,
                    wanted_from=start,
                    wanted_until=end,
                    reason=reason,
                    rule=rule,
                )
            known = evidence_store.evidence_of_events(self._scope, connection, [event.id]).get(event.id)
            if known is not None and known.state != "missing":
                return known
            if known is not None:
                claims.drop_claim(self._scope, connection, known.id)
            around = replace(
                rule,
                pre=max(timedelta(0), event.started_at - start),
                post=max(timedelta(0), end - event.ended_at),
            )
            return claims.want_evidence(self._scope, connection, event, rule=around, footage=(start, end))

    def _link(self, event: StoredEvent, evidence: Mapping[str, Any]) -> None:
        if self._logger is None:
            return
        customer = event.track_of(Role.CUSTOMER)
        if event.kind is EventKind.INTERACTION:
            self._logger.link_video_evidence_to_interaction(
                event.track_of(Role.STAFF), customer, evidence, event_id=event.id
            )
        elif event.kind is EventKind.UNATTENDED:
            self._logger.link_video_evidence_to_unattended(customer, evidence, event_id=event.id)
