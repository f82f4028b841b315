"""Claims to footage: rows in state `wanted`, with the names that the files will have."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select, update

from sightline.domain.event import EventKind
from sightline.domain.scope import Scope
from sightline.store.clips import SHORTEST, ClipRule, PlannedPart, plan_parts, segment_file_name, wanted_span
from sightline.store.edge_marks import mark_evidence
from sightline.store.event_ids import new_incident_id
from sightline.store.events import StoredEvent
from sightline.store.evidence import FINAL, PROVISIONAL, StoredEvidence, StoredEvidencePart, get_evidence
from sightline.store.statements import demand, upsert
from sightline.store.tables import evidence, evidence_part, segment_counter


def want_evidence(
    scope: Scope,
    connection: Connection,
    event: StoredEvent,
    *,
    rule: ClipRule,
    footage: tuple[datetime, datetime],
    incident_id: str | None = None,
    stage: str = FINAL,
    at: datetime | None = None,
) -> StoredEvidence:
    """Claim the footage of an event: names for its files, in state `wanted`.

    Args:
        footage: capture span of what was recorded; the clip is cut short at its ends.
        incident_id: of the event's earlier evidence, which this takes the place of or follows; default a new
            one.
        stage: `provisional` while the event goes on: up to its end so far, without what comes after.
        at: time of the claim, default now.

    Returns:
        the claim; in state `missing` when less than three seconds of footage are left of it.

    Raises:
        StoreError: outside the scope, or the event has evidence of this stage already.
    """
    at = at or datetime.now(UTC)
    if stage == PROVISIONAL:
        rule = replace(rule, post=timedelta())
    since, until = wanted_span(event.started_at, event.ended_at, rule, footage)
    parts = plan_parts(event.kind, since, until, rule.longest)
    return _claim(
        scope,
        connection,
        StoredEvidence(
            id=uuid4().hex,
            event_id=event.id,
            venue_id=event.venue_id,
            camera_id=event.camera_id,
            incident_id=incident_id or new_incident_id(at),
            reason=parts[0].reason if parts else event.kind.value,
            wanted_from=since,
            wanted_until=max(since, until),
            state="wanted",
            created_at=at,
            stage=stage,
        ),
        parts,
    )


def want_clip(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    wanted_from: datetime,
    wanted_until: datetime,
    reason: str = "manual",
    rule: ClipRule | None = None,
    note: str | None = None,
    at: datetime | None = None,
) -> StoredEvidence:
    """Claim a stretch of footage that belongs to no event.

    Raises:
        StoreError: outside the scope, or no such camera.
    """
    at = at or datetime.now(UTC)
    longest = (rule or ClipRule()).longest
    cuts = plan_parts(EventKind.SECURITY, wanted_from, wanted_until, longest)
    parts = [
        PlannedPart(
            reason=reason if number == 0 else cut.reason,
            wanted_from=cut.wanted_from,
            wanted_until=cut.wanted_until,
        )
        for number, cut in enumerate(cuts)
    ]
    return _claim(
        scope,
        connection,
        StoredEvidence(
            id=uuid4().hex,
            event_id=None,
            venue_id=venue_id,
            camera_id=camera_id,
            incident_id=new_incident_id(at),
            reason=reason,
            wanted_from=wanted_from,
            wanted_until=max(wanted_from, wanted_until),
            state="wanted",
            created_at=at,
            note=note,
        ),
        parts,
    )


def want_again(scope: Scope, connection: Connection, evidence_id: str) -> bool:
    """Take a claim up again whose footage could not be had; one that was too short stays missing.

    Raises:
        StoreError: outside the scope.
    """
    found = get_evidence(scope, connection, evidence_id)
    if found is None or not found.parts:
        return False
    demand(scope, found.venue_id)
    changed = connection.execute(
        update(evidence)
        .where(evidence.c.id == evidence_id, evidence.c.state == "missing")
        .values(state="wanted", failure=None)
    )
    mark_evidence(scope, connection, evidence_id)
    return changed.rowcount > 0


def drop_claim(scope: Scope, connection: Connection, evidence_id: str) -> bool:
    """Remove a claim for which nothing was sealed, its parts included. False when something was.

    Raises:
        StoreError: outside the scope.
    """
    found = get_evidence(scope, connection, evidence_id)
    if found is None or found.state not in ("wanted", "missing"):
        return False
    demand(scope, found.venue_id)
    mark_evidence(scope, connection, evidence_id)
    connection.execute(delete(evidence).where(evidence.c.id == evidence_id))
    return True


def _claim(
    scope: Scope, connection: Connection, claim: StoredEvidence, cuts: Sequence[PlannedPart]
) -> StoredEvidence:
    demand(scope, claim.venue_id)
    if cuts:
        first = _take_indices(connection, claim.venue_id, claim.camera_id, len(cuts))
        parts = tuple(
            StoredEvidencePart(
                part=number,
                file_name=segment_file_name(first + number, cut.wanted_from, cut.reason),
                wanted_from=cut.wanted_from,
                wanted_until=cut.wanted_until,
            )
            for number, cut in enumerate(cuts)
        )
        claim = replace(claim, parts=parts)
    else:
        claim = replace(claim, state="missing", failure=_too_short(claim.wanted_until - claim.wanted_from))
    row = {name: getattr(claim, name) for name in StoredEvidence.__slots__ if name != "parts"}
    connection.execute(insert(evidence).values(**row))
    rows = claim.part_rows(claim.parts)
    if rows:
        connection.execute(insert(evidence_part), rows)
    mark_evidence(scope, connection, claim.id)
    return claim


def _too_short(length: timedelta) -> str:
    seconds = length.total_seconds()
    if length <= timedelta(0):
        return "there is no footage of this time"
    return f"only {seconds:.1f} s of footage; clips under {SHORTEST.total_seconds():g} s are not made"


def _take_indices(connection: Connection, venue_id: str, camera_id: str, count: int) -> int:
    """The first of `count` numbers of files of this camera; a number is never used twice."""
    table = segment_counter
    here = (table.c.venue_id == venue_id) & (table.c.camera_id == camera_id)
    first = connection.execute(select(table.c.next_index).where(here).with_for_update()).scalar() or 1
    row = {"venue_id": venue_id, "camera_id": camera_id, "next_index": first + count}
    upsert(connection, table, [row], ("venue_id", "camera_id"))
    return int(first)
