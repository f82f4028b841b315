"""Who did what to which evidence: one append-only chain per venue, sealed in order by one writer.

Entries are inserted with the transaction they tell of. Position and hashes come later, from the sealer
(`evidence/`), and an entry that has them is never written again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.statements import demand, visible
from sightline.store.tables import ledger_entry, ledger_seal


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One deed. `facts` hold ids and hashes, never personal data; the last three are None until sealed."""

    id: int
    venue_id: str
    at: datetime
    action: str
    subject_kind: str
    subject_id: str
    actor: str
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    position: int | None = None
    previous_hash: str | None = None
    entry_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSeal:
    """A signed batch. `position` is that of its last entry, `head_hash` that entry's hash."""

    venue_id: str
    position: int
    entry_count: int
    head_hash: str
    signed_at: datetime
    key_id: str
    signature: str


def add_entry(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    action: str,
    subject_kind: str,
    subject_id: str,
    actor: str,
    facts: Mapping[str, Any],
    at: datetime | None = None,
) -> LedgerEntry:
    """Append an entry, not yet sealed.

    Args:
        at: when it happened, default now.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    values: dict[str, Any] = {
        "venue_id": venue_id,
        "at": at or datetime.now(UTC),
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "actor": actor,
        "facts": dict(facts),
    }
    result = connection.execute(insert(ledger_entry).values(**values).returning(ledger_entry.c.id))
    return LedgerEntry(id=result.scalar_one(), **values)


def unsealed_entries(scope: Scope, connection: Connection, venue_id: str) -> list[LedgerEntry]:
    """Entries that have no position yet, in the order they were written."""
    return _entries(scope, connection, venue_id, sealed=False)


def chain(scope: Scope, connection: Connection, venue_id: str) -> list[LedgerEntry]:
    """The sealed entries of a venue by position."""
    return _entries(scope, connection, venue_id, sealed=True)


def entries_of(scope: Scope, connection: Connection, subject_kind: str, subject_id: str) -> list[LedgerEntry]:
    """All entries about one subject, in order; those without a position yet are the last ones."""
    table = ledger_entry
    query = select(table).where(
        table.c.subject_kind == subject_kind, table.c.subject_id == subject_id, visible(scope, table)
    )
    # One writer gives positions in the order of ids.
    return [LedgerEntry(**row._mapping) for row in connection.execute(query.order_by(table.c.id))]


def last_seal(scope: Scope, connection: Connection, venue_id: str) -> LedgerSeal | None:
    """The signed head of the chain, None before the first seal."""
    query = select(ledger_seal).where(ledger_seal.c.venue_id == venue_id, visible(scope, ledger_seal))
    row = connection.execute(query.order_by(ledger_seal.c.position.desc()).limit(1)).one_or_none()
    return LedgerSeal(**row._mapping) if row is not None else None


def venues_with_unsealed(scope: Scope, connection: Connection) -> list[str]:
    """The venues in whose ledger entries wait for their place."""
    query = select(ledger_entry.c.venue_id).where(
        ledger_entry.c.position.is_(None), visible(scope, ledger_entry)
    )
    return list(connection.execute(query.distinct()).scalars())


def seals(scope: Scope, connection: Connection, venue_id: str) -> list[LedgerSeal]:
    """All seals of a venue by position."""
    query = (
        select(ledger_seal)
        .where(ledger_seal.c.venue_id == venue_id, visible(scope, ledger_seal))
        .order_by(ledger_seal.c.position)
    )
    return [LedgerSeal(**row._mapping) for row in connection.execute(query)]


def write_seal(
    scope: Scope, connection: Connection, entries: Sequence[LedgerEntry], seal: LedgerSeal
) -> None:
    """Give unsealed entries their place in the chain and store the signature over them.

    Args:
        entries: of `unsealed_entries`, in that order, with position, previous_hash and entry_hash filled in.
        seal: over exactly these.

    Raises:
        StoreError: outside the scope; the batch does not continue the chain; or one of its entries is sealed
            already (another writer was faster). Nothing of the batch may then be kept: leave the transaction.
    """
    demand(scope, seal.venue_id)
    previous = last_seal(scope, connection, seal.venue_id)
    first = previous.position + 1 if previous else 1
    expected = list(range(first, first + len(entries)))
    if not entries or [entry.position for entry in entries] != expected:
        raise StoreError(f"a batch of the ledger of {seal.venue_id!r} must continue at position {first}")
    if entries[-1].position != seal.position or seal.entry_count != len(entries):
        raise StoreError(f"the seal at position {seal.position} does not fit its batch of {len(entries)}")
    for entry in entries:
        result = connection.execute(
            update(ledger_entry)
            .where(
                ledger_entry.c.id == entry.id,
                ledger_entry.c.venue_id == seal.venue_id,
                ledger_entry.c.position.is_(None),
            )
            .values(position=entry.position, previous_hash=entry.previous_hash, entry_hash=entry.entry_hash)
        )
        if result.rowcount != 1:
            raise StoreError(f"entry {entry.id} of the ledger of {seal.venue_id!r} has been sealed already")
    connection.execute(
        insert(ledger_seal).values({name: getattr(seal, name) for name in LedgerSeal.__slots__})
    )


def _entries(scope: Scope, connection: Connection, venue_id: str, *, sealed: bool) -> list[LedgerEntry]:
    table = ledger_entry
    placed = table.c.position.is_not(None) if sealed else table.c.position.is_(None)
    query = select(table).where(table.c.venue_id == venue_id, placed, visible(scope, table))
    query = query.order_by(table.c.position if sealed else table.c.id)
    return [LedgerEntry(**row._mapping) for row in connection.execute(query)]
