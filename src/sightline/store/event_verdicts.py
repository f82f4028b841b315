"""What people say of events: confirmed, or dismissed because there was none."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select

from sightline.domain.scope import Scope
from sightline.store.edge_marks import mark_events
from sightline.store.events import PAGE
from sightline.store.review_tables import event_verdict as table
from sightline.store.statements import demand, upsert, visible

Verdict = Literal["confirmed", "dismissed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVerdict:
    """The last word of a person about an event.

    Attributes:
        reason: in their words; may be empty.
        given_by: as the ledger names them.
    """

    event_id: str
    venue_id: str
    verdict: Verdict
    reason: str
    given_by: str
    given_at: datetime


def put_verdict(scope: Scope, connection: Connection, verdict: StoredVerdict) -> None:
    """Store it in place of an earlier one.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, verdict.venue_id)
    upsert(connection, table, [asdict(verdict)], ("event_id",))
    mark_events(scope, connection, [verdict.event_id])


def verdicts_of(scope: Scope, connection: Connection, event_ids: Sequence[str]) -> dict[str, StoredVerdict]:
    """What was said of these events, by event id."""
    found: dict[str, StoredVerdict] = {}
    for first in range(0, len(event_ids), PAGE):
        chunk = event_ids[first : first + PAGE]
        rows = connection.execute(select(table).where(table.c.event_id.in_(chunk), visible(scope, table)))
        found |= {row.event_id: StoredVerdict(**row._mapping) for row in rows}
    return found
