"""The end of a venue: every row of it goes in one transaction, whichever table it lies in.

What happened to its evidence stays in the ledger, and who did what in the audit log: neither refers to a row
of the venue, because the record of a deletion outlives what was deleted.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, Table, delete, select

from sightline.domain.scope import Scope
from sightline.store.account_tables import audit_entry
from sightline.store.all_tables import ALL_TABLES
from sightline.store.evidence import StoredEvidence, get_evidence
from sightline.store.statements import demand, visible
from sightline.store.tables import camera, evidence, ledger_entry, ledger_seal, venue

KEPT = (ledger_entry, ledger_seal, audit_entry)
"""What outlives a venue."""

OF_A_VENUE = tuple(table for table in reversed(ALL_TABLES) if "venue_id" in table.c and table not in KEPT)
"""In an order in which nothing goes that another row still refers to. Tables without a venue hang on one of
these by ON DELETE CASCADE; a test names them."""

VENUE_DELETED = "venue_deleted"
"""What the ledger calls it, of the subject `venue`."""


@dataclass(frozen=True, slots=True)
class SealedTitle:
    """What a tombstone says of a piece of evidence."""

    id: str
    event_id: str | None
    manifest_sha256: str | None


def take_venue(scope: Scope, connection: Connection, venue_id: str) -> bool:
    """Keep everybody else from writing to the venue until the transaction ends. False when there is none.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    # Where rows are locked one by one (PostgreSQL): nothing new may refer to the venue or a camera of it.
    found = connection.execute(
        select(venue.c.id).where(venue.c.id == venue_id, visible(scope, venue)).with_for_update()
    ).one_or_none()
    connection.execute(
        select(camera.c.id).where(camera.c.venue_id == venue_id).order_by(camera.c.id).with_for_update()
    ).all()
    return found is not None


def held_evidence(scope: Scope, connection: Connection, venue_id: str, *, limit: int) -> list[StoredEvidence]:
    """Evidence of the venue under a legal hold, oldest footage first."""
    query = select(evidence.c.id).where(
        evidence.c.venue_id == venue_id,
        evidence.c.held_at.is_not(None),
        evidence.c.state != "deleted",
        visible(scope, evidence),
    )
    ids = connection.execute(query.order_by(evidence.c.wanted_from, evidence.c.id).limit(limit)).scalars()
    found = (get_evidence(scope, connection, one) for one in ids.all())
    return [one for one in found if one is not None]


def sealed_titles(scope: Scope, connection: Connection, venue_id: str) -> list[SealedTitle]:
    """All sealed evidence of the venue, for its tombstones."""
    query = select(evidence.c.id, evidence.c.event_id, evidence.c.manifest_sha256).where(
        evidence.c.venue_id == venue_id, evidence.c.state == "sealed", visible(scope, evidence)
    )
    return [
        SealedTitle(*row) for row in connection.execute(query.order_by(evidence.c.sealed_at, evidence.c.id))
    ]


def remove_venue(scope: Scope, connection: Connection, venue_id: str) -> dict[str, int]:
    """Remove every row of the venue; how many by table. The ledger and the audit log stay.

    Raises:
        StoreError: outside the scope; something still refers to a row of it.
    """
    demand(scope, venue_id)
    removed = {table.name: _remove(connection, table, venue_id) for table in OF_A_VENUE}
    removed["venue"] = connection.execute(delete(venue).where(venue.c.id == venue_id)).rowcount
    return removed


def removed_venues(scope: Scope, connection: Connection, venue_ids: Collection[str]) -> set[str]:
    """Those of these ids that the ledger says were deleted, and that no venue has now."""
    deleted = select(ledger_entry.c.subject_id).where(
        ledger_entry.c.subject_kind == "venue",
        ledger_entry.c.subject_id.in_(sorted(venue_ids)),
        ledger_entry.c.action == VENUE_DELETED,
        visible(scope, ledger_entry),
    )
    there = select(venue.c.id).where(venue.c.id.in_(sorted(venue_ids)))
    return set(connection.execute(deleted).scalars()) - set(connection.execute(there).scalars())


def _remove(connection: Connection, table: Table, venue_id: str) -> int:
    return connection.execute(delete(table).where(table.c.venue_id == venue_id)).rowcount
