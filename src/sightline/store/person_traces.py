"""What of one person lies where, found by their tracks, places and times."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from sightline.domain.scope import Scope
from sightline.store.evidence import StoredEvidence, get_evidence
from sightline.store.many_rows import among
from sightline.store.statements import demand, visible
from sightline.store.tables import event, event_participant, evidence, ledger_entry, recording_segment

EVENT_REACH = timedelta(days=1)
"""An event may have begun before the first stay of who was drawn into it, and end after the last."""


@dataclass(frozen=True, slots=True)
class CameraSpan:
    """Somebody was before a camera, from the begin of a stay to the end of one."""

    camera_id: str
    since: datetime
    until: datetime


def evidence_of_tracks(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    tracks: Collection[tuple[str, int]],
    spans: Collection[CameraSpan],
) -> list[StoredEvidence]:
    """Evidence, not deleted yet, of events with one of these tracks in them, oldest footage first.

    Args:
        tracks: run and number of each.
        spans: of the same person; they bound where events are looked for.
    """
    if not tracks or not spans:
        return []
    since = min(span.since for span in spans) - EVENT_REACH
    until = max(span.until for span in spans) + EVENT_REACH
    query = (
        select(evidence.c.id, event.c.run_id, event_participant.c.track_id)
        .join(event, event.c.id == evidence.c.event_id)
        .join(event_participant, event_participant.c.event_id == event.c.id)
        .where(
            event.c.venue_id == venue_id,
            event.c.started_at.between(since, until),
            event.c.run_id.in_(sorted({run_id for run_id, _ in tracks})),
            evidence.c.state != "deleted",
            visible(scope, evidence),
        )
        .order_by(evidence.c.wanted_from, evidence.c.id)
    )
    wanted = set(tracks)
    ids = dict.fromkeys(row.id for row in connection.execute(query) if (row.run_id, row.track_id) in wanted)
    found = (get_evidence(scope, connection, one) for one in ids)
    return [one for one in found if one is not None]


def evidence_around(
    scope: Scope, connection: Connection, venue_id: str, spans: Iterable[CameraSpan]
) -> list[str]:
    """Ids of evidence, wanted or sealed, of the same cameras and times: it may show the person, too."""
    found: set[str] = set()
    for span in spans:
        query = select(evidence.c.id).where(
            evidence.c.venue_id == venue_id,
            evidence.c.camera_id == span.camera_id,
            evidence.c.wanted_from <= span.until,
            evidence.c.wanted_until >= span.since,
            evidence.c.state.in_(["wanted", "sealed"]),
            visible(scope, evidence),
        )
        found |= set(connection.execute(query).scalars())
    return sorted(found)


def recorded_until(
    scope: Scope, connection: Connection, venue_id: str, spans: Iterable[CameraSpan]
) -> datetime | None:
    """End of the newest recorded file that shows one of these spans; None: no recording is left."""
    newest = None
    for span in spans:
        query = select(func.max(recording_segment.c.ended_at)).where(
            recording_segment.c.venue_id == venue_id,
            recording_segment.c.camera_id == span.camera_id,
            recording_segment.c.started_at <= span.until,
            recording_segment.c.ended_at >= span.since,
            visible(scope, recording_segment),
        )
        ended_at = connection.execute(query).scalar_one()
        if ended_at is not None and (newest is None or ended_at > newest):
            newest = ended_at
    return newest


def ask_to_erase(
    scope: Scope, connection: Connection, venue_id: str, evidence_ids: Collection[str], *, at: datetime
) -> None:
    """Have evidence that a hold keeps go once the hold is lifted.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    held = (evidence.c.venue_id == venue_id) & evidence.c.held_at.is_not(None)
    connection.execute(
        update(evidence)
        .where(held, among(connection, evidence.c.id, sorted(evidence_ids)))
        .values(erase_asked_at=at)
    )


def count_held(scope: Scope, connection: Connection) -> int:
    """How many pieces of evidence a legal hold keeps."""
    query = (
        select(func.count())
        .select_from(evidence)
        .where(evidence.c.held_at.is_not(None), evidence.c.state != "deleted", visible(scope, evidence))
    )
    return int(connection.execute(query).scalar_one())


def count_erased(scope: Scope, connection: Connection) -> int:
    """How many visitors were erased, by the ledger."""
    query = (
        select(func.count())
        .select_from(ledger_entry)
        .where(
            ledger_entry.c.subject_kind == "visitor",
            ledger_entry.c.action == "visitor_erased",
            visible(scope, ledger_entry),
        )
    )
    return int(connection.execute(query).scalar_one())
