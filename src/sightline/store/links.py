"""Footage kept by another program: what it told us about the video of an event."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from sightline.domain.scope import Scope
from sightline.store.edge_marks import mark_events
from sightline.store.events import PAGE, get_event
from sightline.store.statements import demand, upsert, visible
from sightline.store.tables import event, linked_evidence


def link_evidence(
    scope: Scope,
    connection: Connection,
    event_id: str,
    video_evidence: Mapping[str, Any],
    *,
    at: datetime | None = None,
) -> bool:
    """Keep `video_evidence` (JSON values) with the event, in place of what was linked before.

    Args:
        at: time of linking, default now.

    Returns:
        False when there is no such event in the scope.

    Raises:
        StoreError: outside the scope.
    """
    found = get_event(scope, connection, event_id)
    if found is None:
        return False
    demand(scope, found.venue_id)
    row = {
        "event_id": event_id,
        "video_evidence": dict(video_evidence),
        "linked_at": at or datetime.now(UTC),
    }
    upsert(connection, linked_evidence, [row], ("event_id",))
    mark_events(scope, connection, [event_id])
    return True


def links_of_events(
    scope: Scope, connection: Connection, event_ids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """What is linked to each of these events that has something linked."""
    ids = list(event_ids)
    found: dict[str, dict[str, Any]] = {}
    for first in range(0, len(ids), PAGE):
        query = (
            select(linked_evidence.c.event_id, linked_evidence.c.video_evidence)
            .join(event, event.c.id == linked_evidence.c.event_id)
            .where(linked_evidence.c.event_id.in_(ids[first : first + PAGE]), visible(scope, event))
        )
        found |= {row.event_id: row.video_evidence for row in connection.execute(query)}
    return found
